#include "mixnn/checkpoint/manifest.hpp"

#include <numeric>

#include "mixnn/base/check.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kMagic = "MIXNNCKP";
constexpr std::size_t kHeadBytes = 8 + sizeof(std::uint32_t) + sizeof(RunId);
constexpr std::size_t kPadding = 4096;

}  // namespace

std::vector<std::byte> seal_manifest(const Manifest& manifest, const CheckpointKey& key) {
  const std::size_t size = encoded_size(manifest);
  std::vector<std::byte> text((size + kPadding - 1) / kPadding * kPadding), file;
  encode_to(manifest, text);
  ByteWriter writer(file);
  writer.put_bytes(bytes_of(kMagic));
  writer.put(kCheckpointVersion);
  writer.put_bytes(manifest.run);
  file.resize(kHeadBytes + text.size() + kBoxOverhead);
  const Bytes box = Bytes(file).subspan(kHeadBytes);
  Csprng().fill(box.first(kBoxNonceBytes));
  seal_box(key.manifest_key(), text, box);
  wipe(text);
  return file;
}

OpenedManifest read_manifest_head(ConstBytes file) {
  const auto problem = [](const std::string& what) { return OpenedManifest{{}, what}; };
  if (file.size() < kHeadBytes + kBoxOverhead ||
      !std::equal(kMagic.begin(), kMagic.end(), reinterpret_cast<const char*>(file.data())))
    return problem("is truncated, or no manifest");
  ByteReader head(file.subspan(kMagic.size()));
  if (const auto version = head.get<std::uint32_t>(); version != kCheckpointVersion)
    return problem("has format version " + std::to_string(version) +
                   ", this program reads version " + std::to_string(kCheckpointVersion));
  OpenedManifest opened;
  copy_bytes(head.get_bytes(opened.manifest.run.size()), opened.manifest.run);
  return opened;
}

OpenedManifest open_manifest(ConstBytes file, const CheckpointKey& key) {
  const auto problem = [](const std::string& what) { return OpenedManifest{{}, what}; };
  const OpenedManifest head = read_manifest_head(file);
  if (!head.problem.empty()) return head;
  std::vector<std::byte> text(file.size() - kHeadBytes - kBoxOverhead);
  if (!open_box(key.manifest_key(), file.subspan(kHeadBytes), text))
    return problem("does not open: it is damaged, or made with another --checkpoint-key");
  std::optional<Manifest> manifest = decode<Manifest>(text);
  wipe(text);
  if (!manifest) return problem("is malformed");
  manifest->run = head.manifest.run;
  return {std::move(*manifest), {}};
}

Manifest::Content Manifest::content(std::size_t shard,
                                    const std::vector<std::size_t>& floats) const {
  MIXNN_CHECK(floats.size() == all_stages(), "the floats of every stage");
  if (shard < stages) return {chunks, floats[own.first + shard]};
  if (!has_own_shard() || shard + 1 < shards.size()) return {chunks, 0};
  const auto hosted = floats.begin() + static_cast<std::ptrdiff_t>(own.first);
  const std::size_t first = std::accumulate(floats.begin(), hosted, std::size_t{0});
  return {own_chunks, std::accumulate(hosted + stages, floats.end(), first)};
}

std::string point_text(const TrainingPoint& point) {
  return "after " + counted(point.epoch, "epoch") + " and " + counted(point.step, "step");
}

}  // namespace mixnn
