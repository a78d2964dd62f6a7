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
