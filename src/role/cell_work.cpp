#include "mixnn/role/cell_work.hpp"

#include "mixnn/onion/format.hpp"

namespace mixnn {
namespace {

// `position` counts from 1, as the onion's own positions do.
std::size_t relay_layers(std::size_t position, std::size_t hops) {
  return position == crossover(hops) ? 2 : 1;
}

}  // namespace

WorkSeconds CellWork::sealing(std::size_t layers, double cells) const {
  return work_of(WorkKind::kSealing,
                 cells * static_cast<double>(layers) * costs_.aead(static_cast<double>(sizes_.body_bytes())));
}

WorkSeconds CellWork::sending(bool owner, std::size_t cells) const {
  const auto n = static_cast<double>(cells);
  WorkSeconds work = sealing(sender_layers(hops_), n);
  at(work, WorkKind::kHeaders) = n * costs_.wrap;
  if (owner) at(work, WorkKind::kTickets) = n * static_cast<double>(hops_ + 1) * costs_.slot;
  return work;
}

WorkSeconds CellWork::taking(std::size_t position, std::size_t cells) const {
  const auto n = static_cast<double>(cells);
  const bool receiver = position == hops_;
  WorkSeconds work = sealing(receiver ? receiver_layers(hops_) : relay_layers(position + 1, hops_), n);
  at(work, WorkKind::kHeaders) = n * (receiver ? costs_.receive : costs_.relay);
  at(work, WorkKind::kHandOver) = n * costs_.hand_over(static_cast<double>(sizes_.cell_bytes));
  return work;
}

}  // namespace mixnn
