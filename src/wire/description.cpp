#include "mixnn/wire/description.hpp"

namespace mixnn {

Work activity_work(const Label& label) {
  return {static_cast<std::uint8_t>(label.kind), label.step, label.micro_batch};
}

std::string to_string(const Label& label) {
  const std::string kind = to_string(label.kind);
  switch (label.kind) {
    case MessageKind::kForward:
    case MessageKind::kBackward:
      return kind + " of step " + std::to_string(label.step) + ", micro-batch " +
             std::to_string(label.micro_batch);
    case MessageKind::kTest:
      return kind + " chunk " + std::to_string(label.micro_batch);
    case MessageKind::kCheckpoint:  // its part is a random number
      return kind;
    default:
      return kind + " part " + std::to_string(label.part);
  }
}

EncodedInfo encode_info(const MessageInfo& info) {
  return encode_padded<std::tuple_size_v<EncodedInfo>>(info);
}

}  // namespace mixnn
