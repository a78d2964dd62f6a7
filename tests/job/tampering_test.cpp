// Altered, replayed, misrouted, forged and lost cells end the run with one clear error, whatever
// the phase (P5).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;
using testing::LoopbackJob;
using ::testing::MatchesRegex;
using Fate = LoopbackNetwork::Fate;

const Shape kTamperingInput{1, 4, 5};

struct Attack {
  LoopbackNetwork::CellHook hook;
  std::size_t hops = 3;
  double timeout_s = 20;
};

// Runs a small job under `attack`; gives the owner's error, or nothing where the run went through.
std::string run_under(const Attack& attack) {
  const ModelSpec model = testing::small_model(kTamperingInput, {16, 12, 4});
  const DataPair data = testing::small_pair(40, 10, kTamperingInput, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 10;
  training.micro_batches = 2;
  training.seed = 3;
  SessionOptions session;
  session.hops = attack.hops;
  session.timeout =
      std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(attack.timeout_s));
  LoopbackJob job(static_cast<int>(4 + attack.hops));
  job.network.on_cell(attack.hook);
  try {
    testing::train(job, model, data, training, session);
    return {};
  } catch (const RunError& error) {
    return error.what();
  }
}

// Cells of one whole undisturbed run, to place attacks in every phase.
std::uint64_t cells_of_a_run(std::size_t hops) {
  std::uint64_t count = 0;
  EXPECT_EQ(run_under({[&](LoopbackNetwork::Wire&) { return ++count, Fate::kDeliver; }, hops}), "");
  return count;
}

TEST(Tampering, AFlippedBitAnywhereInTheRunEndsItWithOneErrorThatNamesTheRank) {
  const std::uint64_t cells = cells_of_a_run(3);
  CounterRng rng(9, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 150; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells));
    // The slot and the body are live on every link.
    const bool header = rng.below(2) == 0;
    const std::size_t at = header ? rng.below(kSlotBytes) : kBodyOffset + rng.below(kMinBodyBytes);
    const auto bit = static_cast<std::byte>(1u << rng.below(8));
    const std::string error = run_under({[&](LoopbackNetwork::Wire& wire) {
      if (wire.number == victim) wire.cell[at] ^= bit;
      return Fate::kDeliver;
    }});
    EXPECT_THAT(
        error,
        MatchesRegex(
            "rank [0-9]+ \\((owner|relay|stage host)\\) rejected a cell from rank [0-9]+: its "
            "(header does not authenticate|body does not authenticate \\(altered on this link or "
            "an "
            "earlier one\\))"))
        << "cell " << victim << " of " << cells << ", byte " << at;
  }
}

TEST(Tampering, AReplayedCellEndsTheRun) {
  const std::uint64_t cells = cells_of_a_run(2);
  CounterRng rng(10, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 60; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells - 30));
    const std::string error =
        run_under({[&](LoopbackNetwork::Wire& wire) {
                     return wire.number == victim ? Fate::kDuplicate : Fate::kDeliver;
                   },
                   2});
    EXPECT_THAT(error,
                MatchesRegex("rank [0-9]+ .*rejected a cell from rank [0-9]+: it is a replay"))
        << victim;
  }
}

// The first cell of the run again at its end: two epochs later its keys are gone.
TEST(Tampering, ACellOfAnEarlierEpochIsRefused) {
  std::vector<std::byte> old;
  int old_to = 0;
  std::uint64_t count = 0;
  bool captured = false;
  const std::uint64_t cells = cells_of_a_run(1);
  const std::string error =
      run_under({[&](LoopbackNetwork::Wire& wire) {
                   ++count;
                   if (wire.to != 0 && count >= 20 && !captured) {
                     captured = true;
                     old.assign(wire.cell.begin(), wire.cell.end());
                     old_to = wire.to;
                   }
                   if (count > cells - 60 && wire.to == old_to && !old.empty()) {
                     copy_bytes(old, wire.cell);
                     old.clear();
                   }
                   return Fate::kDeliver;
                 },
                 1});
  EXPECT_TRUE(captured && old.empty());
  EXPECT_THAT(error, HasSubstr("its header does not authenticate"));
}

TEST(Tampering, AMisroutedCellEndsTheRun) {
  const std::uint64_t cells = cells_of_a_run(3);
  CounterRng rng(12, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 60; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells));
    const std::string error = run_under({[&](LoopbackNetwork::Wire& wire) {
      if (wire.number == victim) wire.to = (wire.to + 1) % 7;
      return Fate::kDeliver;
    }});
    EXPECT_THAT(error, HasSubstr("its header does not authenticate")) << victim;
  }
}

TEST(Tampering, AForgedCellEndsTheRun) {
  CounterRng rng(13, RandomPurpose::kTest, 0);
  const std::string error = run_under({[&](LoopbackNetwork::Wire& wire) {
    if (wire.number == 100)
      for (std::byte& b : wire.cell) b = static_cast<std::byte>(rng.next());
    return Fate::kDeliver;
  }});
  EXPECT_THAT(error, HasSubstr("its header does not authenticate"));
}

TEST(Tampering, SwappedBodiesAreRefused) {
  std::map<int, std::vector<std::byte>> held;
  const std::string error = run_under({[&](LoopbackNetwork::Wire& wire) {
    if (wire.number == 200) held[0].assign(wire.cell.begin() + kBodyOffset, wire.cell.end());
    if (wire.number == 201) copy_bytes(held[0], wire.cell.subspan(kBodyOffset));
    return Fate::kDeliver;
  }});
  EXPECT_THAT(error, HasSubstr("its body does not authenticate"));
}

TEST(Dropping, ALostCellEndsTheRunByTheTimeoutAndSaysWhatIsOutstanding) {
  const std::uint64_t cells = cells_of_a_run(2);
  CounterRng rng(14, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 25; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells));
    const std::string error =
        run_under({[&](LoopbackNetwork::Wire& wire) {
                     return wire.number == victim ? Fate::kDrop : Fate::kDeliver;
                   },
                   2, 0.1});
    EXPECT_THAT(
        error,
        MatchesRegex(
            "no progress for 0.1 s; outstanding: (forward|backward|test|specification|parameters|"
            "gathering|report).*"))
        << victim;
  }
}

}  // namespace
}  // namespace mixnn
