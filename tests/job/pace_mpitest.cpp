// Rounds that keep to a clock over real ranks, more of them than cores: each has a round thread and
// a computing thread, and the owner rests in between.
#include <gtest/gtest.h>

#include <thread>

#include "job/loopback_job.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/subnormals.hpp"
#include "transport/mpi_testing.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

TEST(PaceOverMpi, GivesTheBitsOfTheReference) {
  flush_subnormals();
  Transport& transport = test_runtime().transport();
  if (transport.rank() != 0) {
    set_blas_threads(1);
    serve_node(transport);
    EXPECT_EQ(test_runtime().part(0), std::nullopt);
    return;
  }
  const ModelSpec model = testing::small_model({1, 4, 6}, {14, 4});
  const DataPair data = testing::small_pair(50, 23, {1, 4, 6}, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.learning_rate = 0.05f;
  SessionOptions session;
  session.traffic = TrafficKind::kRounds;
  session.hops = 1;
  session.allowance = 2;
  session.pace.period = 1ms;
  session.in_flight = choose_round_in_flight(3, 5, 2);
  Owner owner(transport, model, data, training, session);
  EXPECT_EQ(owner.start().period, 1ms);
  testing::TrainedJob ours;
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    ours.epochs.push_back(owner.train_epoch(epoch));
    owner.pause();
    std::this_thread::sleep_for(50ms);
    owner.resume();
    ours.tests.push_back(owner.test());
  }
  ours.parameters = owner.parameters();
  const SessionTotals totals = owner.stop();
  testing::expect_same(ours, testing::train_reference(model, data, training));
  EXPECT_EQ(totals.rejected, 0u);
  EXPECT_EQ(totals.cells % 20, 0u) << "each rank has sent every other as many";
  EXPECT_EQ(test_runtime().part(0), std::nullopt);
}

}  // namespace
}  // namespace mixnn
