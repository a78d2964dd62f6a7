#include "mixnn/node/paced_node_link.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/rounds/roles.hpp"
#include "mixnn/session/usage.hpp"

namespace mixnn {

PacedNodeLink::PacedNodeLink(Transport& transport, const RunParameters& parameters,
                             const EpochKeys& keys, ActivityRecorder& activity)
    : activity_(activity),
      rounds_(transport, parameters, keys, rounds_activity_),
      desk_(parameters.allowance) {
  transport.turns().keep_time();
}

bool PacedNodeLink::turn() try {
  Exchanger& exchanger = rounds_.endpoint().exchanger();
  if (exchanger.under_way()) {
    const bool any = rounds_.poll();
    if (!exchanger.under_way()) post();
    return any;
  }
  if (posted_ < exchanger.exchange()) post();  // taking it in has failed
  if (rounds_.has_parted()) return false;
  const RoundDesk::Begins begins = desk_.begins(exchanger.exchange());
  if (begins == RoundDesk::Begins::kNotYet) return false;
  if (begins == RoundDesk::Begins::kLate || rounds_.waits_for_orders()) exchanger.be_late();
  return rounds_.go_on();
} catch (const RunError&) {
  desk_.fail(std::current_exception());
  return false;
}

void PacedNodeLink::post() {
  RoundTick tick;
  tick.exchange = posted_++;
  tick.behind = rounds_.taken_behind();
  while (std::optional<Message> message = rounds_.next())
    tick.messages.push_back(std::move(*message));
  tick.counters = rounds_.counters();
  tick.refused = rounds_.refused();
  tick.usage = rounds_.usage();
  desk_.post(std::move(tick));
}

void PacedNodeLink::answer(const Label& label, ConstBytes payload) {
  if (circuit_role_of(label.kind) == 0)  // by lane, where a buffer of the stock may be too long
    return desk_.ask([this, label, copy = std::vector(payload.begin(), payload.end())] {
      rounds_.answer(label, ConstBytes(copy));
    });
  AlignedBuffer copy = stock_.take(payload.size());
  copy_bytes(payload, copy.bytes());
  desk_.ask(
      [this, label, copy = std::move(copy)]() mutable { rounds_.answer(label, std::move(copy)); });
}

void PacedNodeLink::report(const Report& report) {
  desk_.ask([this, report] { rounds_.report(report); });
}

std::optional<PublicKey> PacedNodeLink::begin_epoch(const EpochStart& start) {
  const std::optional<RoundsNodeLink::Agreed> agreed = RoundsNodeLink::agree(start);
  if (!agreed) return std::nullopt;
  desk_.ask([this, shared = agreed->shared] { rounds_.take_fresh(shared); });
  return agreed->half;
}

Usage PacedNodeLink::usage() const { return usage_of_both(desk_.tick().usage, activity_, stock_); }

}  // namespace mixnn
