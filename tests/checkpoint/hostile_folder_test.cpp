// What others may put into a folder of checkpoints, or take out of it; and what is left of a
// checkpoint that is gone.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "checkpoint/store_testing.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HostileFolder : public CheckpointStoreTest {
 protected:
  // What is said when a host does `spoil` and lies about it.
  std::string save_error(const std::function<void(Manifest&)>& spoil) {
    return save_error([&](Manifest& manifest, CheckpointStore&) { spoil(manifest); });
  }
  std::string save_error(const std::function<void(Manifest&, CheckpointStore&)>& spoil) {
    CheckpointStore store(options);
    store.find(identity, kFloats);
    store.open_record();
    Manifest written = write_shards(store, 9);
    spoil(written, store);
    try {
      store.commit(written, kFloats);
    } catch (const SaveError& error) {
      store.abandon();
      return error.what();
    }
    return "it was taken";
  }
  fs::path shard(const Manifest& manifest, std::size_t stage) const {
    return options.folder / shard_file_name(manifest.shards[stage].name);
  }
};

// Its number made the next one too long to be seen, and the old training's shards were deleted.
TEST_F(HostileFolder, AManifestWithManyDigitsHidesNothingAndNothingIsDeletedAroundIt) {
  options.keep = 1;
  job({1});
  const std::string foreign = std::string(32, 'a') + ".shard";
  for (const char* digits : {"999999999999999999", "1000000000000000000", "7"}) {
    std::ofstream(options.folder / (std::string("checkpoint-") + digits + ".manifest")) << "x";
    std::ofstream(options.folder / foreign) << "x";
    EXPECT_THAT(notes(), Contains(AllOf(HasSubstr("is left alone"), HasSubstr("checkpoint-"))));
    job({2, 3});
    EXPECT_EQ(found()->manifest.point.step, 3u) << digits;
    EXPECT_TRUE(fs::exists(options.folder / foreign)) << digits;
    EXPECT_EQ(count(".shard"), 3u + 1u) << digits;
  }
  EXPECT_EQ(count(".manifest"), 1u + 3u);
  options.resume = ResumeMode::kNever;
  job({4});
  EXPECT_EQ(count(".manifest"), 1u + 3u);
  EXPECT_TRUE(fs::exists(options.folder / foreign));
}

TEST_F(HostileFolder, CheckpointsOfAnotherKeyAreLeftAloneByATrainingThatBeginsAnew) {
  job({1, 2});
  options.key = scratch / "other";
  EXPECT_THAT(refused(), HasSubstr("there is no such key"));
  options.resume = ResumeMode::kNever;
  job({3});
  EXPECT_EQ(count(".manifest"), 3u);
  EXPECT_EQ(count(".shard"), 9u);
  EXPECT_THAT(notes(), ElementsAre(AllOf(HasSubstr("is left alone"), HasSubstr("and 1 more"))));
}

TEST_F(HostileFolder, AManifestThatIsNoFileIsNeitherWaitedForNorRead) {
  job({1});
  ::mkfifo(manifest(7).c_str(), 0600);
  fs::create_symlink("/dev/zero", manifest(8));
  fs::create_directory(manifest(9));
  { std::ofstream huge(manifest(10)); }
  fs::resize_file(manifest(10), std::uintmax_t{1} << 40);
  EXPECT_EQ(found()->manifest.number, 1u);
  const std::vector<std::string> said = notes();
  ASSERT_EQ(said.size(), 4u);
  EXPECT_THAT(said[0], HasSubstr("checkpoint 10 cannot be used: checkpoint-00000010.manifest is "
                                 "larger than any manifest; using an older one; it is left alone"));
  for (const std::size_t i : {1u, 2u, 3u}) EXPECT_THAT(said[i], HasSubstr("is no regular file"));
}

TEST_F(HostileFolder, AShardThatIsNoFileIsNeitherWaitedForNorRead) {
  job({1, 2});
  for (const auto& entry : fs::directory_iterator(options.folder))
    if (entry.path().extension() == ".shard") {
      fs::remove(entry.path());
      ::mkfifo(entry.path().c_str(), 0600);
    }
  EXPECT_THAT(refused(), HasSubstr("is no regular file"));
}

