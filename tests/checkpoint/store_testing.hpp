#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/checkpoint/store.hpp"

namespace mixnn {

inline const std::vector<std::size_t> kFloats{40, 20'000, 6};  // of each stage's state

// A folder of checkpoints and a key in a scratch folder; the test writes what hosts would.
class CheckpointStoreTest : public ::testing::Test {
 protected:
  CheckpointStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "mixnn-store.XXXXXX").string();
    scratch = ::mkdtemp(name.data());
    options.folder = scratch / "checkpoints";
    options.key = scratch / "state" / "key";
    identity.blas = "some";
    identity.train_samples = 50;
    identity.settings = {{"--seed", "9"}, {"--epochs", "5"}, {"--lr", "0.1"}};
  }
  ~CheckpointStoreTest() override { std::filesystem::remove_all(scratch); }

  static std::vector<float> state(std::size_t stage, float value) {
    return std::vector<float>(kFloats[stage], value + static_cast<float>(stage));
  }

  // The shards of one more checkpoint, whose values tell it from others.
  Manifest write_shards(CheckpointStore& store, float value) const {
    store.begin();
    Manifest manifest;
    manifest.identity = identity;
    manifest.point.step = static_cast<std::uint32_t>(value);
    manifest.chunks = shard_chunks(20'000);
    manifest.stages = static_cast<std::uint32_t>(kFloats.size());
    for (std::size_t i = 0; i < kFloats.size(); ++i) {
      ShardRecord& shard = manifest.shards.emplace_back();
      shard.name = store.draw_name();
      shard.sha256 =
          write_shard(store.folder(), shard.name, store.shard_keys(shard.name).public_key,
                      manifest.chunks, state(i, value));
    }
    return manifest;
  }
  void add(CheckpointStore& store, float value) const {
    store.commit(write_shards(store, value), kFloats);
  }
  // One job: goes on from what is there, if it may, and writes these.
  void job(std::initializer_list<float> values) const {
    CheckpointStore store(options);
    store.find(identity, kFloats);
    store.open_record();
    for (const float value : values) add(store, value);
  }
  std::optional<Checkpoint> found() const {
    CheckpointStore store(options);
    return store.find(identity, kFloats);
  }

  std::filesystem::path manifest(std::uint64_t number) const {
    return options.folder / CheckpointFolder::manifest_name(number);
  }
  std::filesystem::path records() const { return options.key.string() + ".runs"; }
  std::filesystem::path record() const {  // the only one
    return std::filesystem::directory_iterator(records())->path();
  }
  std::size_t record_count() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(records())) ++n;
    return n;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options.folder))
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
    return refused([&] { found(); });
  }
  // What is said when a job begins.
  std::vector<std::string> notes() const {
    CheckpointStore store(options);
    store.find(identity, kFloats);
    store.open_record();
    return store.take_notes();
  }

  std::filesystem::path scratch;
  CheckpointOptions options;
  RunIdentity identity;
};

}  // namespace mixnn
