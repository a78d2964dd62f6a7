#include "mixnn/owner/stage_state.hpp"

#include <algorithm>
#include <string>

#include "mixnn/base/public_size.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/wire/specification_part.hpp"

namespace mixnn {

std::size_t public_parameters(std::size_t largest, std::size_t bytes) {
  if (bytes > 0) return (bytes + sizeof(float) - 1) / sizeof(float);
  return public_size(std::max<std::size_t>(largest, 1));
}

StageSizes StageSizes::of(const std::vector<StageSpec>& stages, std::size_t stage_bytes) {
  StageSizes sizes;
  for (const StageSpec& stage : stages) {
    sizes.specification = std::max(sizes.specification, stage_spec_to_json(stage).size());
    sizes.parameters = std::max(sizes.parameters, stage.parameter_count());
  }
  sizes.specification = public_size(sizes.specification);
  sizes.parameters = public_parameters(sizes.parameters, stage_bytes);
  return sizes;
}

void StageState::ask(const PlaceTraffic& traffic, Payload payload, Answered answered) {
  request_all(
      link_, places_, traffic,
      [&](const MessageInfo& info) {
        return Question{places_[traffic.place()], payload(info)};
      },
      answered);
}

// Blanks behind the text change nothing in it; nothing but blanks is a decoy's.
void StageState::send_specification(std::size_t place, const StageSpec* spec) {
  std::string text = spec == nullptr ? std::string() : stage_spec_to_json(*spec);
  MIXNN_CHECK(text.size() <= sizes_.specification, "a specification larger than the largest");
  text.resize(sizes_.specification, ' ');
  const std::size_t text_bytes = link_.message_capacity() - encoded_size(SpecificationPart{});
  const auto count = static_cast<std::uint32_t>((text.size() + text_bytes - 1) / text_bytes);
  PlaceTraffic traffic(places_.size(), place);
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

void StageState::send(std::size_t place, std::span<const float> state, std::size_t all) {
  state = state.first(std::min(state.size(), all));
  PlaceTraffic traffic(places_.size(), place);
  for (std::uint32_t i = 0; i < parts(all); ++i) {
    const auto rows = static_cast<std::uint32_t>(part_of(state, i).size());
    traffic.add({{MessageKind::kParameters, updates_, 0, i}, 0, rows, 0}, 0);
  }
  std::vector<float> payload;  // as long in every part, zeros behind the state
  ask(
      traffic,
      [&](const MessageInfo& info) {
        const std::span<const float> part = part_of(state, info.label.part);
        payload.assign(std::min(part_floats(), all - info.label.part * part_floats()), 0.0f);
        std::ranges::copy(part, payload.begin());
        return std::as_bytes(std::span(payload));
      },
      [](Message&) {});
}

std::vector<float> StageState::gather(std::size_t place, std::size_t count) {
  std::vector<float> values(count);
  PlaceTraffic traffic(places_.size(), place);
  for (std::uint32_t i = 0; i < parts(sizes_.parameters); ++i)
    traffic.add({{MessageKind::kGather, updates_, 0, i}, 0, 0, 0},
                std::min(part_floats(), sizes_.parameters - i * part_floats()) * sizeof(float));
  ask(
      traffic, [](const MessageInfo&) { return ConstBytes{}; },
      [&](Message& message) {
        const std::span<float> target = part_of(std::span(values), message.info.label.part);
        copy_bytes(message.payload.as<std::byte>(target.size_bytes()),
                   std::as_writable_bytes(target));
      });
  return values;
}

}  // namespace mixnn
