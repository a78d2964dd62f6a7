#include "mixnn/session/suspects.hpp"

#include "mixnn/onion/format.hpp"
#include "mixnn/onion/peel.hpp"

namespace mixnn {
namespace {

// Besides the rank that refused it and the one that it came from: so many that had it before, in a
// row, and the sender of the message, wherever it stands.
struct Chain {
  std::size_t before = 0;
  bool sender = false;
};

// What reached the last one that opened a seal was as the sender made it.
Chain chain_of(const LostCell& lost, std::size_t hops) {
  if (static_cast<RejectReason>(lost.why - 1) == RejectReason::kHeaderRest) return {};
  switch (static_cast<SlotRole>(lost.role)) {
    case SlotRole::kCover:
      return {};  // it opens no seal of the body
    case SlotRole::kOpen:
      return {1, false};  // relay 1 opened none; before it is the sender
    case SlotRole::kCrossover:
      if (crossover(hops) == 1) return {};  // it came from the sender
      return crossover(hops) == 2 ? Chain{1, false} : Chain{0, true};
    case SlotRole::kReceive:
      if (lost.outer_layers == 0) return {};              // it came from the sender
      return {lost.outer_layers - std::size_t{1}, true};  // back to the crossover, one layer each
  }
  return {};
}

}  // namespace

std::string suspects(const LostCell& lost, std::size_t hops, std::uint32_t by) {
  const std::string us = "rank " + std::to_string(by), from = "rank " + std::to_string(lost.from);
  const auto why = static_cast<RejectReason>(lost.why - 1);
  if (why == RejectReason::kSlot || why == RejectReason::kUnwanted)
    return "only rank 0 can write such a header, so " + us + " does not follow the protocol";
  const Chain chain = chain_of(lost, hops);
  std::string who = from;
  if (chain.before > 0 && !chain.sender) who += ", who sent it to " + from + ",";
  if (chain.before == 1 && chain.sender) who += ", the relay before it,";
  if (chain.before > 1)
    who += ", one of the " + std::to_string(chain.before) + " relays before it,";
  if (chain.sender) who += std::string(chain.before == 0 ? "," : "") + " the sender of its message";
  return who + " or " + us + " altered it, or somebody on " +
         (chain.before == 0 ? "the link from " + from + " to " + us
          : chain.sender    ? "a link between these relays and " + us
                            : "a link between them");
}

std::string lost_text(const LostCell& lost, std::size_t hops, std::uint32_t by) {
  return "refused a cell of the run that came from rank " + std::to_string(lost.from) + ": " +
         to_string(static_cast<RejectReason>(lost.why - 1)) + "; " + suspects(lost, hops, by);
}

}  // namespace mixnn
