#include "mixnn/owner/link/round_blame.hpp"

namespace mixnn {
namespace {

constexpr const char* kGoOn =
    "; to go on without it, give the same command other ranks: with --checkpoint the training goes "
    "on from its last checkpoint";

std::string owner_and(std::uint32_t rank) { return "rank 0 and rank " + std::to_string(rank); }

std::string number(std::uint64_t exchange) { return "exchange " + std::to_string(exchange); }

}  // namespace

RoundBlame::RoundBlame(Exchanger& exchanger, const EpochRoutes& routes, std::size_t rewinds)
    : exchanger_(exchanger), routes_(routes), rewinds_(rewinds) {
  exchanger_.limit_rewinds(rewinds);
}

void RoundBlame::look() {
  if (const auto& cry = exchanger_.alarms().distress())
    throw RunError(
        owner_and(cry->rank) + ": of all that rank 0 said to it in " + number(cry->exchange) +
        ", this rank says, nothing opened; it lies, or somebody on the link between them "
        "drops or alters it" +
        kGoOn);
  if (exchanger_.has_shown() || (exchanger_.showing() && exchanger_.alarms().silent()))
    throw verdict();
  if (const auto& silent = exchanger_.alarms().silent())
    throw RunError(owner_and(silent->rank) + ": in the whole of " + number(silent->exchange) +
                   " nothing came from the one to the other; it stands still or says nothing, or "
                   "somebody on the link between them drops it" +
                   kGoOn);
  if (const auto broken = exchanger_.broken())
    throw RunError("rank " + std::to_string(*broken) +
                   " says by its lane what nobody writes, or more than a rank may say" + kGoOn);
  if (exchanger_.showing() && !judge_) begin_to_judge();
}

void RoundBlame::begin_to_judge() {
  const Transcript& own = exchanger_.shown();
  const Routes* routes = own.draw == DrawNumber::kBulk       ? &routes_.bulk
                         : own.draw == DrawNumber::kTraining ? &routes_.training
                                                             : nullptr;
  judge_.emplace(exchanger_.aead(), own, routes, secrets_, routes_.bulk.hops());
  exchanger_.show_to(*judge_);
}

RunError RoundBlame::verdict() const {
  const Verdict verdict = judge_->verdict();
  return RunError("slots are lost or altered, or said to be, more than " +
                  std::to_string(rewinds_) + " times in " + std::to_string(kRewindWindow) +
                  " exchanges; looked into " + number(exchanger_.shown().exchange) + ": " +
                  to_string(verdict) + kGoOn);
}

}  // namespace mixnn
