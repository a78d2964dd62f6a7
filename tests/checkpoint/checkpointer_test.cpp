// The checkpoints of one job, without any owner: a few floats stand for the stages.
#include "mixnn/checkpoint/checkpointer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/saved_checkpoint.hpp"
#include "mixnn/checkpoint/shard.hpp"

namespace mixnn {
namespace {

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "mixnn-checkpointer.XXXXXX").string();
    scratch = ::mkdtemp(name.data());
    options.folder = scratch / "checkpoints";
    options.key = scratch / "key";
    training.identity.settings = {{"--lr", "0.1"}, {"--seed", "7"}};
    training.stages = {{.parameters = 2, .state = 5}, {.parameters = 3, .state = 3}};
    training.epochs = 4;
  }
  ~CheckpointerTest() override { std::filesystem::remove_all(scratch); }

  // Of both stages, with the state 1, 2, 3, ...
  static std::vector<ShardRecord> write_shards(const Checkpointer::OrderFor& order_for) {
    std::vector<ShardRecord> shards;
    for (const std::size_t floats : {std::size_t{5}, std::size_t{3}}) {
      const ShardOrder order = order_for(shards.size());
      std::vector<float> state(floats);
      for (std::size_t i = 0; i < floats; ++i) state[i] = static_cast<float>(i + 1);
      shards.push_back({order.name, write_shard(order.folder, order.name, order.public_key,
                                                order.chunks, state)});
    }
    return shards;
  }

  void leave_one(std::uint32_t epoch, std::uint32_t step) {
    Checkpointer checkpoints(options, training);
    checkpoints.write({epoch, step, {}, 0}, std::vector<EpochRecord>(epoch), write_shards);
  }

  std::filesystem::path scratch;
  CheckpointOptions options;
  CheckpointedTraining training;
};

TEST_F(CheckpointerTest, GoesOnWhereTheLastJobStood) {
  {
    const Checkpointer first(options, training);
    EXPECT_FALSE(first.resumed());
    EXPECT_FALSE(first.finished());
    EXPECT_EQ(first.lives(), 1u);
    EXPECT_TRUE(first.epochs().empty());
  }
  leave_one(2, 9);
  const Checkpointer second(options, training);
  ASSERT_TRUE(second.resumed());
  EXPECT_FALSE(second.finished());
  EXPECT_EQ(second.lives(), 2u);
  EXPECT_EQ(second.epochs().size(), 2u);
  EXPECT_EQ(point_text(second.from()), "after 2 epochs and 9 steps");
  EXPECT_EQ(second.state(), (std::vector<std::vector<float>>{{1, 2, 3, 4, 5}, {1, 2, 3}}));
}

// Of three stages, of which the owner keeps two: their states lie in one shard, behind each other.
TEST_F(CheckpointerTest, TheOwnersStagesAreInOneShardOfASizeOfItsOwn) {
  training.stages = {
      {.parameters = 3, .state = 6}, {.parameters = 2, .state = 4}, {.parameters = 2, .state = 4}};
  training.own = {1, 1};
  {
    Checkpointer checkpoints(options, training);
    checkpoints.write(
        {1, 0, {}, 0}, std::vector<EpochRecord>(1), [](const Checkpointer::OrderFor& order_for) {
          std::vector<ShardRecord> shards;
          const auto write = [&](std::size_t place, std::vector<float> state) {
            const ShardOrder order = order_for(place);
            shards.push_back({order.name, write_shard(order.folder, order.name, order.public_key,
                                                      order.chunks, state)});
          };
          write(0, {8, 9, 0, 0});
          write(1, {});
          write(kOwnersPlace, {1, 2, 3, -1, -2, -3, 4, 5, -4, -5});
          return shards;
        });
  }
  training.own = {0, 2};  // by now
  const Checkpointer checkpoints(options, training);
  ASSERT_TRUE(checkpoints.resumed());
  EXPECT_EQ(checkpoints.state(),
            (std::vector<std::vector<float>>{{1, 2, 3, -1, -2, -3}, {8, 9, 0, 0}, {4, 5, -4, -5}}));
  const SavedCheckpoint saved(options.folder, options.key);
  EXPECT_EQ(saved.parameters({3, 2, 2}),
            (std::vector<std::vector<float>>{{1, 2, 3}, {8, 9}, {4, 5}}));
  EXPECT_THROW(saved.parameters({3, 2, 3}), UsageError);
}

