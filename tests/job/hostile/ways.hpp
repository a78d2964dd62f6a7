#pragma once
#include <string>
#include <vector>

#include "job/hostile/host_ways.hpp"
#include "job/hostile/outcome.hpp"
#include "job/hostile/relay_ways.hpp"

// All ways in which a rank is hostile, and what may come of each.
namespace mixnn::testing {

inline constexpr double kNoTimeout = 20, kShortTimeout = 0.2;  // seconds

struct HostileWay {
  std::string name;
  // Of this rank, with a number that says when it does it, and another rank that it is about.
  std::function<Misdeed(int number, int victim)> misdeed;
  std::vector<Outcome> may;
  double timeout_s = kNoTimeout;
};

inline std::vector<HostileWay> relay_ways() {
  using enum Outcome;
  const auto held =
      std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(20 * kShortTimeout));
  return {
      {"AltersASlot", [](int n, int) { return flips(n, 0, kSlotBytes); }, {kNamed}, kShortTimeout},
      {"AltersTheRestOfAHeader",
       [](int n, int) { return flips(n, kSlotBytes, kHopBytes); },
       {kNamed, kUndisturbed}},  // of the last hop's it is filler
      {"AltersATag",
       [](int n, int) { return flips(n, kBodyOffset - kAeadTagBytes, kAeadTagBytes); },
       {kNamed}},
      {"AltersABody", [](int n, int) { return flips(n, kBodyOffset, kMinBodyBytes); }, {kNamed}},
      {"SwapsBodies", [](int n, int) { return swaps_bodies(n); }, {kNamed}},
      {"MarksFiller", [](int, int) { return marks_filler(); }, {kUndisturbed}},
      {"Reorders", [](int, int) { return holds(1, 3); }, {kUndisturbed}},
      {"DelaysForLessThanTheTimeout", [](int, int) { return holds(5, 40); }, {kUndisturbed}},
      {"DelaysForMoreThanTheTimeout",
       [=](int n, int) { return holds_for(n, held); },
       {kUnnamed, kNamed},
       kShortTimeout},
      {"Drops", [](int n, int) { return drops(n); }, {kNamed, kUnnamed}, kShortTimeout},
      {"DropsAll", [](int n, int) { return drops_all_from(n); }, {kUnnamed, kNamed}, kShortTimeout},
      {"Withholds", [](int n, int) { return withholds(n); }, {kUnnamed, kNamed}, kShortTimeout},
      {"Truncates", [](int n, int) { return truncates(n); }, {kNamed}, kShortTimeout},
      {"Misroutes", [](int n, int) { return misroutes(n); }, {kNamed}, kShortTimeout},
      {"Duplicates", [](int, int) { return duplicates(); }, {kCounted}},
      {"RepeatsWithAnotherBody", [](int, int) { return repeats_with_another_body(); }, {kCounted}},
      {"ReplaysWithinAnEpoch", [](int n, int) { return replays(10, n / 4 + 10); }, {kCounted}},
      {"ReplaysOverEpochs", [](int n, int) { return replays(10, 220 + n / 10); }, {kCounted}},
      {"Forges", [](int, int) { return forges(); }, {kCounted}},
      {"FloodsWithCells", [](int, int v) { return floods_cells(v, 20, 5000); }, {kCounted}},
      {"FloodsForEver",
       [](int, int v) { return floods_cells(v, 100, 1 << 30); },
       {kNamed, kUnnamed, kCounted},
       kShortTimeout},
      {"FloodsWithDatagrams",
       [](int n, int) { return floods_datagrams(5, 100 + 10 * n); },
       {kCounted}},
      {"DisturbsHandshakesOfOthers", [](int, int) { return disturbs_handshakes(); }, {kCounted}},
      {"SaysNonsenseAtTheHandshake",
       [](int, int) { return says_nonsense_at_the_handshake(); },
       {kNamed}},
  };
}

// Of all that lies about tensors, spot checks must see what is marked kOtherBits here.
inline std::vector<HostileWay> host_ways() {
  using enum Outcome;
  return {
      {"ScalesGradients",
       [](int, int) {
         return lies_in(MessageKind::kBackward, 0, [](float x) { return -0.3f * x; });
       },
       {kOtherBits}},
      {"ScalesActivationsOnce",
       [](int, int) { return lies_in(MessageKind::kForward, 1, [](float x) { return 2 * x; }); },
       {kOtherBits}},
      {"GivesOtherParametersBack",
       [](int, int) { return lies_in(MessageKind::kGather, 0, [](float x) { return x + 1; }); },
       {kOtherBits}},
      {"AnswersNaN",
       [](int, int) { return answers_nan(MessageKind::kForward, 0); },
       {kUnnamed, kOtherBits}},
      {"AnswersNaNGradients",
       [](int, int) { return answers_nan(MessageKind::kBackward, 0); },
       {kUnnamed}},
      {"SwapsTickets",
       [](int, int) { return swaps_tickets(); },
       {kOtherBits, kUnnamed, kNamed},
       kShortTimeout},
      {"HoardsTickets", [](int, int) { return hoards(); }, {kNamed}, kShortTimeout},
      {"AnswersForwardsEarly",
       [](int, int) { return answers_early(MessageKind::kForward); },
       {kOtherBits, kNamed, kUnnamed, kCounted},
       kShortTimeout},
      {"AnswersBackwardsEarly",
       [](int, int) { return answers_early(MessageKind::kBackward); },
       {kOtherBits, kNamed, kUnnamed, kCounted},
       kShortTimeout},
      {"MakesAWrongInnerSeal", [](int, int) { return makes_a_wrong_inner_seal(); }, {kNamed}},
      {"MakesAWrongSealForTheCrossover",
       [](int, int) { return makes_a_wrong_seal_for_the_crossover(); },
       {kNamed}},
      {"ExchangesCellsOfAMessage",
       [](int, int) { return exchanges_cells_of_a_message(); },
       {kNamed}},
      {"SendsToAnotherFirstHop",
       [](int, int) { return sends_to_another_first_hop(); },
       {kNamed},
       kShortTimeout},
      {"SettlesAtOnce", [](int, int) { return settles_at_once(); }, {kUndisturbed, kOthersCounted}},
      {"ReportsOtherCounts", [](int, int) { return reports_other_counts(); }, {kUndisturbed}},
      {"ReportsJunkOfAnother",
       [](int, int v) { return reports_junk_of(static_cast<std::uint32_t>(v)); },
       {kCounted}},
      {"ReportsALossByAnother",
       [](int n, int v) {
         return reports_a_loss_by(static_cast<std::uint32_t>(v), n % 3, RejectReason::kBody,
                                  SlotRole::kReceive);
       },
       {kNamed}},
      {"ReportsAHeaderThatOnlyTheOwnerWrites",
       [](int n, int v) {
         return reports_a_loss_by(static_cast<std::uint32_t>(v), n % 3, RejectReason::kUnwanted,
                                  SlotRole::kReceive);
       },
       {kNamed}},
      {"ReportsAnErrorOfAnother",
       [](int n, int v) { return reports_an_error_of(static_cast<std::uint32_t>(v), n % 3); },
       {kNamed}},
  };
}

}  // namespace mixnn::testing
