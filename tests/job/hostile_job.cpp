// A small training job over MPI with hostile ranks, for hostile_mpitest.sh:
//   hostile_job WAY RANK NUMBER TIMEOUT_S
// RANK (0: every rank but the owner) is hostile in the WAY, as job/hostile names it, with its cell
// of this NUMBER where that is said. Ends as the program does: one message, one abort.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "job/hostile/ways.hpp"
#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/tensor/subnormals.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {
namespace {

testing::HostileWay way_of(const std::string& name) {
  for (const auto& ways : {testing::relay_ways(), testing::host_ways()})
    for (const testing::HostileWay& way : ways)
      if (way.name == name) return way;
  throw RunError("no way " + name);
}

void serve_hostile(Transport& transport, const testing::HostileWay& way, int number) {
  testing::HostileRank rank(transport, way.misdeed(number, 0), 1);
  transport.turns().run([&] { return rank.node().turn(); });
}

void run_owner(Transport& transport, int timeout_s) {
  const Shape input{1, 8, 16};
  const ModelSpec model = testing::small_model(input, {48, 24, 4});
  const DataPair data = testing::small_pair(200, 40, input, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 20;
  SessionOptions session;
  session.timeout = std::chrono::seconds(timeout_s);
  Owner owner(transport, model, data, training, session);
  owner.start();
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    owner.train_epoch(epoch);
    owner.test();
  }
  const bool same =
      owner.parameters() == testing::train_reference(model, data, training).parameters;
  const SessionTotals totals = owner.stop();
  std::printf("%s; %s\n", same ? "same bits" : "other bits", refused_text(totals.refused).c_str());
}

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int hostile = std::atoi(argv[2]), number = std::atoi(argv[3]),
            timeout_s = std::atoi(argv[4]);
  mixnn::flush_subnormals();
  mixnn::MpiRuntime runtime{std::chrono::seconds(timeout_s)};
  try {
    runtime.agree(std::nullopt);
    if (runtime.rank() == 0)
      mixnn::run_owner(runtime.transport(), timeout_s);
    else if (hostile == 0 || runtime.rank() == hostile)
      mixnn::serve_hostile(runtime.transport(), mixnn::way_of(argv[1]), number);
    else
      mixnn::serve_node(runtime.transport());
    if (const auto trouble = runtime.part(0)) {
      std::fprintf(stderr, "mixnn: %s\n", trouble->c_str());
      runtime.abort(0);
    }
  } catch (const mixnn::RunError& error) {
    std::fprintf(stderr, "mixnn: %s\n", error.what());
    runtime.abort(1);
  }
  return 0;
}