TEST_F(HostileFolder, ALockThatIsNoFileOfItsOwnIsRefused) {
  job({1});
  ::mkfifo((options.folder / "lock.held").c_str(), 0600);
  EXPECT_THAT(refused(), HasSubstr("lock.held in it is no regular file"));
  fs::remove(options.folder / "lock.held");
  std::ofstream(scratch / "precious") << "text";
  fs::remove(options.folder / "lock");
  fs::create_hard_link(scratch / "precious", options.folder / "lock");
  EXPECT_THAT(refused(), HasSubstr("no regular file of its own"));
  EXPECT_EQ(fs::file_size(scratch / "precious"), 4u);
}

// Of ranks without a stage.
TEST_F(HostileFolder, AShardBehindThoseOfTheStagesIsOpenedTooAndHoldsNothing) {
  options.keep = 1;
  const auto with = [this](const std::vector<float>& values, std::uint8_t flip) {
    return save_error([&](Manifest& m, CheckpointStore& store) {
      ShardRecord& shard = m.shards.emplace_back();
      shard.name = store.draw_name();
      shard.sha256 = write_shard(options.folder, shard.name,
                                 store.shard_keys(shard.name).public_key, m.chunks, values);
      shard.sha256[0] ^= std::byte{flip};
    });
  };
  EXPECT_EQ(with({}, 0), "it was taken");
  EXPECT_EQ(found()->manifest.shards.size(), kFloats.size() + 1);
  EXPECT_EQ(count(".shard"), kFloats.size() + 1);
  EXPECT_THAT(with({1}, 0),
              HasSubstr("a rank without a stage says that its shard is written, but"));
  EXPECT_THAT(with({}, 1), HasSubstr("is not what was written"));
  EXPECT_EQ(count(".shard"), kFloats.size() + 1);
}

// It made every checkpoint useless, and only going on showed it.
TEST_F(HostileFolder, AHostThatReportsAWrongDigestMakesNoCheckpointAndOlderOnesStay) {
  options.keep = 1;
  job({1});
  EXPECT_THAT(save_error([](Manifest& m) { m.shards[1].sha256[0] ^= std::byte{1}; }),
              AllOf(HasSubstr("stage host of stage 2"), HasSubstr("is not what was written")));
  EXPECT_EQ(found()->manifest.point.step, 1u);
  EXPECT_EQ(count(".shard"), 3u);
}

TEST_F(HostileFolder, EveryShardIsOpenedBeforeOlderOnesGo) {
  options.keep = 1;
  job({1});
  EXPECT_THAT(save_error([&](Manifest& m) {
                m.shards[2].sha256 =
                    write_shard(options.folder, m.shards[2].name,
                                X25519KeyPair::generate().public_key, m.chunks, state(2, 1));
              }),
              HasSubstr("does not open"));
  // Sealed as it should be, with something else in it.
  const auto with = [&](const std::vector<float>& values) {
    return save_error([&](Manifest& m, CheckpointStore& store) {
      const ShardName& name = m.shards[2].name;
      m.shards[2].sha256 =
          write_shard(options.folder, name, store.shard_keys(name).public_key, m.chunks, values);
    });
  };
  EXPECT_EQ(with(state(2, 1)), "it was taken");
  EXPECT_THAT(with({1, 2, 3, 4, 5}), HasSubstr("is of another stage"));
  EXPECT_THAT(with({1, 2, 3, 4, 5, std::numeric_limits<float>::quiet_NaN()}),
              HasSubstr("holds numbers that are not finite"));
  EXPECT_THAT(save_error([&](Manifest& m) { fs::resize_file(shard(m, 0), 1000); }),
              HasSubstr("is truncated"));
  EXPECT_THAT(save_error([&](Manifest& m) {
                fs::rename(shard(m, 0), scratch / "shard");
                fs::create_symlink(scratch / "shard", shard(m, 0));
              }),
              HasSubstr("is no regular file"));
  EXPECT_EQ(found()->manifest.point.step, 9u);
}

}  // namespace
}  // namespace mixnn
