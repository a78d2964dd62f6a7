#include "mixnn/rounds/run_routes.hpp"

#include <utility>

namespace mixnn {

RunRoutes::RunRoutes(std::uint32_t ranks, std::size_t hops, bool fresh_in_each_epoch, Csprng& rng)
    : ranks_(ranks), hops_(hops), fresh_(fresh_in_each_epoch), rng_(rng), now_(draw()) {}

EpochRoutes RunRoutes::draw() const {
  return {draw_routes(ranks_, hops_, rng_), draw_routes(ranks_, hops_, rng_)};
}

const EpochRoutes& RunRoutes::next() {
  if (!fresh_) return now_;
  if (!next_) next_ = draw();
  return *next_;
}

void RunRoutes::next_begins() {
  if (next_) now_ = *std::exchange(next_, std::nullopt);
}

}  // namespace mixnn
