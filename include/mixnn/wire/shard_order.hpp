#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "mixnn/base/codec.hpp"

namespace mixnn {

// The payload of kCheckpoint: where a host puts its stage's state, under which name, sealed for
// whom. Nothing in it tells of other stages; the number of chunks is the same for all.
struct ShardOrder {
  static constexpr std::size_t kMaxFolder = 4096;  // as paths of the system
  std::string folder;                              // absolute
  std::array<std::byte, 16> name{};
  std::array<std::byte, 32> public_key{};
  std::uint32_t chunks = 0;
};
void describe(auto& codec, Of<ShardOrder> auto& order) {
  codec.text(order.folder, ShardOrder::kMaxFolder, TextRule::kAny);
  codec.bytes(order.name);
  codec.bytes(order.public_key);
  codec.number(order.chunks);
  codec.require(order.folder.starts_with('/') && order.folder.find('\0') == std::string::npos);
  codec.require(order.chunks > 0);
}

// The answer, once the shard is written: the SHA-256 of its file. Or why it is not, in the same
// bytes: 28 zeros, which no hash begins with, and the errno or kNotFinite as u32.
struct ShardReceipt {
  static constexpr std::uint32_t kNotFinite = 0xFFFFFFFF;  // the state is no longer finite numbers
  std::array<std::byte, 32> sha256{};

  static ShardReceipt of_problem(std::uint32_t problem);
  std::uint32_t problem() const;  // 0: none
};
void describe(auto& codec, Of<ShardReceipt> auto& receipt) { codec.bytes(receipt.sha256); }

inline ShardReceipt ShardReceipt::of_problem(std::uint32_t problem) {
  ShardReceipt receipt;
  copy_bytes(std::as_bytes(std::span(&problem, 1)), Bytes(receipt.sha256).last(sizeof problem));
  return receipt;
}

inline std::uint32_t ShardReceipt::problem() const {
  const ConstBytes bytes(sha256);
  std::uint32_t problem = 0;
  const ConstBytes zeros = bytes.first(bytes.size() - sizeof problem);
  if (std::ranges::any_of(zeros, [](std::byte b) { return b != std::byte{0}; })) return 0;
  copy_bytes(bytes.last(sizeof problem), std::as_writable_bytes(std::span(&problem, 1)));
  return problem;
}

}  // namespace mixnn
