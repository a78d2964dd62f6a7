#include "mixnn/rounds/routes.hpp"

namespace mixnn {

Routes draw_routes(std::uint32_t ranks, std::size_t hops, Csprng& rng) {
  MIXNN_CHECK(hops >= 1 && hops <= 3, "one to three hops");
  Routes routes(ranks, hops);
  const auto set_hops = [&](std::size_t i, const auto& relay) {
    for (std::uint32_t x = 0; x < ranks; ++x)
      for (std::uint32_t y = 0; y < ranks; ++y)
        if (x != y) routes.set_hop(x, y, i, relay(x, y));
  };
  const LatinSquare b_of = draw_idempotent_square(ranks, rng);
  set_hops(routes.crossover(), b_of);
  if (hops == 3) {
    const LatinSquare first_of = draw_idempotent_square(ranks, rng);
    set_hops(0, [&](std::uint32_t x, std::uint32_t y) { return first_of(x, b_of(x, y)); });
  }
  if (hops >= 2) {
    const LatinSquare last_of = draw_idempotent_square(ranks, rng);
    set_hops(hops - 1, [&](std::uint32_t x, std::uint32_t y) { return last_of(b_of(x, y), y); });
  }
  return routes;
}

}  // namespace mixnn
