#include "mixnn/checkpoint/manifest.hpp"

#include "mixnn/crypto/aead.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kMagic = "MIXNNCKP";
constexpr std::size_t kHeadBytes = 8 + sizeof(std::uint32_t);
constexpr std::size_t kPadding = 4096;

void write_point(const TrainingPoint& point, ByteWriter& writer) {
  writer.put(point.epoch);
  writer.put(point.step);
  writer.put(point.sums.loss);
  writer.put(std::uint64_t{point.sums.correct});
  writer.put(point.wall_s);
}

TrainingPoint read_point(ByteReader& reader) {
  TrainingPoint point;
  point.epoch = reader.get<std::uint32_t>();
  point.step = reader.get<std::uint32_t>();
  point.sums.loss = reader.get<double>();
  point.sums.correct = reader.get<std::uint64_t>();
  point.wall_s = reader.get<double>();
  return point;
}

void write_epoch(const EpochRecord& epoch, ByteWriter& writer) {
  writer.put(std::uint64_t{epoch.train.samples});
  for (const double x : {epoch.train.wall_s, epoch.train.train_loss, epoch.train.train_accuracy,
                         epoch.test.wall_s, epoch.test.loss, epoch.test.accuracy})
    writer.put(x);
}

EpochRecord read_epoch(ByteReader& reader) {
  EpochRecord epoch;
  epoch.train.samples = reader.get<std::uint64_t>();
  for (double* x : {&epoch.train.wall_s, &epoch.train.train_loss, &epoch.train.train_accuracy,
                    &epoch.test.wall_s, &epoch.test.loss, &epoch.test.accuracy})
    *x = reader.get<double>();
  return epoch;
}

std::vector<std::byte> text_of(const Manifest& manifest) {
  std::vector<std::byte> text;
  ByteWriter writer(text);
  writer.put(kCheckpointVersion);
  writer.put(manifest.number);
  write(manifest.identity, writer);
  write_point(manifest.point, writer);
  writer.put(static_cast<std::uint32_t>(manifest.epochs.size()));
  for (const EpochRecord& epoch : manifest.epochs) write_epoch(epoch, writer);
  writer.put(manifest.lives);
  writer.put(manifest.chunks);
  writer.put(static_cast<std::uint32_t>(manifest.shards.size()));
  for (const ShardRecord& shard : manifest.shards) {
    writer.put_bytes(shard.name);
    writer.put_bytes(shard.sha256);
  }
  text.resize((text.size() + kPadding - 1) / kPadding * kPadding);
  return text;
}

bool read_text(ConstBytes text, Manifest& manifest) {
  ByteReader reader(text);
  if (reader.get<std::uint32_t>() != kCheckpointVersion) return false;
  manifest.number = reader.get<std::uint64_t>();
  manifest.identity = read_run_identity(reader);
  manifest.point = read_point(reader);
  const auto epochs = reader.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < epochs && reader.ok(); ++i)
    manifest.epochs.push_back(read_epoch(reader));
  manifest.lives = reader.get<std::uint32_t>();
  manifest.chunks = reader.get<std::uint64_t>();
  const auto shards = reader.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < shards && reader.ok(); ++i) {
    ShardRecord& shard = manifest.shards.emplace_back();
    copy_bytes(reader.get_bytes(shard.name.size()), shard.name);
    copy_bytes(reader.get_bytes(shard.sha256.size()), shard.sha256);
  }
  return reader.ok();
}

}  // namespace

std::vector<std::byte> seal_manifest(const Manifest& manifest, const CheckpointKey& key) {
  std::vector<std::byte> text = text_of(manifest), file;
  ByteWriter writer(file);
  writer.put_bytes(bytes_of(kMagic));
  writer.put(kCheckpointVersion);
  file.resize(kHeadBytes + text.size() + kBoxOverhead);
  const Bytes box = Bytes(file).subspan(kHeadBytes);
  Csprng().fill(box.first(kBoxNonceBytes));
  seal_box(key.manifest_key(), text, box);
  wipe(text);
  return file;
}

OpenedManifest open_manifest(ConstBytes file, const CheckpointKey& key) {
  const auto problem = [](const std::string& what) { return OpenedManifest{{}, what}; };
  if (file.size() < kHeadBytes + kBoxOverhead ||
      !std::equal(kMagic.begin(), kMagic.end(), reinterpret_cast<const char*>(file.data())))
    return problem("is truncated, or no manifest");
  ByteReader head(file.subspan(kMagic.size()));
  if (const auto version = head.get<std::uint32_t>(); version != kCheckpointVersion)
    return problem("has format version " + std::to_string(version) +
                   ", this program reads version " + std::to_string(kCheckpointVersion));
  std::vector<std::byte> text(file.size() - kHeadBytes - kBoxOverhead);
  OpenedManifest opened;
  if (!open_box(key.manifest_key(), file.subspan(kHeadBytes), text))
    return problem("does not open: it is damaged, or made with another --checkpoint-key");
  if (!read_text(text, opened.manifest)) return problem("is malformed");
  wipe(text);
  return opened;
}

}  // namespace mixnn
