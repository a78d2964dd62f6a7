#include "mixnn/checkpoint/manifest.hpp"

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

std::string point_text(const TrainingPoint& point) {
  return "after " + counted(point.epoch, "epoch") + " and " + counted(point.step, "step");
}

}  // namespace mixnn
