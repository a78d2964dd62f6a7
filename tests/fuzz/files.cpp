// Files that somebody else may have written: a data set's arrays, and what a checkpoint is made of.
#include <sys/mman.h>
#include <unistd.h>

#include "data/idx_files.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/crypto/sealed_stream.hpp"
#include "mixnn/data/formats/idx.hpp"

namespace mixnn::fuzzing {
namespace {

std::string string_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A file in memory alone.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content) : descriptor_(::memfd_create("fuzz", 0)) {
    MIXNN_CHECK(descriptor_ >= 0, "a file in memory");
    for (std::size_t done = 0; done < content.size();) {
      const ssize_t some = ::write(descriptor_, content.data() + done, content.size() - done);
      MIXNN_CHECK(some > 0, "a file in memory takes what is written");
      done += static_cast<std::size_t>(some);
    }
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

// As it is, which may be gzip by itself, or well compressed.
bool run_idx(ConstBytes input) {
  Choices choices(input);
  const std::uint32_t how = choices.below(4);
  const std::size_t dimensions = how % 2 == 0 ? 1 : 3;
  const std::string content = string_of(choices.rest());
  const MemoryFile file(how < 2 ? content : testing_files::gzipped(content));
  try {
    const NumberArray array = read_idx(file.path(), dimensions, dimensions);
    MIXNN_CHECK(array.shape.size() == dimensions &&
                    array.count() == static_cast<std::size_t>(element_count(array.shape)),
                "as many values as the extents say");
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

std::vector<Input> idx_seeds() {
  using namespace testing_files;
  std::vector<Input> seeds;
  for (const auto& [how, content] : {std::pair{0, labels(7)},
                                     {1, images(2, 3, 4)},
                                     {2, labels(300)},
                                     {3, images(3, 5, 5)},
                                     {0, gzipped(labels(9))},
                                     {1, gzipped(images(1, 2, 2)) + gzipped("")}})
    seeds.push_back(Chosen().bytes({how}).rest(bytes_of(std::string_view(content))).input());
  return seeds;
}

CheckpointKey some_key() { return CheckpointKey(Key::from(Input(Key::size(), std::byte{7}))); }

// A file as it is, or one whose text is sealed with the owner's key.
bool run_manifest(ConstBytes input) {
  Choices choices(input);
  const bool sealed = choices.below(2) == 1;
  const ConstBytes rest = choices.rest();
  Input file(rest.begin(), rest.end());
  if (sealed) {
    static const Input honest = seal_manifest({}, some_key());
    constexpr std::size_t kPadded = 4096;
    const std::size_t head = honest.size() - kPadded - kBoxOverhead;
    Input text(file);
    text.resize((text.size() + kPadded - 1) / kPadded * kPadded);
    file.assign(honest.begin(),
                honest.begin() + static_cast<std::ptrdiff_t>(head + kBoxNonceBytes));
    file.resize(head + text.size() + kBoxOverhead);
    seal_box(some_key().manifest_key(), text, Bytes(file).subspan(head));
  }
  const OpenedManifest opened = open_manifest(file, some_key());
  if (!opened.problem.empty()) return false;
  const OpenedManifest again =
      open_manifest(seal_manifest(opened.manifest, some_key()), some_key());
  MIXNN_CHECK(again.problem.empty() && encode(again.manifest) == encode(opened.manifest),
              "what was accepted comes back as it was");
  point_text(opened.manifest.point);
  difference(opened.manifest.identity, {});
  return true;
}

std::vector<Input> manifest_seeds() {
  Manifest manifest;
  manifest.number = 3;
  manifest.identity.blas = "OpenBLAS";
  manifest.identity.settings = {{"--batch-size", "10"}, {"--seed", "1"}};
  manifest.point = {.epoch = 1, .step = 2, .sums = {}, .wall_s = 3};
  manifest.epochs.resize(1);
  manifest.chunks = 1;
  manifest.shards.resize(2);
  return {Chosen().bytes({1}).rest(encode(manifest)).input()};
}

// A shard as it is, or one whose text is sealed for the owner and perhaps altered behind the seal.
bool run_shard(ConstBytes input) {
  constexpr ShardName kName{std::byte{1}};
  static const testing_files::ScratchFolder folder;
  Choices choices(input);
  const std::uint32_t how = choices.below(4);
  const std::size_t chunks = 1 + choices.below(2), floats = choices.number<std::uint16_t>();
  const CheckpointKey key = some_key();
  Input file;
  if (how == 0) {
    const ConstBytes raw = choices.some();
    file.assign(raw.begin(), raw.end());
  } else {
    const auto fill = [&](Bytes text) {
      std::memset(text.data(), 0, text.size());
      alter(text, 0, choices.some());
    };
    seal_stream(key.shard_keys(kName).public_key, how == 3 ? 1 : chunks, fill,
                [&](ConstBytes piece) { file.insert(file.end(), piece.begin(), piece.end()); });
    if (how == 2) alter(file, choices.number<std::uint16_t>(), choices.some());
  }
  testing_files::write(folder.path() / shard_file_name(kName), string_of(file));
  const ShardText shard = read_shard(folder.path(), kName, key, chunks, sha256({file}), floats);
  MIXNN_CHECK(!shard.problem.empty() || shard.state.size() == floats, "as many floats as wanted");
  return shard.problem.empty();
}

std::vector<Input> shard_seeds() {
  std::vector<Input> seeds;
  for (const int chunks : {1, 2}) {
    const std::uint64_t count = 3;
    seeds.push_back(
        Chosen().bytes({1, chunks - 1, 3, 0}).some(bytes_of(std::span(&count, 1))).input());
  }
  return seeds;
}

// The owner's key for checkpoints, as it lies in a file of his alone.
bool run_checkpoint_key(ConstBytes input) {
  static const testing_files::ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "key";
  std::string text = string_of(input);
  if (text.size() < 100) text.resize(100, '\n');  // a shorter one is waited for
  if (const std::size_t end = text.find("\n\n"); end != std::string::npos && end >= 88)
    text.resize(end + 1);
  testing_files::write(file, text);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  try {
    CheckpointKey::load(file, folder.path() / "checkpoints", false).manifest_key();
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

std::vector<Input> checkpoint_key_seeds() {
  const testing_files::ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "key";
  CheckpointKey::load(file, folder.path() / "checkpoints", true);
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  text.replace(text.find(": ") + 2, 64, std::string(64, '5'));  // no key that anybody uses
  const ConstBytes bytes = bytes_of(std::string_view(text));
  return {Input(bytes.begin(), bytes.end())};
}

}  // namespace

extern const Target kIdx, kManifest, kShard, kCheckpointKey;
const Target kIdx{"idx", run_idx, idx_seeds, 2048};
const Target kManifest{"manifest", run_manifest, manifest_seeds, 2048};
const Target kShard{"shard", run_shard, shard_seeds, 512};
const Target kCheckpointKey{"checkpoint_key", run_checkpoint_key, checkpoint_key_seeds, 128};

}  // namespace mixnn::fuzzing
