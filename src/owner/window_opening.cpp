#include "mixnn/owner/window_opening.hpp"

#include <algorithm>

#include "mixnn/wire/commitment.hpp"

namespace mixnn {
namespace {

std::size_t state_parts(const OwnerLink& link, const OpeningSizes& sizes) {
  const std::size_t floats = link.message_capacity() / sizeof(float);
  return (sizes.state + floats - 1) / floats;
}

std::vector<Label> labels_of(const OwnerLink& link, const OpeningSizes& sizes,
                             std::uint32_t updates) {
  std::vector<Label> labels;
  const auto add = [&](Opened what, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      labels.push_back({MessageKind::kOpening, updates, static_cast<std::uint32_t>(what),
                        static_cast<std::uint32_t>(i)});
  };
  add(Opened::kState, state_parts(link, sizes));
  add(Opened::kInput, sizes.micro_batches);
  add(Opened::kGradient, sizes.micro_batches);
  return labels;
}

void take(const Label& label, ConstBytes bytes, WindowOpening& opening) {
  if (label.micro_batch == static_cast<std::uint32_t>(Opened::kState)) {
    const std::size_t floats = bytes.size() / sizeof(float);
    const std::span<float> target = std::span(opening.state).subspan(label.part * floats);
    const std::span<float> part = target.first(std::min(floats, target.size()));
    copy_bytes(bytes.first(part.size_bytes()), std::as_writable_bytes(part));
    return;
  }
  const bool input = label.micro_batch == static_cast<std::uint32_t>(Opened::kInput);
  (input ? opening.inputs : opening.gradients)[label.part].assign(bytes.begin(), bytes.end());
}

}  // namespace

std::uint64_t messages_of_opening(const OwnerLink& link, const OpeningSizes& sizes) {
  return 2 * (state_parts(link, sizes) + 2 * sizes.micro_batches);
}

WindowOpening open_window(OwnerLink& link, std::uint32_t rank, const OpeningSizes& sizes,
                          std::uint32_t updates) {
  link.make_room(messages_of_opening(link, sizes));
  const std::vector<Label> labels = labels_of(link, sizes, updates);
  const std::size_t at_once = std::max<std::size_t>(1, link.in_flight() / 2);
  WindowOpening opening;
  opening.state.resize(sizes.state);
  opening.inputs.resize(sizes.micro_batches);
  opening.gradients.resize(sizes.micro_batches);
  for (std::size_t next = 0; next < labels.size() || !link.idle();) {
    if (next < labels.size() && link.credits() >= std::min(at_once, labels.size() - next)) {
      next += link.expect(rank, std::span(labels).subspan(next));
      continue;
    }
    Message message = link.wait();
    take(message.info.label, message.payload.bytes().first(link.message_capacity() / 4 * 4),
         opening);
    link.recycle(std::move(message.payload));
  }
  return opening;
}

}  // namespace mixnn
