#include "mixnn/checkpoint/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mixnn {
namespace {

using ::testing::HasSubstr;

CheckpointKey key(int value) {
  return CheckpointKey(Key::from(std::vector<std::byte>(32, static_cast<std::byte>(value))));
}

Manifest manifest() {
  Manifest m;
  m.number = 42;
  m.identity.model.fill(std::byte{1});
  m.identity.data.fill(std::byte{2});
  m.identity.train_samples = 60'000;
  m.identity.test_samples = 10'000;
  m.identity.blas = "OpenBLAS";
  m.identity.settings = {{"--epochs", "7"}, {"--seed", "9223372036854775808"}, {"--lr", ""}};
  m.point = {3, 11, {1.0 / 3, 17, 20, 20.5}, 2.5};
  m.epochs = {{{1.5, 60'000, 0.1, 0.2}, {0.5, 0.3, 0.4}},
              {{1.6, 60'000, 0.11, 0.21}, {0.6, 0.31, 0.41}},
              {{1.7, 60'000, 0.12, {}}, {0.7, 0.32, {}}}};
  m.lives = 4;
  m.run.fill(std::byte{7});
  m.chunks = 9;
  m.stages = 2;
  m.own = {1, 2};
  m.own_chunks = 12;
  m.shards.resize(3);
  for (ShardRecord& shard : m.shards) shard.name.fill(std::byte{8});
  m.shards[2].sha256.fill(std::byte{9});
  return m;
}

TEST(Manifest, ComesBackAsItWas) {
  const OpenedManifest opened = open_manifest(seal_manifest(manifest(), key(1)), key(1));
  ASSERT_EQ(opened.problem, "");
  const Manifest &is = opened.manifest, was = manifest();
  EXPECT_EQ(is.number, was.number);
  EXPECT_EQ(is.identity.model, was.identity.model);
  EXPECT_EQ(is.identity.data, was.identity.data);
  EXPECT_EQ(difference(is.identity, was.identity), "");
  ASSERT_EQ(is.identity.settings.size(), 3u);
  EXPECT_EQ(is.identity.settings[1].name, "--seed");
  EXPECT_EQ(is.identity.settings[1].value, "9223372036854775808");
  EXPECT_EQ(is.point.epoch, 3u);
  EXPECT_EQ(is.point.step, 11u);
  EXPECT_EQ(is.point.sums.loss, 1.0 / 3);
  EXPECT_EQ(is.point.sums.correct, 17u);
  EXPECT_EQ(is.point.sums.answers, 20u);
  EXPECT_EQ(is.point.sums.weight, 20.5);
  EXPECT_EQ(is.point.wall_s, 2.5);
  ASSERT_EQ(is.epochs.size(), 3u);
  EXPECT_EQ(is.epochs[1].train.train_loss, 0.11);
  EXPECT_EQ(is.epochs[1].test.accuracy, 0.41);
  EXPECT_EQ(is.epochs[2].train.train_accuracy, std::nullopt);
  EXPECT_EQ(is.epochs[2].test.accuracy, std::nullopt);
  EXPECT_EQ(is.lives, 4u);
  EXPECT_EQ(is.run, was.run);
  EXPECT_EQ(is.chunks, 9u);
  EXPECT_EQ(is.stages, 2u);
  EXPECT_EQ(is.own, was.own);
  EXPECT_EQ(is.own_chunks, 12u);
  ASSERT_EQ(is.shards.size(), 3u);
  EXPECT_EQ(is.shards[2].sha256, was.shards[2].sha256);
}

// Recorded before there was a codec. Other bytes are a new kCheckpointVersion, and must be meant.
TEST(Manifest, TheBytesOfItsPartsAreThoseOfTheFormat) {
  EXPECT_EQ(to_hex(encode(TrainingPoint{3, 11, {1.0 / 3, 17, 20, 20.5}, 2.5})),
            "030000000b000000555555555555d53f1100000000000000"
            "140000000000000000000000008034400000000000000440");
  EXPECT_EQ(to_hex(encode(manifest().epochs[0])),
            "60ea000000000000000000000000f83f9a9999999999b93f9a9999999999c93f"
            "000000000000e03f333333333333d33f9a9999999999d93f");
  EXPECT_EQ(to_hex(encode(manifest().shards[2])),
            "08080808080808080808080808080808"
            "0909090909090909090909090909090909090909090909090909090909090909");
}

// Two hosted stages behind one of the owner's and before two; no decoy.
TEST(Manifest, SaysWhatEachShardHolds) {
  const Manifest m = manifest();
  const std::vector<std::size_t> floats{10, 20, 30, 40, 50};
  EXPECT_EQ(m.content(0, floats).floats, 20u);
  EXPECT_EQ(m.content(1, floats).floats, 30u);
  EXPECT_EQ(m.content(1, floats).chunks, 9u);
  EXPECT_EQ(m.content(2, floats).floats, 100u);
  EXPECT_EQ(m.content(2, floats).chunks, 12u);
}

TEST(Manifest, CutAnywhereItsTextIsRefused) {
  const std::vector<std::byte> text = encode(manifest());
  ASSERT_TRUE(decode_whole<Manifest>(text));
  for (std::size_t size = 0; size < text.size(); ++size)
    ASSERT_FALSE(decode<Manifest>(ConstBytes(text).first(size))) << size;
}

TEST(Manifest, EveryAlteredByteIsNoticed) {
  const std::vector<std::byte> file = seal_manifest(manifest(), key(1));
  EXPECT_EQ(file.size(), 12 + 16 + 24 + 4096 + 16);
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::vector<std::byte> altered = file;
    altered[at] ^= std::byte{0x10};
    if (at >= 12 && at < 28) continue;  // the run: which key it is, is drawn from it
    EXPECT_NE(open_manifest(altered, key(1)).problem, "") << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{11}, std::size_t{68}, file.size() - 1})
    EXPECT_NE(open_manifest(ConstBytes(file).first(size), key(1)).problem, "") << size;
  EXPECT_THAT(open_manifest(file, key(2)).problem, HasSubstr("another --checkpoint-key"));
}

TEST(Manifest, AnotherVersionIsNamed) {
  std::vector<std::byte> file = seal_manifest(manifest(), key(1));
  file[8] = std::byte{4};
  EXPECT_THAT(open_manifest(file, key(1)).problem,
              HasSubstr("has format version 4, this program reads version 7"));
}

TEST(CheckpointKey, EveryShardAndTheManifestHaveTheirOwn) {
  const ShardName one{std::byte{1}}, two{std::byte{2}};
  EXPECT_EQ(key(1).shard_keys(one).public_key, key(1).shard_keys(one).public_key);
  EXPECT_NE(key(1).shard_keys(one).public_key, key(1).shard_keys(two).public_key);
  EXPECT_NE(key(1).shard_keys(one).public_key, key(2).shard_keys(one).public_key);
}

}  // namespace
}  // namespace mixnn
