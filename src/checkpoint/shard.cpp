#include "mixnn/checkpoint/shard.hpp"

#include <algorithm>
#include <fstream>
#include <optional>

#include "mixnn/base/private_file.hpp"
#include "mixnn/base/public_size.hpp"
#include "mixnn/crypto/sealed_stream.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kCountBytes = sizeof(std::uint64_t);

// The file's bytes, or nothing if it cannot be read or has another size.
std::optional<std::vector<std::byte>> read_file(const std::filesystem::path& file,
                                                std::size_t size) {
  std::error_code error;
  if (std::filesystem::file_size(file, error) != size || error) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::vector<std::byte> bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!in) return std::nullopt;
  return bytes;
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
  const std::filesystem::path path = folder / shard_file_name(name);
  const auto problem = [&](const char* what) {
    return ShardText{{}, shard_file_name(name) + " " + what};
  };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return problem("is missing");
  const auto file = read_file(path, sealed_stream_bytes(chunks));
  if (!file) return problem("is truncated or cannot be read");
  if (sha256({*file}) != digest) return problem("is not what was written");
  ShardText shard;
  shard.state.reserve(chunks * kSealedChunk / sizeof(float));
  const bool opened = open_stream(key.shard_keys(name), *file, [&](ConstBytes text) {
    const std::size_t at = shard.state.size();
    shard.state.resize(at + text.size() / sizeof(float));
    copy_bytes(text, std::as_writable_bytes(std::span(shard.state)).subspan(at * sizeof(float)));
  });
  if (!opened) return problem("does not open");
  std::uint64_t count = 0;
  constexpr std::size_t kCountFloats = kCountBytes / sizeof(float);
  copy_bytes(bytes_of(std::span(shard.state)).first(kCountBytes),
             std::as_writable_bytes(std::span(&count, 1)));
  if (count != floats || floats > shard.state.size() - kCountFloats)
    return problem("is of another stage");
  shard.state.erase(shard.state.begin(), shard.state.begin() + kCountFloats);
  shard.state.resize(floats);
  return shard;
}

}  // namespace mixnn
