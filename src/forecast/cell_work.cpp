#include "mixnn/forecast/cell_work.hpp"

namespace mixnn {

WorkSeconds CellWork::sealing(const Passes& passes, double cells) const {
  return seconds_of_kind(
      WorkKind::kSealing,
      cells * costs_.in_seals(passes) * costs_.aead(static_cast<double>(sizes_.body_bytes())));
}

WorkSeconds CellWork::sending(bool owner, std::size_t cells) const {
  const auto n = static_cast<double>(cells);
  WorkSeconds work = sealing(sender_passes(hops_), n);
  at(work, WorkKind::kHeaders) = n * costs_.wrap;
  if (owner) at(work, WorkKind::kTickets) = n * static_cast<double>(hops_ + 1) * costs_.slot;
  return work;
}

WorkSeconds CellWork::taking(std::size_t position, std::size_t cells) const {
  const auto n = static_cast<double>(cells);
  const bool receiver = position == hops_;
  WorkSeconds work =
      sealing(receiver ? receiver_passes(hops_) : relay_passes(relay_role(position + 1, hops_)), n);
  at(work, WorkKind::kHeaders) = n * (receiver ? costs_.receive : costs_.relay);
  at(work, WorkKind::kHandOver) = n * costs_.hand_over(static_cast<double>(sizes_.cell_bytes));
  return work;
}

}  // namespace mixnn
