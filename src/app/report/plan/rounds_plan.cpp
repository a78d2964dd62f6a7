#include "mixnn/app/report/plan/rounds_plan.hpp"

#include <algorithm>

#include "mixnn/app/report/learnt.hpp"
#include "mixnn/base/public_size.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/session/route_figures.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLeastAdvisedRanks = 8, kSpareRanks = 3;
constexpr std::size_t kBatchesCounted = 100;  // to say what many draws tell

}  // namespace

std::string time_text(double seconds) {
  return seconds < 1 ? text("%.2f ms", seconds * 1e3) : text("%.2f s", seconds);
}

std::string routes_text(const AppOptions& options, std::size_t ranks) {
  const auto bits = [&](std::size_t draws) {
    return bits_text(host_bits_of_draws(ranks, options.session.hops, draws));
  };
  const std::string told = ", tell a host about " + bits(1) + " of each neighbour";
  if (options.session.redraw == Redraw::kRun) return "drawn once" + told;
  if (options.session.redraw == Redraw::kBatch)
    return "drawn for each mini-batch" + told + ", " + bits(kBatchesCounted) + " in " +
           text("%zu of them", kBatchesCounted);
  return "drawn for each epoch" + told + ", " + bits(options.training.epochs + 1) + " in all";
}

std::string rounds_table(const std::vector<Forecast>& forecasts, std::size_t chosen) {
  std::string out =
      "  micro-batches  exchanges       step  bubble  on the wire  slowdown      bound\n";
  for (const Forecast& f : forecasts)
    out += text("%c %13zu %10zu %10s %5.0f %% %9.2f MB %9.2f %10s\n",
                f.micro_batches == chosen ? '*' : ' ', f.micro_batches, f.exchanges,
                time_text(f.step_s).c_str(), 100 * f.bubble, f.bytes_on_wire / 1e6, f.slowdown,
                time_text(f.bound_s()).c_str());
  return out;
}

std::size_t fastest_micro_batches(const std::vector<Forecast>& forecasts) {
  return std::ranges::min_element(forecasts, {}, &Forecast::step_s)->micro_batches;
}

std::size_t advised_ranks(std::size_t stages) {
  return public_size(std::max(stages + kSpareRanks, kLeastAdvisedRanks));
}

}  // namespace mixnn
