// Thousands of small runs with everything drawn at random: none deadlocks, all give the bits of the
// reference.
#include <gtest/gtest.h>

#include "job/loopback_job.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;

struct Drawn {
  ModelSpec model;
  DataPair data;
  TrainingOptions training;
  SessionOptions session;
  int ranks = 0;
  std::string text;
};

Drawn draw(CounterRng& rng) {
  const auto pick = [&](std::uint32_t from, std::uint32_t to) {
    return from + rng.below(to - from + 1);
  };
  Drawn d;
  const std::uint32_t stages = pick(1, 5);
  const Shape input{1, pick(1, 6), pick(1, 60)};
  std::vector<std::int64_t> widths;
  for (std::uint32_t i = 0; i + 1 < stages; ++i) widths.push_back(pick(1, 70));
  widths.push_back(pick(2, 5));
  d.model = testing::small_model(input, widths);
  d.data = testing::small_pair(pick(1, 30), pick(1, 12), input, widths.back());
  d.training.epochs = pick(1, 2);
  d.training.batch_size = pick(1, 40);
  d.training.micro_batches =
      pick(1, std::min<std::uint32_t>(8, static_cast<std::uint32_t>(d.training.batch_size)));
  d.training.seed = rng.next();
  constexpr ElementType kWires[] = {ElementType::kFloat32, ElementType::kBfloat16,
                                    ElementType::kInt8};
  d.training.wire = kWires[rng.below(3)];
  d.session.hops = pick(0, 5);
  d.session.in_flight = pick(1, 6);
  d.session.schedule = rng.below(2) == 0 ? ScheduleKind::kGpipe : ScheduleKind::k1F1B;
  d.session.padding = rng.below(2) == 0 ? Padding::kUniform : Padding::kCells;
  d.session.aead = rng.below(2) == 0 ? AeadChoice::kAuto : AeadChoice::kChaCha20Poly1305;
  if (rng.below(2) == 0) d.session.cell_bytes = kMinCellBytes + rng.below(3000);
  if (rng.below(4) == 0)
    d.session.mix = ThresholdMix{pick(2, 4), std::chrono::microseconds(pick(0, 30))};
  d.session.serial_bits = rng.below(2) == 0 ? 24 : 14;
  d.session.timeout = std::chrono::seconds(20);
  if (rng.below(2) == 0) {
    d.model.own.first = rng.below(stages);
    d.model.own.last = rng.below(stages - static_cast<std::uint32_t>(d.model.own.first));
  }
  d.ranks = static_cast<int>(1 + d.model.hosted_stages() + d.session.hops + rng.below(3));
  d.text =
      "stages " + std::to_string(stages) + " (at the owner " + std::to_string(d.model.own.first) +
      ", " + std::to_string(d.model.own.last) + "), hops " + std::to_string(d.session.hops) +
      ", ranks " + std::to_string(d.ranks) + ", batch " + std::to_string(d.training.batch_size) +
      ", micro-batches " + std::to_string(d.training.micro_batches) + ", in flight " +
      std::to_string(d.session.in_flight) + ", cell " + std::to_string(d.session.cell_bytes) +
      ", serial bits " + std::to_string(d.session.serial_bits) + ", " + to_string(d.training.wire);
  return d;
}

// 3,000 runs; under the sanitizers, which are slower, the first 400 of them.
#if defined(MIXNN_SANITIZE)
constexpr int kRunsOfASeed = 40;
#else
constexpr int kRunsOfASeed = 300;
#endif

class RandomRuns : public ::testing::TestWithParam<int> {};

TEST_P(RandomRuns, AllEndWithTheBitsOfTheReference) {
  CounterRng rng(2026, RandomPurpose::kTest, static_cast<std::uint32_t>(GetParam()));
  for (int run = 0; run < kRunsOfASeed; ++run) {
    const Drawn d = draw(rng);
    SCOPED_TRACE("run " + std::to_string(run) + ": " + d.text);
    LoopbackJob job(d.ranks, rng.next());
    job.network.reorder(true);
    const testing::TrainedJob ours = testing::train(job, d.model, d.data, d.training, d.session);
    const testing::TrainedJob reference = testing::train_reference(d.model, d.data, d.training);
    ASSERT_TRUE(ours.parameters == reference.parameters);
    ASSERT_EQ(ours.tests.back().loss, reference.tests.back().loss);
    ASSERT_EQ(ours.totals.rejected, 0u);
    ASSERT_EQ(ours.totals.cells, job.network.cells_sent());
    ASSERT_TRUE(job.network.quiet());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomRuns, ::testing::Range(0, 10));

}  // namespace
}  // namespace mixnn
