#include "mixnn/checkpoint/saved_checkpoint.hpp"

#include <gmock/gmock.h>

#include "store_testing.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;

class SavedCheckpointTest : public CheckpointStoreTest {
 protected:
  std::vector<std::vector<float>> parameters(const std::filesystem::path& place,
                                             const std::vector<std::size_t>& floats) const {
    return SavedCheckpoint(place, options.key).parameters(floats);
  }
};

TEST_F(SavedCheckpointTest, GivesTheParametersOfTheNewestOrOfTheOneThatIsNamed) {
  job({1, 2});
  EXPECT_EQ(parameters(options.folder, kFloats)[1], state(1, 2));
  EXPECT_EQ(parameters(manifest(1), kFloats)[1], state(1, 1));
  EXPECT_EQ(SavedCheckpoint(options.folder, options.key).manifest().point.step, 2u);
  EXPECT_EQ(SavedCheckpoint(manifest(1), options.key).name(), "checkpoint-00000001.manifest");
}

// What the optimizer keeps lies behind the parameters, as many numbers for each.
TEST_F(SavedCheckpointTest, LeavesOutWhatTheOptimizerKeeps) {
  job({1});
  const auto half = parameters(options.folder, {20, 10'000, 3});
  EXPECT_EQ(half[1], std::vector<float>(10'000, 2));
  EXPECT_THAT(refused([&] {
                parameters(options.folder, {20, 10'000, 4});
              }),
              HasSubstr("is of another stage"));
  EXPECT_THAT(refused([&] {
                parameters(options.folder, {40, 20'001, 6});
              }),
              HasSubstr("is of another stage"));
  EXPECT_THAT(refused([&] {
                parameters(options.folder, {40, 20'000});
              }),
              HasSubstr("has 3 stages, MODEL 2"));
}

// Those of a stage before the hosts' and of one behind, with a slot for each parameter.
TEST_F(SavedCheckpointTest, GivesTheOwnersStagesToo) {
  {
    CheckpointStore store(options);
    store.find(identity, {});
    store.open_record();
    store.begin();
    Manifest m;
    m.identity = identity;
    m.chunks = shard_chunks(8);
    m.own_chunks = shard_chunks(10);
    m.stages = 1;
    m.own = {1, 1};
    for (const auto& [chunks, state] :
         {std::pair(m.chunks, std::vector<float>{1, 2, 3, 4, 0, 0, 0, 0}),
          std::pair(m.own_chunks, std::vector<float>{5, 6, 0, 0, 7, 8, 9, 0, 0, 0})}) {
      ShardRecord& shard = m.shards.emplace_back();
      shard.name = store.draw_name();
      shard.sha256 = write_shard(store.folder(), shard.name,
                                 store.shard_keys(shard.name).public_key, chunks, state);
    }
    store.commit(m, {4, 8, 6});
  }
  const std::vector<std::vector<float>> expected{{5, 6}, {1, 2, 3, 4}, {7, 8, 9}};
  EXPECT_EQ(parameters(options.folder, {2, 4, 3}), expected);
  EXPECT_THAT(refused([&] {
                parameters(options.folder, {2, 4, 4});
              }),
              HasSubstr("is of another stage"));
}

TEST_F(SavedCheckpointTest, ReadsWhileAJobHoldsTheFolderAndChangesNothing) {
  job({1});
  const CheckpointStore holds(options);
  const auto before = files();
  EXPECT_EQ(parameters(options.folder, kFloats)[2], state(2, 1));
  EXPECT_EQ(files(), before);
}

TEST_F(SavedCheckpointTest, NeverTakesAnOlderOneByItself) {
  job({1, 2});
  std::filesystem::resize_file(manifest(2), 9);
  EXPECT_THAT(refused([&] { parameters(options.folder, kFloats); }),
              HasSubstr("checkpoint-00000002.manifest is truncated, or no manifest; to take an "
                        "older one, name it"));
}

TEST_F(SavedCheckpointTest, MakesNothingThatIsNotThere) {
  EXPECT_THAT(refused([&] { parameters(options.folder, kFloats); }),
              HasSubstr("there is no such folder"));
  EXPECT_FALSE(std::filesystem::exists(options.folder));
  job({1});
  EXPECT_THAT(refused([&] { SavedCheckpoint(options.folder, scratch / "other"); }),
              HasSubstr("there is no such key"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "other"));
}

}  // namespace
}  // namespace mixnn
