#pragma once
#include <array>
#include <string>

#include "fuzz/target.hpp"
#include "mixnn/wire/description.hpp"
#include "mixnn/wire/shard_order.hpp"

// Messages as choices.
namespace mixnn::fuzzing {

inline constexpr auto kKinds =
    with_all_kinds([](auto... kinds) { return std::array{kinds.kKind...}; });

// Mostly small.
inline std::uint32_t count_of(Choices& choices) {
  const auto small = choices.number<std::uint8_t>();
  return small < 250 ? small : choices.number<std::uint32_t>();
}

inline Label label_of(Choices& choices) {
  Label label;
  label.kind = kKinds[choices.below(kKinds.size())];
  label.step = count_of(choices);
  label.micro_batch = count_of(choices);
  label.part = count_of(choices);
  return label;
}

inline MessageInfo info_of(Choices& choices) {
  MessageInfo info;
  info.label = label_of(choices);
  info.micro_batches = count_of(choices);
  info.rows = count_of(choices);
  info.first_row = count_of(choices);
  if (choices.below(2) == 1) info.learning_rate = choices.number<float>();
  return info;
}

// A seed's, for numbers below 250.
inline Chosen& put(Chosen& chosen, const Label& label) {
  int kind = 0;
  while (kKinds[static_cast<std::size_t>(kind)] != label.kind) ++kind;
  return chosen.bytes({kind, static_cast<int>(label.step), static_cast<int>(label.micro_batch),
                       static_cast<int>(label.part)});
}
inline Chosen& put(Chosen& chosen, const MessageInfo& info) {
  return put(chosen, info.label)
      .bytes({static_cast<int>(info.micro_batches), static_cast<int>(info.rows),
              static_cast<int>(info.first_row), 0});
}

// A fuzzer writes no files: if `payload` orders one, it is ordered where none can be.
inline Input harmless(MessageKind kind, Input payload) {
  if (kind != MessageKind::kCheckpoint) return payload;
  std::optional<ShardOrder> order = decode<ShardOrder>(payload);
  if (!order) return payload;
  order->folder = "/dev/null/none";
  Input instead = encode(*order);
  instead.resize(std::max(instead.size(), payload.size()));
  return instead;
}

}  // namespace mixnn::fuzzing
