// The folder of checkpoints: who may hold it, which checkpoint is found in it, and what is cleared
// away.
#include "mixnn/checkpoint/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/crypto/sealed_stream.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::size_t> kFloats{40, 20'000, 6};  // of each stage's state

class CheckpointStoreTest : public ::testing::Test {
 protected:
  CheckpointStoreTest() {
    std::string name = (fs::temp_directory_path() / "mixnn-store.XXXXXX").string();
    scratch = ::mkdtemp(name.data());
    options.folder = scratch / "checkpoints";
    options.key = scratch / "state" / "key";
    identity.blas = "some";
    identity.train_samples = 50;
    identity.settings = {{"--seed", "9"}, {"--epochs", "5"}, {"--lr", "0.1"}};
  }
  ~CheckpointStoreTest() override { fs::remove_all(scratch); }

  static std::vector<float> state(std::size_t stage, float value) {
    return std::vector<float>(kFloats[stage], value + static_cast<float>(stage));
  }

  // One more checkpoint, whose values tell it from others.
  void add(CheckpointStore& store, float value) const {
    Manifest manifest;
    manifest.identity = identity;
    manifest.point.step = static_cast<std::uint32_t>(value);
    manifest.chunks = shard_chunks(20'000);
    for (std::size_t i = 0; i < kFloats.size(); ++i) {
      ShardRecord& shard = manifest.shards.emplace_back();
      shard.name = store.draw_name();
      shard.sha256 =
          write_shard(store.folder(), shard.name, store.shard_keys(shard.name).public_key,
                      manifest.chunks, state(i, value));
    }
    store.commit(std::move(manifest));
  }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(options.folder))
      names.push_back(entry.path().filename());
    return names;
  }
  std::size_t count(const std::string& ending) const {
    std::size_t n = 0;
    for (const std::string& name : files()) n += name.ends_with(ending);
    return n;
  }

  std::string refused(const std::function<void()>& what) const {
    try {
      what();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "nothing was refused";
  }
  std::string refused() const {
    return refused([&] { CheckpointStore(options).find(identity, kFloats); });
  }

  fs::path scratch;
  CheckpointOptions options;
  RunIdentity identity;
};

TEST_F(CheckpointStoreTest, FindsTheNewestAndItsState) {
  {
    CheckpointStore store(options);
    EXPECT_FALSE(store.find(identity, kFloats));
    for (const float value : {1.0f, 2.0f, 3.0f}) add(store, value);
  }
  CheckpointStore store(options);
  const auto found = store.find(identity, kFloats);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manifest.number, 3u);
  EXPECT_EQ(found->manifest.point.step, 3u);
  for (std::size_t i = 0; i < kFloats.size(); ++i) EXPECT_EQ(found->state[i], state(i, 3));
  EXPECT_THAT(store.notes(), IsEmpty());
}

TEST_F(CheckpointStoreTest, KeepsAsManyAsAskedAndClearsAwayTheRest) {
  options.keep = 2;
  {
    CheckpointStore store(options);
    store.find(identity, kFloats);
    for (int i = 0; i < 5; ++i) add(store, 1);
    EXPECT_EQ(count(".manifest"), 2u);
    EXPECT_EQ(count(".shard"), 6u);
  }
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
  {
    CheckpointStore store(options);
    store.find(identity, kFloats);
    add(store, 1);
    add(store, 2);
  }
  std::ofstream(options.folder / CheckpointFolder::manifest_name(2)) << "MIXNNCKP";
  {
    CheckpointStore store(options);
    const auto found = store.find(identity, kFloats);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->manifest.number, 1u);
    ASSERT_EQ(store.notes().size(), 1u);
    EXPECT_THAT(store.notes()[0], HasSubstr("checkpoint 2 cannot be used"));
    EXPECT_EQ(count(".shard"),
              6u);  // those of the damaged one are not known, so nothing is cleared away yet
    add(store, 3);  // under a number of its own
    EXPECT_EQ(count(".manifest"), 2u);
    EXPECT_EQ(count(".shard"), 6u);
  }
  EXPECT_EQ(CheckpointStore(options).find(identity, kFloats)->manifest.number, 3u);
}

TEST_F(CheckpointStoreTest, NeverBeginsAnewAndThenReplacesWhatWasThere) {
  {
    CheckpointStore store(options);
    add(store, 1);
    add(store, 2);
  }
  options.resume = ResumeMode::kNever;
  {
    CheckpointStore store(options);
    EXPECT_FALSE(store.find(identity, kFloats));
    EXPECT_EQ(count(".manifest"), 2u);  // until a new one stands
    add(store, 3);
    EXPECT_EQ(count(".manifest"), 1u);
  }
  options.resume = ResumeMode::kMust;
  EXPECT_EQ(CheckpointStore(options).find(identity, kFloats)->manifest.point.step, 3u);
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
  {
    CheckpointStore store(options);
    add(store, 1);
  }
  fs::remove(options.key);
  EXPECT_THAT(refused(), HasSubstr("there is no such key"));
  EXPECT_FALSE(fs::exists(options.key));
}

TEST_F(CheckpointStoreTest, AShardThatRankZeroDoesNotSeeMakesNoCheckpoint) {
  CheckpointStore store(options);
  Manifest manifest;
  manifest.chunks = 1;
  manifest.shards.push_back({store.draw_name(), {}});
  EXPECT_THROW(store.commit(manifest), RunError);
  EXPECT_EQ(count(".manifest"), 0u);
}

// Said instead of that this is not a folder which the machines share.
TEST_F(CheckpointStoreTest, AFolderThatWentIsNamed) {
  CheckpointStore store(options);
  Manifest manifest;
  manifest.chunks = 1;
  manifest.shards.push_back({store.draw_name(), {}});
  fs::rename(options.folder, scratch / "away");
  try {
    store.commit(manifest);
    FAIL() << "a checkpoint was written to a folder that is not there";
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot be found any more"));
  }
}

TEST_F(CheckpointStoreTest, AShardIsBoundToItsNameAndItsCheckpoint) {
  CheckpointStore store(options);
  const ShardName one = store.draw_name(), two = store.draw_name();
  const CheckpointKey key = CheckpointKey::load(options.key, options.folder, false);
  const Digest digest =
      write_shard(store.folder(), one, store.shard_keys(one).public_key, 1, state(0, 1));
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
