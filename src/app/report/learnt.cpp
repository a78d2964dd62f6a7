#include "mixnn/app/report/learnt.hpp"

#include <cmath>
#include <numbers>

#include "mixnn/base/text.hpp"
#include "mixnn/session/route_figures.hpp"

namespace mixnn {
namespace {

std::string probability_text(double probability) {
  return probability == 0 ? "never" : text("with probability %.2g a draw", probability);
}

std::string row(const std::string& who, const std::string& what) {
  return text("  %-44s %s\n", who.c_str(), what.c_str());
}

std::string learnt_in_rounds(const Routing& routing) {
  const std::size_t ranks = routing.ranks, hops = routing.hops;
  const auto path = [&](std::size_t relays) {
    return probability_text(whole_path_probability(ranks, hops, relays));
  };
  std::string out = row("links, and relays that are no end of it", "nothing") +
                    row("a host, of its own position",
                        bits_text(position_bits(routing.ranks, routing.stages)) +
                            text(" of %.2f", std::log2(static_cast<double>(routing.stages)))) +
                    row("a host, of its next or previous one",
                        bits_text(host_bits_of_draw(ranks, hops)) + " a draw");
  if (hops == 3)
    out += row("a host, if its first relay helps it",
               bits_text(relay_bits_of_draw(ranks, hops)) + " a draw");
  out += row("an end and a relay that hold a whole path", path(1)) +
         row("an end and two relays", path(2));
  if (routing.redraw)
    out += row("draws", *routing.redraw == Redraw::kRun     ? "one for the run"
                        : *routing.redraw == Redraw::kEpoch ? "one for each epoch"
                                                            : "one for each mini-batch");
  return out;
}

std::string learnt_in_onions(std::size_t ranks) {
  const auto held = [&](std::size_t relays) {
    return text("with probability %.2g a message", onion_crossover_probability(ranks, relays));
  };
  return row("any relay, from times", "the order of the stages") +
         row("an end and a relay that hold a crossover", held(1)) +
         row("an end and two relays", held(2));
}

// log2 n! / (n - chosen)!
double log2_orders(std::size_t n, std::size_t chosen) {
  return (std::lgamma(static_cast<double>(n) + 1) -
          std::lgamma(static_cast<double>(n - chosen) + 1)) /
         std::numbers::ln2;
}

std::string learnt_of_machines(const MachineMap& machines, std::size_t stages) {
  const std::size_t ranks = machines.of.size(), most = spread_of(machines, stages).most;
  std::string out =
      "  and from who shares a machine, with rank 0 alone and the others spread evenly\n" +
      row("anybody, of who hosts what", bits_text(bits_of_machines(machines, stages)) +
                                            text(" of %.3g", log2_orders(ranks - 1, stages)));
  if (most > 1)
    out += row("a machine", text("up to %zu stages, as it has them", most));
  else if (stages > 1)
    out += row("a host, of its next one",
               bits_text(next_host_bits(machines, stages)) +
                   text(" of %.2f", std::log2(static_cast<double>(ranks - 2))));
  return out;
}

}  // namespace

std::string bits_text(double bits) { return text(bits < 0.1 ? "%.1g bits" : "%.2g bits", bits); }

bool has_figures(const Routing& routing) {
  SessionOptions session;
  session.traffic = routing.in_rounds ? TrafficKind::kRounds : TrafficKind::kOnion;
  session.hops = routing.hops;
  if (routing.in_rounds && (routing.hops < 1 || routing.hops > 3)) return false;
  return routing.stages > 0 && routing.ranks >= ranks_needed(session, routing.stages);
}

std::string learnt_text(const Routing& routing) {
  return "  what others learn of the plan, from traffic\n" +
         (routing.in_rounds ? learnt_in_rounds(routing) : learnt_in_onions(routing.ranks)) +
         (routing.machines ? learnt_of_machines(*routing.machines, routing.stages) : "");
}

Json learnt_json(const Routing& routing) {
  const std::size_t ranks = routing.ranks, hops = routing.hops;
  Json json;
  if (routing.machines) {
    json["bits_of_machines"] = bits_of_machines(*routing.machines, routing.stages);
    json["stages_on_a_machine"] = spread_of(*routing.machines, routing.stages).most;
  }
  if (!routing.in_rounds) {
    json["crossover_by_relays"] = {onion_crossover_probability(ranks, 1),
                                   onion_crossover_probability(ranks, 2)};
    return json;
  }
  json["host_bits_of_position"] = position_bits(routing.ranks, routing.stages);
  json["host_bits_per_draw"] = host_bits_of_draw(ranks, hops);
  json["host_and_relay_bits_per_draw"] = relay_bits_of_draw(ranks, hops);
  json["whole_path_by_relays"] = {whole_path_probability(ranks, hops, 1),
                                  whole_path_probability(ranks, hops, 2)};
  return json;
}

}  // namespace mixnn
