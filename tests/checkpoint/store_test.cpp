// The folder of checkpoints: who may hold it, which checkpoint is found in it, and what is cleared
// away.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "checkpoint/store_testing.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(CheckpointStoreTest, FindsTheNewestAndItsState) {
  EXPECT_FALSE(found());
  job({1, 2, 3});
  CheckpointStore store(options);
  const auto newest = store.find(identity, kFloats);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->manifest.number, 3u);
  EXPECT_EQ(newest->manifest.point.step, 3u);
  for (std::size_t i = 0; i < kFloats.size(); ++i) EXPECT_EQ(newest->state[i], state(i, 3));
  EXPECT_THAT(store.take_notes(), IsEmpty());
}

TEST_F(CheckpointStoreTest, KeepsAsManyAsAskedAndClearsAwayTheRest) {
  options.keep = 2;
  job({1, 1, 1, 1, 1});
  EXPECT_EQ(count(".manifest"), 2u);
  EXPECT_EQ(count(".shard"), 6u);
  const std::string unfinished(32, 'a');
  for (const std::string& name :
       {unfinished + ".shard", unfinished + ".shard.Xy12zA",
        std::string("checkpoint-00000099.manifest.abcdef"), std::string("notes.txt")})
    std::ofstream(options.folder / name) << "x";
  CheckpointStore store(options);
  EXPECT_TRUE(store.find(identity, kFloats));
  EXPECT_EQ(count(".manifest"), 2u);
  EXPECT_EQ(count(".shard"), 6u);
  EXPECT_EQ(files().size(), 2u + 6u + 1u + 1u);  // lock, notes.txt
}

TEST_F(CheckpointStoreTest, AnOlderOneServesWhereTheNewestIsDamaged) {
  job({1, 2});
  std::ofstream(manifest(2)) << "MIXNNCKP";
  EXPECT_THAT(notes(), ElementsAre(AllOf(HasSubstr("checkpoint 2 cannot be used"),
                                         HasSubstr("using an older one; it is left alone"))));
  EXPECT_EQ(found()->manifest.number, 1u);
  job({3, 4});  // under numbers of their own
  // The shards of the damaged one are not known, so it stays, and so do they.
  EXPECT_EQ(count(".manifest"), 3u);
  EXPECT_EQ(count(".shard"), 9u);
  EXPECT_EQ(found()->manifest.number, 4u);
}

TEST_F(CheckpointStoreTest, NeverBeginsAnewAndThenReplacesWhatWasThere) {
  job({1, 2});
  options.resume = ResumeMode::kNever;
  EXPECT_FALSE(found());
  EXPECT_EQ(count(".manifest"), 2u);  // until a new one stands
  job({3});
  EXPECT_EQ(count(".manifest"), 1u);
  EXPECT_EQ(count(".shard"), 3u);
  EXPECT_EQ(record_count(), 1u);  // what opened the others is gone, too
  options.resume = ResumeMode::kMust;
  EXPECT_EQ(found()->manifest.point.step, 3u);
}

TEST_F(CheckpointStoreTest, MustRefusesAnEmptyFolder) {
  options.resume = ResumeMode::kMust;
  EXPECT_THAT(refused(), HasSubstr("holds no checkpoint to resume from"));
}

TEST_F(CheckpointStoreTest, IsHeldByOneAtATimeAndFreeAfterwards) {
  {
    const CheckpointStore first(options);
    EXPECT_THAT(refused(), HasSubstr("another job is using it (process "));
  }
  EXPECT_EQ(refused(), "nothing was refused");
}

TEST_F(CheckpointStoreTest, MakesFolderAndKeyForTheirOwnerAlone) {
  const CheckpointStore store(options);
  const auto mode = [](const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
  };
  EXPECT_EQ(mode(options.folder), 0700u);
  EXPECT_EQ(mode(options.key.parent_path()), 0700u);
  EXPECT_EQ(mode(options.key), 0600u);
}

TEST_F(CheckpointStoreTest, RefusesAFolderThatOthersCanWriteTo) {
  for (const mode_t mode : {0770, 0707, 01777}) {
    fs::remove_all(options.folder);
    fs::create_directory(options.folder);
    ::chmod(options.folder.c_str(), mode);
    EXPECT_THAT(refused(), HasSubstr("others can write to it")) << mode;
  }
  ::chmod(options.folder.c_str(), 0755);
  EXPECT_EQ(refused(), "nothing was refused");
}

TEST_F(CheckpointStoreTest, RefusesAKeyThatIsNotTheOwnersSecret) {
  { const CheckpointStore store(options); }
  for (const mode_t mode : {0640, 0604, 0620}) {
    ::chmod(options.key.c_str(), mode);
    EXPECT_THAT(refused(), HasSubstr("others can read it")) << mode;
  }
  ::chmod(options.key.c_str(), 0600);
  EXPECT_EQ(refused(), "nothing was refused");
  fs::resize_file(options.key, 40);
  EXPECT_THAT(refused(), HasSubstr("is no checkpoint key"));
  fs::create_directory_symlink(options.folder, scratch / "link");
  options.key = scratch / "link" / "below" / "key";
  EXPECT_THAT(refused(), HasSubstr("lies in the folder"));
}

TEST_F(CheckpointStoreTest, ANewKeyIsNotMadeBesideCheckpointsOfAnother) {
  job({1});
  fs::remove(options.key);
  EXPECT_THAT(refused(), HasSubstr("there is no such key"));
  EXPECT_FALSE(fs::exists(options.key));
}

TEST_F(CheckpointStoreTest, AShardThatRankZeroDoesNotSeeMakesNoCheckpoint) {
  CheckpointStore store(options);
  Manifest unseen = write_shards(store, 1);
  fs::remove(options.folder / shard_file_name(unseen.shards[1].name));
  EXPECT_THROW(store.commit(unseen, kFloats), RunError);
  EXPECT_EQ(count(".manifest"), 0u);
}

// Said instead of that this is not a folder which the machines share.
TEST_F(CheckpointStoreTest, AFolderThatWentIsNamed) {
  CheckpointStore store(options);
  const Manifest written = write_shards(store, 1);
  fs::rename(options.folder, scratch / "away");
  try {
    store.commit(written, kFloats);
    FAIL() << "a checkpoint was written to a folder that is not there";
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot be found any more"));
  }
}

TEST_F(CheckpointStoreTest, AShardIsBoundToItsNameAndItsCheckpoint) {
  CheckpointStore store(options);
  store.begin();
  const ShardName one = store.draw_name(), two = store.draw_name();
  const CheckpointKey key(Key::from(std::vector<std::byte>(32, std::byte{5})));
  const Digest digest =
      write_shard(store.folder(), one, key.shard_keys(one).public_key, 1, state(0, 1));
  EXPECT_EQ(read_shard(store.folder(), one, key, 1, digest, kFloats[0]).problem, "");
  fs::copy(options.folder / shard_file_name(one), options.folder / shard_file_name(two));
  EXPECT_THAT(read_shard(store.folder(), two, key, 1, digest, kFloats[0]).problem,
              HasSubstr("does not open"));
  EXPECT_THAT(read_shard(store.folder(), one, key, 1, Digest{}, kFloats[0]).problem,
              HasSubstr("not what was written"));
  EXPECT_THAT(read_shard(store.folder(), one, key, 1, digest, kFloats[0] + 1).problem,
              HasSubstr("of another stage"));
  EXPECT_THAT(read_shard(store.folder(), one, key, 2, digest, kFloats[0]).problem,
              HasSubstr("truncated"));
}

}  // namespace
}  // namespace mixnn