TEST_F(CheckpointerTest, OfAFinishedTrainingGivesTheParametersWithoutTheOptimizersState) {
  leave_one(4, 0);
  const Checkpointer checkpoints(options, training);
  EXPECT_TRUE(checkpoints.finished());
  EXPECT_EQ(checkpoints.lives(), 1u);
  EXPECT_EQ(checkpoints.parameters(), (std::vector<std::vector<float>>{{1, 2}, {1, 2, 3}}));
}

TEST_F(CheckpointerTest, ASettingLeftOpenHasTheCheckpointsValueAndKeepsIt) {
  leave_one(1, 0);
  training.identity.settings = {{"--lr", "0.1"}, {.name = "--seed", .value = "8", .open = true}};
  {
    Checkpointer checkpoints(options, training);
    EXPECT_EQ(checkpoints.settings()[1].value, "7");
    checkpoints.write({2, 0, {}, 0}, {}, write_shards);
  }
  training.identity.settings[1] = {"--seed", "7"};
  EXPECT_EQ(Checkpointer(options, training).from().epoch, 2u);
}

TEST_F(CheckpointerTest, ASaveThatFailsHarmsNoOlderCheckpointAndLeavesNothing) {
  leave_one(1, 0);
  options.resume = ResumeMode::kNever;  // even one that is not gone on from
  {
    Checkpointer checkpoints(options, training);
    const auto half = [](const Checkpointer::OrderFor& order_for) -> std::vector<ShardRecord> {
      write_shards(order_for);
      throw SaveError("the disk is full");
    };
    EXPECT_THROW(checkpoints.write({2, 0, {}, 0}, std::vector<EpochRecord>(2), half), SaveError);
    EXPECT_FALSE(checkpoints.due());
    const auto files = [&](const char* end) {
      int count = 0;
      for (const auto& entry : std::filesystem::directory_iterator(options.folder))
        count += entry.path().extension() == end ? 1 : 0;
      return count;
    };
    EXPECT_EQ(files(".shard"), 2);
    EXPECT_EQ(files(".manifest"), 1);
  }
  options.resume = ResumeMode::kMust;
  EXPECT_EQ(Checkpointer(options, training).from().epoch, 1u);
}

TEST_F(CheckpointerTest, RefusesFewerEpochsThanAreTrained) {
  leave_one(3, 2);
  training.epochs = 3;
  try {
    const Checkpointer checkpoints(options, training);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("--epochs is 3, but the checkpoint stands after"));
  }
}

TEST_F(CheckpointerTest, TrainsUntilTheNextLookAndSaysWhenOneIsDue) {
  options.every = {CheckpointOptions::Interval::Unit::kBatches, 3};
  Checkpointer checkpoints(options, training);
  std::size_t trained = 0, hooked = 0;
  const auto train_steps = [&](std::size_t most, const ProgressHook& hook) {
    for (std::size_t i = 0; i < most; ++i) hook({});
    trained += most;
    return std::optional<EpochResult>();
  };
  while (!checkpoints.due())
    EXPECT_FALSE(checkpoints.train(train_steps, [&](const Progress&) { ++hooked; }));
  EXPECT_EQ(trained, 3u);
  EXPECT_EQ(hooked, 3u);
  checkpoints.write({}, {}, write_shards);
  EXPECT_FALSE(checkpoints.due());
}

}  // namespace
}  // namespace mixnn
