#include "mixnn/wire/shard_order.hpp"

namespace mixnn {

std::vector<std::byte> encode(const ShardOrder& order) {
  std::vector<std::byte> out;
  ByteWriter writer(out);
  writer.put_string(order.folder);
  writer.put_bytes(order.name);
  writer.put_bytes(order.public_key);
  writer.put(order.chunks);
  return out;
}

std::optional<ShardOrder> decode_shard_order(ConstBytes bytes) {
  ByteReader reader(bytes);
  ShardOrder order;
  order.folder = reader.get_string();
  copy_bytes(reader.get_bytes(order.name.size()), order.name);
  copy_bytes(reader.get_bytes(order.public_key.size()), order.public_key);
  order.chunks = reader.get<std::uint32_t>();
  const bool plain = order.folder.starts_with('/') && order.folder.find('\0') == std::string::npos;
  if (!reader.ok() || !plain || order.chunks == 0) return std::nullopt;
  return order;
}

}  // namespace mixnn
