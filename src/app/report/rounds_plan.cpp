#include "mixnn/app/report/rounds_plan.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/public_size.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/rounds/virtual_place.hpp"
#include "mixnn/session/route_figures.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLeastAdvisedRanks = 8, kSpareRanks = 3;

std::string bits_text(double bits) { return text(bits < 0.1 ? "%.1g bits" : "%.2g bits", bits); }

std::string probability_text(double probability) {
  return probability == 0 ? "never" : text("with probability %.2g", probability);
}

double host_bits_of_run(const AppOptions& options, std::size_t ranks) {
  return host_bits_of_draw(ranks, options.session.hops) *
         static_cast<double>(draws_of_run(options.session.redraw, options.training.epochs));
}

std::string row(const std::string& who, const std::string& what) {
  return text("  %-44s %s\n", who.c_str(), what.c_str());
}

// Of its position among the hosts, by its place among the virtual ones.
double place_bits_of(std::size_t ranks, std::size_t stages) {
  return place_bits(stages, place_law(stages, ranks - 1 - stages));
}

std::string learnt_in_rounds(const AppOptions& options, std::size_t ranks, std::size_t stages) {
  const std::size_t hops = options.session.hops;
  const auto path = [&](std::size_t relays) {
    return probability_text(whole_path_probability(ranks, hops, relays));
  };
  return row("links, and relays that are no end of it", "nothing") +
         row("a host, of its own position",
             bits_text(place_bits_of(ranks, stages)) +
                 text(" of %.2f", std::log2(static_cast<double>(stages)))) +
         row("a host, of its next or previous one",
             bits_text(host_bits_of_draw(ranks, hops)) + " a draw") +
         (hops == 3 ? row("a host, if its first relay helps it",
                          bits_text(relay_bits_of_draw(ranks, hops)) + " a draw")
                    : "") +
         row("an end and a relay that hold a whole path", path(1)) +
         row("an end and two relays", path(2)) +
         row("draws",
             options.session.redraw == Redraw::kRun ? "one for the run" : "one for each key epoch");
}

std::string learnt_in_onions(std::size_t ranks) {
  const auto held = [&](std::size_t relays) {
    return probability_text(onion_crossover_probability(ranks, relays)) + " a message";
  };
  return row("any relay, from times", "the order of the stages") +
         row("an end and a relay that hold a crossover", held(1)) +
         row("an end and two relays", held(2));
}

}  // namespace

std::string time_text(double seconds) {
  return seconds < 1 ? text("%.2f ms", seconds * 1e3) : text("%.2f s", seconds);
}

std::string routes_text(const AppOptions& options, std::size_t ranks) {
  const std::string of_draw = bits_text(host_bits_of_draw(ranks, options.session.hops));
  if (options.session.redraw == Redraw::kRun)
    return "drawn once, tell a host about " + of_draw + " of each neighbour";
  return "drawn for each key epoch, tell a host about " + of_draw + " of each neighbour, " +
         bits_text(host_bits_of_run(options, ranks)) + " in all";
}

std::string rounds_table(const std::vector<Forecast>& forecasts, std::size_t chosen) {
  std::string out =
      "  micro-batches  exchanges       step  bubble  on the wire  slowdown      bound\n";
  for (const Forecast& f : forecasts)
    out += text("%c %13zu %10zu %10s %5.0f %% %9.2f MB %9.2f %10s\n",
                f.micro_batches == chosen ? '*' : ' ', f.micro_batches, f.exchanges,
                time_text(f.step_s).c_str(), 100 * f.bubble, f.bytes_on_wire / 1e6, f.slowdown,
                time_text(f.bound_s).c_str());
  return out;
}

std::size_t fastest_micro_batches(const std::vector<Forecast>& forecasts) {
  return std::ranges::min_element(forecasts, {}, &Forecast::step_s)->micro_batches;
}

std::size_t advised_ranks(std::size_t stages) {
  return public_size(std::max(stages + kSpareRanks, kLeastAdvisedRanks));
}

std::string learnt_text(const AppOptions& options, std::size_t ranks, std::size_t stages) {
  std::string out = "  what others learn of the plan, from traffic\n";
  out += options.session.in_rounds() ? learnt_in_rounds(options, ranks, stages)
                                     : learnt_in_onions(ranks);
  return out;
}

Json learnt_json(const AppOptions& options, std::size_t ranks, std::size_t stages) {
  Json json;
  if (!options.session.in_rounds()) {
    json["crossover_by_relays"] = {onion_crossover_probability(ranks, 1),
                                   onion_crossover_probability(ranks, 2)};
    return json;
  }
  const std::size_t hops = options.session.hops;
  json["host_bits_of_position"] = place_bits_of(ranks, stages);
  json["host_bits_per_draw"] = host_bits_of_draw(ranks, hops);
  json["host_and_relay_bits_per_draw"] = relay_bits_of_draw(ranks, hops);
  json["whole_path_by_relays"] = {whole_path_probability(ranks, hops, 1),
                                  whole_path_probability(ranks, hops, 2)};
  return json;
}

}  // namespace mixnn
