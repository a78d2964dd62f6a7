#include "mixnn/rounds/routes.hpp"

namespace mixnn {
namespace {

// Of fewer ranks there are so few squares that a host's tables tell it most of them anyhow, and
// squares that depend on each other would tell more.
constexpr std::uint32_t kLeastBeside = 6;

// A square of relays beside the crossovers. Of the n - 2 ranks that such a relay may be one is the
// far end of its circuit, and over all crossovers that one would be the relay more often than any
// other: an end's own link would say something. So for each circuit whose relay is its far end all
// is drawn anew with a probability of 1 / n. Then it is, up to a hundredth or two, as often as each
// of the others. (Larger n: the number of such circuits is nearly Poisson's with mean n + 1, and
// this makes that n.)
template <class CountFarEnds>
LatinSquare draw_beside(std::uint32_t ranks, Csprng& rng, const CountFarEnds& far_ends) {
  for (;;) {
    const LatinSquare square = draw_idempotent_square(ranks, rng);
    bool keep = true;
    const std::uint32_t count = ranks < kLeastBeside ? 0 : far_ends(square);
    for (std::uint32_t i = 0; keep && i < count; ++i) keep = rng.below(ranks) > 0;
    if (keep) return square;
  }
}

std::uint32_t count_circuits(std::uint32_t ranks, const auto& of) {
  std::uint32_t count = 0;
  for (std::uint32_t x = 0; x < ranks; ++x)
    for (std::uint32_t y = 0; y < ranks; ++y) count += x != y && of(x, y);
  return count;
}

}  // namespace

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
    const LatinSquare first_of = draw_beside(ranks, rng, [&](const LatinSquare& square) {
      return count_circuits(ranks, [&](auto x, auto y) { return square(x, b_of(x, y)) == y; });
    });
    set_hops(0, [&](std::uint32_t x, std::uint32_t y) { return first_of(x, b_of(x, y)); });
  }
  if (hops >= 2) {
    const LatinSquare last_of = draw_beside(ranks, rng, [&](const LatinSquare& square) {
      return count_circuits(ranks, [&](auto x, auto y) { return square(b_of(x, y), y) == x; });
    });
    set_hops(hops - 1, [&](std::uint32_t x, std::uint32_t y) { return last_of(b_of(x, y), y); });
  }
  return routes;
}

}  // namespace mixnn
