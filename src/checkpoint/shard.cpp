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

using Holds = bool (*)(std::uint64_t count, std::size_t floats);
bool as_many(std::uint64_t count, std::size_t floats) { return count == floats; }
bool as_many_times(std::uint64_t count, std::size_t floats) {
  return floats == 0 ? count == 0 : count > 0 && count % floats == 0;
}

// The first floats in the text of a shard, or all, if its count of them is right, to `take` piece
// by piece. Returns its file's name and what is wrong, or nothing.
enum class Take { kFirst, kAll };
std::string read_floats(const std::filesystem::path& folder, const ShardName& name,
                        const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                        std::size_t floats, const std::function<void(ConstBytes)>& take,
                        Holds holds = as_many, Take which = Take::kFirst) {
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
          if (which == Take::kAll)
            left = std::min<std::uint64_t>(count, chunks * kSealedChunk) * sizeof(float);
        }
        text = text.first(std::min(text.size(), left));
        left -= text.size();
        take(text);
      });
  if (problem.empty() && (!holds(count, floats) || left > 0)) problem = "is of another stage";
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

namespace {

ShardText read_text(const std::filesystem::path& folder, const ShardName& name,
                    const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                    std::size_t floats, Holds holds) {
  ShardText shard;
  shard.state.resize(floats);
  Bytes place = std::as_writable_bytes(std::span(shard.state));
  shard.problem = read_floats(
      folder, name, key, chunks, digest, floats,
      [&](ConstBytes text) {
        copy_bytes(text, place);
        place = place.subspan(text.size());
      },
      holds);
  if (!shard.problem.empty()) shard.state.clear();
  return shard;
}

}  // namespace

ShardText read_shard(const std::filesystem::path& folder, const ShardName& name,
                     const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                     std::size_t floats) {
  return read_text(folder, name, key, chunks, digest, floats, as_many);
}

ShardText read_shard_parameters(const std::filesystem::path& folder, const ShardName& name,
                                const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                                std::size_t parameters) {
  return read_text(folder, name, key, chunks, digest, parameters, as_many_times);
}

ShardText read_shard_states(const std::filesystem::path& folder, const ShardName& name,
                            const CheckpointKey& key, std::size_t chunks, const Digest& digest,
                            std::size_t parameters) {
  ShardText shard;
  shard.problem = read_floats(
      folder, name, key, chunks, digest, parameters,
      [&](ConstBytes text) {
        const std::size_t before = shard.state.size();
        shard.state.resize(before + text.size() / sizeof(float));
        copy_bytes(text, std::as_writable_bytes(std::span(shard.state).subspan(before)));
      },
      as_many_times, Take::kAll);
  if (!shard.problem.empty()) shard.state.clear();
  return shard;
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
