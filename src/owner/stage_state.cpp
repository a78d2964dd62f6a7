#include "mixnn/owner/stage_state.hpp"

#include <algorithm>
#include <string>

#include "mixnn/layers/model_json.hpp"
#include "mixnn/wire/specification_part.hpp"

namespace mixnn {

void StageState::ask(const HostTraffic& traffic, Payload payload, Answered answered) {
  request_all(
      link_, hosts_, traffic,
      [&](const MessageInfo& info) {
        return Question{hosts_[traffic.host()], payload(info)};
      },
      answered);
}

std::span<const float> StageState::part_of(std::span<const float> all, std::uint32_t part) const {
  const std::size_t from = part * part_floats();
  return all.subspan(from, std::min(part_floats(), all.size() - from));
}

void StageState::send_specification(std::size_t stage, const StageSpec& spec) {
  const std::string text = stage_spec_to_json(spec);
  const std::size_t text_bytes = link_.message_capacity() - encoded_size(SpecificationPart{});
  const auto count = static_cast<std::uint32_t>((text.size() + text_bytes - 1) / text_bytes);
  HostTraffic traffic(hosts_.size(), stage);
  for (std::uint32_t i = 0; i < count; ++i)
    traffic.add({{MessageKind::kSpecification, updates_, 0, i}, count, 0, 0}, 0);
  std::vector<std::byte> payload;
  ask(
      traffic,
      [&](const MessageInfo& info) -> ConstBytes {
        payload = encode(SpecificationPart{static_cast<std::uint32_t>(part_floats()),
                                           text.substr(info.label.part * text_bytes, text_bytes)});
        return payload;
      },
      [](Message&) {});
}

void StageState::send(std::size_t stage, std::span<const float> state) {
  HostTraffic traffic(hosts_.size(), stage);
  for (std::uint32_t i = 0; i < parts(state.size()); ++i) {
    const auto rows = static_cast<std::uint32_t>(part_of(state, i).size());
    traffic.add({{MessageKind::kParameters, updates_, 0, i}, 0, rows, 0}, 0);
  }
  ask(
      traffic,
      [&](const MessageInfo& info) { return std::as_bytes(part_of(state, info.label.part)); },
      [](Message&) {});
}

std::vector<float> StageState::gather(std::size_t stage, std::size_t count) {
  std::vector<float> values(count);
  HostTraffic traffic(hosts_.size(), stage);
  for (std::uint32_t i = 0; i < parts(values.size()); ++i)
    traffic.add({{MessageKind::kGather, updates_, 0, i}, 0, 0, 0}, part_of(values, i).size_bytes());
  ask(
      traffic, [](const MessageInfo&) { return ConstBytes{}; },
      [&](Message& message) {
        const std::size_t from = message.info.label.part * part_floats();
        const std::span<float> target =
            std::span(values).subspan(from, part_of(values, message.info.label.part).size());
        copy_bytes(message.payload.as<std::byte>(target.size_bytes()),
                   std::as_writable_bytes(target));
      });
  return values;
}

}  // namespace mixnn
