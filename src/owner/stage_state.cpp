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

StageState::StageState(OwnerLink& link, const std::vector<std::uint32_t>& places,
                       const StageSizes& sizes, std::uint32_t updates)
    : link_(link),
      places_(places),
      sizes_(sizes),
      updates_(updates),
      place_of_rank_(places.size() + 1) {
  for (std::size_t place = 0; place < places.size(); ++place) place_of_rank_[places[place]] = place;
}

std::vector<StageState::Asked> StageState::one_by_one(Places order, std::uint32_t parts) {
  std::vector<Asked> all;
  for (const std::size_t place : order)
    for (std::uint32_t part = 0; part < parts; ++part) all.push_back({place, part});
  return all;
}

std::vector<StageState::Asked> StageState::in_turn(Places order, std::uint32_t parts) {
  std::vector<Asked> all;
  for (std::uint32_t part = 0; part < parts; ++part)
    for (const std::size_t place : order) all.push_back({place, part});
  return all;
}

// As many at once as a key epoch suffices for.
void StageState::ask(const std::vector<Asked>& all, Describe describe, Payload payload,
                     Answers answered) {
  const std::size_t at_once = link_.requests_of_an_epoch(PlaceTraffic::kMessages);
  for (std::size_t first = 0; first < all.size(); first += at_once) {
    PlaceTraffic traffic(places_.size());
    for (std::size_t i = first; i < std::min(all.size(), first + at_once); ++i) {
      const auto [place, number] = all[i];
      const Part part = describe(place, number);
      traffic.add(place, {{part.kind, updates_, places_[place], number}, part.count, part.rows, 0},
                  part.answer_bytes);
    }
    request_all(
        link_, places_, traffic,
        [&](const MessageInfo& info) {
          const std::uint32_t rank = info.label.micro_batch;
          return Question{rank, payload(place_of_rank_[rank], info.label.part)};
        },
        [&](Message& message) {
          const Label& label = message.info.label;
          answered(place_of_rank_[label.micro_batch], label.part, message);
        });
  }
}

// Blanks behind the text change nothing in it; nothing but blanks is a decoy's.
void StageState::send_specifications(Places order,
                                     FunctionRef<const StageSpec*(std::size_t place)> of) {
  std::vector<std::string> texts(places_.size());
  for (const std::size_t place : order) {
    if (const StageSpec* spec = of(place)) texts[place] = stage_spec_to_json(*spec);
    MIXNN_CHECK(texts[place].size() <= sizes_.specification,
                "a specification larger than the largest");
    texts[place].resize(sizes_.specification, ' ');
  }
  const std::size_t text_bytes = link_.message_capacity() - encoded_size(SpecificationPart{});
  const auto count =
      static_cast<std::uint32_t>((sizes_.specification + text_bytes - 1) / text_bytes);
  std::vector<std::byte> payload;
  ask(
      one_by_one(order, count),
      [&](std::size_t, std::uint32_t) {
        return Part{.kind = MessageKind::kSpecification, .count = count};
      },
      [&](std::size_t place, std::uint32_t part) -> ConstBytes {
        payload = encode(SpecificationPart{static_cast<std::uint32_t>(part_floats()),
                                           texts[place].substr(part * text_bytes, text_bytes)});
        return payload;
      },
      [](std::size_t, std::uint32_t, Message&) {});
}

void StageState::send(Places order, std::size_t all,
                      FunctionRef<std::span<const float>(std::size_t place)> of) {
  const auto state_of = [&](std::size_t place) {
    const std::span<const float> state = of(place);
    return state.first(std::min(state.size(), all));
  };
  std::vector<float> payload;  // as long in every part, zeros behind the state
  ask(
      in_turn(order, parts(all)),
      [&](std::size_t place, std::uint32_t part) {
        return Part{.kind = MessageKind::kParameters,
                    .rows = static_cast<std::uint32_t>(part_of(state_of(place), part).size())};
      },
      [&](std::size_t place, std::uint32_t part) {
        payload.assign(std::min(part_floats(), all - part * part_floats()), 0.0f);
        std::ranges::copy(part_of(state_of(place), part), payload.begin());
        return std::as_bytes(std::span(payload));
      },
      [](std::size_t, std::uint32_t, Message&) {});
}

std::vector<std::vector<float>> StageState::gather(
    Places order, FunctionRef<std::size_t(std::size_t place)> count) {
  std::vector<std::vector<float>> values(places_.size());
  for (const std::size_t place : order) values[place].resize(count(place));
  ask(
      in_turn(order, parts(sizes_.parameters)),
      [&](std::size_t, std::uint32_t part) {
        const std::size_t floats =
            std::min(part_floats(), sizes_.parameters - part * part_floats());
        return Part{.kind = MessageKind::kGather, .answer_bytes = floats * sizeof(float)};
      },
      [](std::size_t, std::uint32_t) { return ConstBytes{}; },
      [&](std::size_t place, std::uint32_t part, Message& message) {
        const std::span<float> target = part_of(std::span(values[place]), part);
        copy_bytes(message.payload.as<std::byte>(target.size_bytes()),
                   std::as_writable_bytes(target));
      });
  return values;
}

}  // namespace mixnn
