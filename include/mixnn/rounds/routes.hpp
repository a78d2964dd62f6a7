#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/rounds/latin_square.hpp"
#include "mixnn/rounds/table.hpp"

namespace mixnn {

// The relays of every circuit (x, y), x != y, of one draw: the owner's secret. In each round every
// link carries the slot of exactly one circuit. The crossover b is none of the two ends and no
// other relay of its circuit; the first relay is not x, and the last is not y.
class Routes {
 public:
  std::uint32_t ranks() const { return ranks_; }
  std::size_t hops() const { return hops_; }
  std::size_t crossover() const { return crossover_hop(hops_); }  // its hop

  std::uint32_t hop(std::uint32_t x, std::uint32_t y, std::size_t i) const {  // i < hops()
    return relays_[(std::size_t{x} * ranks_ + y) * hops_ + i];
  }
  std::uint32_t first(std::uint32_t x, std::uint32_t y) const { return hop(x, y, 0); }
  std::uint32_t last(std::uint32_t x, std::uint32_t y) const { return hop(x, y, hops_ - 1); }
  // With both ends: x in place 0, hop i in place i + 1, y behind the last.
  std::uint32_t at(std::uint32_t x, std::uint32_t y, std::size_t place) const {
    return place == 0 ? x : place > hops_ ? y : hop(x, y, place - 1);
  }

 private:
  friend Routes draw_routes(std::uint32_t ranks, std::size_t hops, Csprng& rng);
  Routes(std::uint32_t ranks, std::size_t hops)
      : ranks_(ranks), hops_(hops), relays_(std::size_t{ranks} * ranks * hops) {}
  void set_hop(std::uint32_t x, std::uint32_t y, std::size_t i, std::uint32_t rank) {
    relays_[(std::size_t{x} * ranks_ + y) * hops_ + i] = static_cast<std::uint8_t>(rank);
  }

  std::uint32_t ranks_;
  std::size_t hops_;
  std::vector<std::uint8_t> relays_;  // by x, y, hop
};

// Of random idempotent Latin squares B, F, G: crossover b = B(x, y), first relay F(x, b) if there
// are three hops, last relay G(b, y) if there are two or three. F and G are drawn beside B so that
// neither x's first link nor y's last says anything of the other end, from six ranks on
// (docs/rounds.md, "Routes"). Nobody's plan goes in.
Routes draw_routes(std::uint32_t ranks, std::size_t hops, Csprng& rng);

}  // namespace mixnn
