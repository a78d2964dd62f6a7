#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// The payload of kCheckpoint: where a host puts its stage's state, under which name, sealed for
// whom. Nothing in it tells of other stages; the number of chunks is the same for all.
struct ShardOrder {
  std::string folder;  // absolute
  std::array<std::byte, 16> name{};
  std::array<std::byte, 32> public_key{};
  std::uint32_t chunks = 0;
};
std::vector<std::byte> encode(const ShardOrder& order);
std::optional<ShardOrder> decode_shard_order(ConstBytes bytes);  // nothing where it is malformed

}  // namespace mixnn
