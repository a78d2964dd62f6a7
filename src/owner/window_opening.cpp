#include "mixnn/owner/window_opening.hpp"

#include <algorithm>

#include "mixnn/owner/traffic.hpp"
#include "mixnn/wire/commitment.hpp"

namespace mixnn {
namespace {

using What = OpeningOrder::What;

std::vector<OpeningOrder> orders_of(std::size_t state_parts, std::size_t micro_batches) {
  std::vector<OpeningOrder> orders;
  const auto add = [&](What what, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) orders.push_back({what, static_cast<std::uint32_t>(i)});
  };
  add(What::kState, state_parts);
  add(What::kInput, micro_batches);
  add(What::kGradient, micro_batches);
  return orders;
}

}  // namespace

WindowOpening open_window(OwnerLink& link, const std::vector<std::uint32_t>& places,
                          std::size_t place, const OpeningSizes& sizes, std::uint32_t updates) {
  const std::size_t part_floats = link.message_capacity() / sizeof(float);
  const std::vector<OpeningOrder> orders =
      orders_of((sizes.state + part_floats - 1) / part_floats, sizes.micro_batches);
  PlaceTraffic traffic(places.size(), place);
  for (std::uint32_t i = 0; i < orders.size(); ++i)
    traffic.add({{MessageKind::kOpening, updates, 0, i}, 0, 0, 0}, link.message_capacity());
  WindowOpening opening;
  opening.state.resize(sizes.state);
  opening.inputs.resize(sizes.micro_batches);
  opening.gradients.resize(sizes.micro_batches);
  std::vector<std::byte> order;
  request_all(
      link, places, traffic,
      [&](const MessageInfo& info) {
        order = encode(orders[info.label.part]);
        return Question{places[place], order};
      },
      [&](Message& message) {
        const OpeningOrder& opened = orders[message.info.label.part];
        const ConstBytes bytes = message.payload.bytes().first(link.message_capacity());
        if (opened.what == What::kState) {
          const std::span<float> target =
              std::span(opening.state).subspan(opened.index * part_floats);
          const std::span<float> part = target.first(std::min(part_floats, target.size()));
          copy_bytes(bytes.first(part.size_bytes()), std::as_writable_bytes(part));
        } else {
          auto& pieces = opened.what == What::kInput ? opening.inputs : opening.gradients;
          pieces[opened.index].assign(bytes.begin(), bytes.end());
        }
      });
  return opening;
}

}  // namespace mixnn
