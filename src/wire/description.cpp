#include "mixnn/wire/description.hpp"

namespace mixnn {

bool is_control(MessageKind kind) { return kind >= MessageKind::kEpoch; }

std::string to_string(MessageKind kind) {
  switch (kind) {
    case MessageKind::kSpecification:
      return "specification";
    case MessageKind::kParameters:
      return "parameters";
    case MessageKind::kTicketBook:
      return "ticket book";
    case MessageKind::kForward:
      return "forward";
    case MessageKind::kBackward:
      return "backward";
    case MessageKind::kTest:
      return "test";
    case MessageKind::kGather:
      return "gathering";
    case MessageKind::kCheckpoint:
      return "checkpoint";
    case MessageKind::kEpoch:
      return "epoch";
    case MessageKind::kPause:
      return "pause";
    case MessageKind::kResume:
      return "resume";
    case MessageKind::kStop:
      return "stop";
    case MessageKind::kReport:
      return "report";
    case MessageKind::kTrace:
      return "trace";
    case MessageKind::kTracePart:
      return "trace part";
  }
  return "unknown";
}

Work work_of(const Label& label) {
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

EncodedInfo encode(const MessageInfo& info) {
  std::vector<std::byte> out;
  out.reserve(32);
  ByteWriter writer(out);
  writer.put(info.label.kind);
  writer.put(info.label.step);
  writer.put(info.label.micro_batch);
  writer.put(info.label.part);
  writer.put(info.micro_batches);
  writer.put(info.rows);
  writer.put(info.learning_rate);
  writer.put(info.first_row);
  EncodedInfo encoded{};
  copy_bytes(out, encoded);
  return encoded;
}

std::optional<MessageInfo> decode(std::span<const std::byte, 32> bytes) {
  ByteReader reader(bytes);
  MessageInfo info;
  info.label.kind = reader.get<MessageKind>();
  info.label.step = reader.get<std::uint32_t>();
  info.label.micro_batch = reader.get<std::uint32_t>();
  info.label.part = reader.get<std::uint32_t>();
  info.micro_batches = reader.get<std::uint32_t>();
  info.rows = reader.get<std::uint32_t>();
  info.learning_rate = reader.get<float>();
  info.first_row = reader.get<std::uint32_t>();
  if (to_string(info.label.kind) == "unknown") return std::nullopt;
  return info;
}

}  // namespace mixnn
