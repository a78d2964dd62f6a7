#include "mixnn/rounds/slot.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::size_t kNameBytes = 10;

std::optional<SlotName> read_any(ConstBytes clear) {
  ByteReader in(clear);
  SlotName name;
  name.exchange = in.get<std::uint64_t>();
  name.round = in.get<std::uint8_t>();
  name.draw = in.get<DrawNumber>();
  const ConstBytes zeros = in.get_bytes(kClearBytes - kNameBytes);
  const bool padded =
      std::all_of(zeros.begin(), zeros.end(), [](std::byte b) { return b == std::byte{0}; });
  if (!in.ok() || !padded) return std::nullopt;
  return name;
}

}  // namespace

void write_name(const SlotName& name, Bytes clear) {
  MIXNN_CHECK(clear.size() == kClearBytes, "size of a slot's name");
  std::memset(clear.data(), 0, clear.size());
  copy_bytes(bytes_of(std::span(&name.exchange, 1)), clear);
  clear[8] = std::byte{name.round};
  clear[9] = std::byte{static_cast<std::uint8_t>(name.draw)};
}

std::optional<SlotName> read_name(ConstBytes clear) {
  const std::optional<SlotName> name = read_any(clear);
  return name && name->draw <= DrawNumber::kTraining ? name : std::nullopt;
}

std::optional<SlotName> read_distress(ConstBytes clear) {
  const std::optional<SlotName> name = read_any(clear);
  return name && name->draw == DrawNumber::kDistress ? name : std::nullopt;
}

TextHead text_head(const MessageInfo* info) {
  TextHead head{};
  head[0] = std::byte{info != nullptr};
  copy_bytes(encode_info(info != nullptr ? *info : MessageInfo{}), Bytes(head).subspan(1));
  return head;
}

std::optional<MessageInfo> read_head(const TextHead& head) {
  if (head[0] != std::byte{1}) return std::nullopt;
  return decode<MessageInfo>(ConstBytes(head).subspan(1));
}

}  // namespace mixnn
