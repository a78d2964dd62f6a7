#include "mixnn/session/relay.hpp"

namespace mixnn {

void Relay::hold(std::uint32_t next, CellBuffer cell) {
  pool_.add({next, std::move(cell)}, clock_.now());
}

std::size_t Relay::release(Transport& transport, Csprng& rng) {
  if (pool_.size() == 0) return 0;
  std::visit([&](const auto& mix) { pool_.release(mix, clock_.now(), rng, released_); }, strategy_);
  const std::size_t count = released_.size();
  for (MixedCell& cell : released_)
    transport.send(static_cast<int>(cell.next), std::move(cell.cell));
  released_.clear();
  return count;
}

}  // namespace mixnn
