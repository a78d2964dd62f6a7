#pragma once
#include <array>
#include <cstdint>
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

// The answer, once the shard is written: the SHA-256 of its file.
struct ShardReceipt {
  std::array<std::byte, 32> sha256{};
};
void describe(auto& codec, Of<ShardReceipt> auto& receipt) { codec.bytes(receipt.sha256); }

}  // namespace mixnn
