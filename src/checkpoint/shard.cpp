#include "mixnn/checkpoint/shard.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "mixnn/base/private_file.hpp"
#include "mixnn/base/public_size.hpp"
#include "mixnn/base/regular_file.hpp"
#include "mixnn/crypto/sealed_stream.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kCountBytes = sizeof(std::uint64_t);

// Whether the file opens, is whole and has that digest; empty, or what is wrong with it. What is
// sealed in it goes to `take`, piece by piece, before that is known.
std::string open_shard(RegularFile& file, const X25519KeyPair& keys, std::size_t chunks,
                       const Digest& digest, const std::function<void(ConstBytes)>& take) {
  if (!file.problem().empty()) return file.problem();
  if (file.size() != sealed_stream_bytes(chunks)) return "is truncated, or of another size";
  Sha256 hash;
  std::uint64_t left = file.size();
  const auto read = [&](Bytes piece) {
    if (!file.read(piece)) return false;
    left -= piece.size();
    hash.update(piece);
    return true;
  };
  const bool opened = open_stream(keys, chunks, read, take);
  for (std::vector<std::byte> piece(kSealedChunk); left > 0;)
    if (!read(Bytes(piece).first(std::min<std::uint64_t>(left, piece.size()))))
      return "is truncated";
  if (hash.finish() != digest) return "is not what was written";
  return opened ? "" : "does not open";
}

// The floats in the text of a shard, if it says that it holds so many, to `take` piece by piece.
// Returns its file's name and what is wrong, or nothing.
std::string read_floats(const std::filesystem::path& folder, const ShardName& name,
                        const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                        std::size_t floats, const std::function<void(ConstBytes)>& take) {
  std::uint64_t count = 0;
  bool begun = false;
  std::size_t left = floats * sizeof(float);
  RegularFile file(folder / shard_file_name(name));
  std::string problem =
      open_shard(file, key.shard_keys(name), chunks, digest, [&](ConstBytes text) {
        if (!begun) {
          copy_bytes(text.first(kCountBytes), std::as_writable_bytes(std::span(&count, 1)));
          text = text.subspan(kCountBytes);
          begun = true;
        }
        text = text.first(std::min(text.size(), left));
        left -= text.size();
        take(text);
      });
  if (problem.empty() && (count != floats || left > 0)) problem = "is of another stage";
  return problem.empty() ? problem : shard_file_name(name) + " " + problem;
}

bool all_finite(ConstBytes text) {
  for (; !text.empty(); text = text.subspan(sizeof(float))) {
    float value = 0;
    copy_bytes(text.first(sizeof value), std::as_writable_bytes(std::span(&value, 1)));
    if (!std::isfinite(value)) return false;
  }
  return true;
}

}  // namespace

std::size_t shard_chunks(std::size_t floats) {
  return (kCountBytes + floats * sizeof(float) + kSealedChunk - 1) / kSealedChunk;
}

std::size_t rounded_chunks(std::size_t chunks) { return public_size(chunks); }

std::string shard_file_name(const ShardName& name) { return to_hex(name) + ".shard"; }

Digest write_shard(const std::filesystem::path& folder, const ShardName& name,
                   std::span<const std::byte, 32> public_key, std::size_t chunks,
                   std::span<const float> state) {
  const std::uint64_t count = state.size();
  ConstBytes head = bytes_of(std::span(&count, 1)), rest = bytes_of(state);
  const auto take = [](ConstBytes& from, Bytes& to) {
    const std::size_t n = std::min(from.size(), to.size());
    copy_bytes(from.first(n), to);
    from = from.subspan(n);
    to = to.subspan(n);
  };
  const auto fill = [&](Bytes text) {
    take(head, text);
    take(rest, text);
    std::fill(text.begin(), text.end(), std::byte{0});
  };
  PrivateFile file(folder / shard_file_name(name));
  Sha256 hash;
  seal_stream(public_key, chunks, fill, [&](ConstBytes piece) {
    hash.update(piece);
    file.write(piece);
  });
  MIXNN_CHECK(rest.empty(), "a shard too small for its stage");
  file.commit();
  return hash.finish();
}

ShardText read_shard(const std::filesystem::path& folder, const ShardName& name,
                     const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                     std::size_t floats) {
  ShardText shard;
  shard.state.resize(floats);
  Bytes place = std::as_writable_bytes(std::span(shard.state));
  shard.problem = read_floats(folder, name, key, chunks, digest, floats, [&](ConstBytes text) {
    copy_bytes(text, place);
    place = place.subspan(text.size());
  });
  if (!shard.problem.empty()) shard.state.clear();
  return shard;
}

ShardText read_whole_shard(const std::filesystem::path& folder, const ShardName& name,
                           const CheckpointKey& key, std::size_t chunks, const Digest& digest) {
  ShardText shard;
  Bytes place;
  bool begun = false, fits = true;
  RegularFile file(folder / shard_file_name(name));
  shard.problem = open_shard(file, key.shard_keys(name), chunks, digest, [&](ConstBytes text) {
    if (!begun) {
      std::uint64_t count = 0;
      copy_bytes(text.first(kCountBytes), std::as_writable_bytes(std::span(&count, 1)));
      text = text.subspan(kCountBytes);
      begun = true;
      fits = count <= (chunks * kSealedChunk - kCountBytes) / sizeof(float);
      if (fits) shard.state.resize(count);
      place = std::as_writable_bytes(std::span(shard.state));
    }
    text = text.first(std::min(text.size(), place.size()));
    copy_bytes(text, place.first(text.size()));
    place = place.subspan(text.size());
  });
  if (shard.problem.empty() && !fits) shard.problem = "is malformed";
  if (shard.problem.empty()) return shard;
  return {{}, shard_file_name(name) + " " + shard.problem};
}

std::string check_shard(const std::filesystem::path& folder, const ShardName& name,
                        const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                        std::size_t floats) {
  bool finite = true;
  const std::string problem =
      read_floats(folder, name, key, chunks, digest, floats,
                  [&](ConstBytes text) { finite = finite && all_finite(text); });
  if (!problem.empty() || finite) return problem;
  return shard_file_name(name) + " holds numbers that are not finite";
}

}  // namespace mixnn
