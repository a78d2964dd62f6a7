#pragma once
#include "mixnn/rounds/table.hpp"
#include "mixnn/wire/kinds.hpp"

namespace mixnn {

// The role of the circuits that messages of this kind go on; 0 for those that go by the lane.
constexpr std::uint8_t circuit_role_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::kForward:
    case MessageKind::kTest:
      return circuit_role::kForward;
    case MessageKind::kBackward:
      return circuit_role::kBackward;
    default:
      return is_control(kind) ? 0 : circuit_role::kOwner;
  }
}
constexpr DrawNumber draw_of(std::uint8_t role) {
  return role == circuit_role::kOwner ? DrawNumber::kBulk : DrawNumber::kTraining;
}
// Whether a message of this kind may come on a circuit with these roles.
constexpr bool belongs_to(MessageKind kind, std::uint8_t roles) {
  return (circuit_role_of(kind) & roles) != 0;
}

}  // namespace mixnn
