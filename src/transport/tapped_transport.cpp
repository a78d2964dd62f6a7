#include "mixnn/transport/tapped_transport.hpp"

#include <utility>

namespace mixnn {

TappedTransport::TappedTransport(Transport& transport, Look took, Look sends)
    : transport_(transport), took_(std::move(took)), sends_(std::move(sends)) {}

std::optional<Arrival> TappedTransport::poll() {
  std::optional<Arrival> arrival = transport_.poll();
  if (!arrival) return arrival;
  if (free_.empty()) {
    free_.reserve(held_.size() + 1);  // give_back() throws nothing
    free_.push_back(held_.size());
    held_.emplace_back();
  }
  const std::size_t place = free_.back();
  free_.pop_back();
  Held& held = held_[place];
  held.cell = std::move(arrival->cell);
  held.number = ++taken_;
  took_({arrival->from, held.number, held.cell.bytes()});
  arrival->cell = CellBuffer(this, place, held.cell.bytes());
  return arrival;
}

void TappedTransport::send(int to, CellBuffer cell) {
  std::uint32_t number = 0;
  if (cell.home() == this) {
    const std::size_t place = cell.index();
    cell.forget();
    cell = std::move(held_[place].cell);
    number = held_[place].number;
    free_.push_back(place);
  }
  sends_({to, number, cell.bytes()});
  transport_.send(to, std::move(cell));
}

void TappedTransport::give_back(std::size_t place) noexcept {
  held_[place].cell = {};
  free_.push_back(place);
}

}  // namespace mixnn
