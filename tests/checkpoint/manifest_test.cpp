#include "mixnn/checkpoint/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mixnn {
namespace {

using testing::HasSubstr;

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
  m.identity.training = {
      7, 100, 3, 0.25f, LrDecay::kNone, 0.5f, 0.125f, ElementType::kBfloat16, 1ull << 63};
  m.point = {3, 11, {1.0 / 3, 17}, 2.5};
  m.epochs = {{{1.5, 60'000, 0.1, 0.2}, {0.5, 0.3, 0.4}},
              {{1.6, 60'000, 0.11, 0.21}, {0.6, 0.31, 0.41}}};
  m.lives = 4;
  m.chunks = 9;
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
  EXPECT_EQ(is.identity.training.epochs, 7u);
  EXPECT_EQ(is.identity.training.wire, ElementType::kBfloat16);
  EXPECT_EQ(is.identity.training.seed, 1ull << 63);
  EXPECT_EQ(is.point.epoch, 3u);
  EXPECT_EQ(is.point.step, 11u);
  EXPECT_EQ(is.point.sums.loss, 1.0 / 3);
  EXPECT_EQ(is.point.sums.correct, 17u);
  EXPECT_EQ(is.point.wall_s, 2.5);
  ASSERT_EQ(is.epochs.size(), 2u);
  EXPECT_EQ(is.epochs[1].train.train_loss, 0.11);
  EXPECT_EQ(is.epochs[1].test.accuracy, 0.41);
  EXPECT_EQ(is.lives, 4u);
  EXPECT_EQ(is.chunks, 9u);
  ASSERT_EQ(is.shards.size(), 3u);
  EXPECT_EQ(is.shards[2].sha256, was.shards[2].sha256);
}

TEST(Manifest, EveryAlteredByteIsNoticed) {
  const std::vector<std::byte> file = seal_manifest(manifest(), key(1));
  EXPECT_EQ(file.size(), 12 + 24 + 4096 + 16);
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::vector<std::byte> altered = file;
    altered[at] ^= std::byte{0x10};
    EXPECT_NE(open_manifest(altered, key(1)).problem, "") << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{11}, std::size_t{52}, file.size() - 1})
    EXPECT_NE(open_manifest(ConstBytes(file).first(size), key(1)).problem, "") << size;
  EXPECT_THAT(open_manifest(file, key(2)).problem, HasSubstr("another --checkpoint-key"));
}

TEST(Manifest, AnotherVersionIsNamed) {
  std::vector<std::byte> file = seal_manifest(manifest(), key(1));
  file[8] = std::byte{2};
  EXPECT_THAT(open_manifest(file, key(1)).problem,
              HasSubstr("has format version 2, this program reads version 4"));
}

TEST(CheckpointKey, EveryShardAndTheManifestHaveTheirOwn) {
  const ShardName one{std::byte{1}}, two{std::byte{2}};
  EXPECT_EQ(key(1).shard_keys(one).public_key, key(1).shard_keys(one).public_key);
  EXPECT_NE(key(1).shard_keys(one).public_key, key(1).shard_keys(two).public_key);
  EXPECT_NE(key(1).shard_keys(one).public_key, key(2).shard_keys(one).public_key);
}

}  // namespace
}  // namespace mixnn
