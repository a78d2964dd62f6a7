#include "mixnn/train/thread_choice.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/data/data_folder.hpp"
#include "mixnn/layers/model_json.hpp"

namespace mixnn {
namespace {

using By = Threading::By;
ThreadTrial crew(int threads, std::vector<double> step_s) {
  return {{threads, By::kCrew}, std::move(step_s)};
}
ThreadTrial blas(int threads, std::vector<double> step_s) {
  return {{threads, By::kOpenBlas}, std::move(step_s)};
}
int fastest(const std::vector<ThreadTrial>& trials) { return fastest_of(trials).threads; }

TEST(FastestOf, IsTheOneWithTheFastestRound) {
  EXPECT_EQ(fastest({crew(1, {0.5})}), 1);
  EXPECT_EQ(fastest({crew(1, {0.5, 0.6}), crew(2, {0.4, 0.5})}), 2);
  EXPECT_EQ(fastest({crew(1, {0.3, 0.3}), crew(2, {0.4, 0.5})}), 1);
  EXPECT_EQ(fastest({crew(1, {8}), crew(2, {4}), crew(4, {3}), crew(8, {5})}), 4);
}

TEST(FastestOf, IsTheFasterKindOfThreads) {
  EXPECT_EQ(fastest_of(std::vector{crew(1, {5}), crew(2, {4}), blas(2, {3})}),
            (Threading{2, By::kOpenBlas}));
  EXPECT_EQ(fastest_of(std::vector{crew(1, {5}), crew(2, {3}), blas(2, {4})}),
            (Threading{2, By::kCrew}));
  EXPECT_EQ(fastest_of(std::vector{blas(2, {3}), crew(2, {3})}), (Threading{2, By::kCrew}));
}

TEST(FastestOf, EqualCountsGoToTheSmallest) {
  EXPECT_EQ(fastest({crew(4, {1}), crew(2, {1}), crew(1, {2})}), 2);
}

// Seen on a machine with another process busy: two threads took as long as one core needs for both
// in most rounds, so their median was above that of one thread, and the slowdown over such a
// baseline flattered.
TEST(FastestOf, OneQuietRoundIsEnough) {
  EXPECT_EQ(
      fastest({crew(1, {0.30, 0.30, 0.31, 0.30, 0.33}), crew(2, {0.34, 0.34, 0.22, 0.34, 0.60})}),
      2);
}

TEST(FastestOf, NoiseThatOnlySlowsDoesNotTurnIt) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    CounterRng rng(seed, RandomPurpose::kTest, 0);
    const bool two_are_faster = seed % 2 == 0;
    std::vector<ThreadTrial> trials{crew(1, {}), crew(2, {})};
    const std::uint32_t quiet = rng.below(20);  // one round at least is
    for (std::uint32_t round = 0; round < 20; ++round)
      for (ThreadTrial& trial : trials) {
        const bool slower = (trial.threading.threads == 2) != two_are_faster;
        // Two threads are disturbed more often, and lose more.
        const bool disturbed =
            round != quiet && rng.uniform() < (trial.threading.threads == 2 ? 0.7 : 0.4);
        const double noise =
            disturbed ? static_cast<double>(trial.threading.threads) * rng.uniform() : 0;
        trial.step_s.push_back((slower ? 1.05 : 1) * (1 + noise));
      }
    EXPECT_EQ(fastest(trials), two_are_faster ? 2 : 1) << seed;
  }
}

TEST(ThreadCandidates, AreAllOfFewCoresAndThePowersOfTwoOfMany) {
  EXPECT_EQ(thread_candidates(1), (std::vector<int>{1}));
  EXPECT_EQ(thread_candidates(2), (std::vector<int>{1, 2}));
  EXPECT_EQ(thread_candidates(4), (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(thread_candidates(12), (std::vector<int>{1, 2, 4, 8, 12}));
  EXPECT_EQ(thread_candidates(64), (std::vector<int>{1, 2, 4, 8, 16, 32, 64}));
}

TEST(ThreadingCandidates, AreCrewsOfEachCountAndThenOpenBlasWithEach) {
  const std::vector<Threading> all = threading_candidates(std::vector{1, 2, 4});
  EXPECT_EQ(
      all,
      (std::vector<Threading>{
          {1, By::kCrew}, {2, By::kCrew}, {4, By::kCrew}, {2, By::kOpenBlas}, {4, By::kOpenBlas}}));
  EXPECT_EQ(threading_candidates(std::vector{1}), (std::vector<Threading>{{1, By::kCrew}}));
}

// Rounds of this length until there are enough.
std::size_t rounds_of(double seconds) {
  std::size_t rounds = 0;
  while (!enough_rounds(rounds, static_cast<double>(rounds) * seconds)) ++rounds;
  return rounds;
}

TEST(EnoughRounds, ShortOnesTakeASecond) {
  EXPECT_EQ(rounds_of(0.0625), 16u);
  EXPECT_EQ(rounds_of(0.125), 8u);
  EXPECT_EQ(rounds_of(0.15), 7u);
}

TEST(EnoughRounds, LongOnesAreFewerAndEndWithinTenSeconds) {
  EXPECT_EQ(rounds_of(1), 6u);
  EXPECT_EQ(rounds_of(2), 5u);
  EXPECT_EQ(rounds_of(4), 2u);
  EXPECT_EQ(rounds_of(60), 1u);  // there must be one
  for (double seconds = 0.01; seconds < 10; seconds *= 1.1)
    EXPECT_LE(static_cast<double>(rounds_of(seconds)) * seconds, 10) << seconds;
}

struct Digits {
  ModelSpec model = load_model(std::string(MIXNN_SOURCE_DIR) + "/models/digits.json");
  DataPair data = load_data_folder(std::string(MIXNN_SOURCE_DIR) + "/tests/data/digits");
  TrainingOptions options;
};

TEST(FastestThreading, HasOneOfTheCountsGiven) {
  Digits d;
  d.options.batch_size = 32;
  EXPECT_EQ(fastest_threading(d.model, d.data, d.options, std::vector{1}),
            (Threading{1, By::kCrew}));
  EXPECT_EQ(fastest_threading(d.model, d.data, d.options, std::vector{2}).threads, 2);
  const int chosen = fastest_threading(d.model, d.data, d.options, std::vector{1, 2}).threads;
  EXPECT_TRUE(chosen == 1 || chosen == 2) << chosen;
}

TEST(FastestThreading, TakesFewerSamplesThanABatchAndARateThatWouldDiverge) {
  Digits d;
  d.options.batch_size = 5000;
  d.options.learning_rate = 1e30f;
  const Stopwatch watch;
  const int chosen = fastest_threading(d.model, d.data, d.options, std::vector{1, 2}).threads;
  EXPECT_TRUE(chosen == 1 || chosen == 2) << chosen;
  EXPECT_GE(watch.seconds(), 1);  // long enough for what disturbs it to pause
}

}  // namespace
}  // namespace mixnn
