#include "mixnn/owner/link/paced_link.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/base/process.hpp"
#include "mixnn/session/usage.hpp"

namespace mixnn {
namespace {

// What is traced is computing.
RunParameters of_rounds(RunParameters parameters) {
  parameters.trace_events = 0;
  return parameters;
}

}  // namespace

PacedLink::PacedLink(Transport& transport, const RunParameters& parameters,
                     std::vector<EpochKeys> keys, const Plan& plan, const SessionOptions& options,
                     std::size_t micro_batches, std::size_t staleness)
    : OwnerLink(transport, parameters, plan, options),
      rounds_(transport, of_rounds(parameters), std::move(keys), plan, options, micro_batches,
              staleness),
      desk_(parameters.allowance) {
  transport.turns().keep_time();
  const NoSignals no_signals;  // threads inherit it
  thread_ = std::thread([this] { keep_rounds(); });
}

PacedLink::~PacedLink() {
  desk_.close();
  if (thread_.joinable()) thread_.join();
}

void PacedLink::keep_rounds() try {
  while (!desk_.closed() && !(rounds_.parted() && transport_.all_sent()))
    if (!turn()) transport_.turns().nap(rounds_.endpoint_.nap());
  over_.store(true);
} catch (...) {
  desk_.fail(std::current_exception());
}

bool PacedLink::turn() {
  Exchanger& exchanger = rounds_.exchanger_;
  if (!exchanger.under_way()) {
    if (rounds_.parted()) return false;
    const RoundDesk::Begins begins = desk_.begins(exchanger.exchange());
    if (begins == RoundDesk::Begins::kNotYet) return false;
    if (begins == RoundDesk::Begins::kLate) rounds_.be_late();
    return rounds_.poll();
  }
  const bool any = rounds_.poll();
  if (!exchanger.under_way()) desk_.post(snapshot());
  return any;
}

RoundTick PacedLink::snapshot() {
  RoundTick tick;
  tick.exchange = rounds_.exchanger_.exchange() - 1;
  while (std::optional<Message> message = rounds_.next())
    tick.messages.push_back(std::move(*message));
  tick.counters = rounds_.counters();
  tick.refused = rounds_.refused();
  tick.usage = rounds_.usage();
  tick.round_time = rounds_.exchanger_.times().percentile99();
  return tick;
}

std::size_t PacedLink::expect(std::uint32_t rank, std::span<const Label> labels) {
  const std::size_t count = std::min(labels.size(), credits());
  for (const Label& label : labels.first(count)) {
    MessageInfo info;
    info.label = label;
    launch(rank, info, {});
  }
  return count;
}

std::vector<Report> PacedLink::begin_epoch() {
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  desk_.ask([this] { rounds_.send_tables(rounds_.routes_.now()); });
  return reports;
}

std::vector<Report> PacedLink::ratchet() {
  desk_.ask([this] { rounds_.turn_to(DrawNumber::kLanes); });
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  desk_.ask([this] { rounds_.send_tables(rounds_.routes_.next()); });
  rounds_.budget_.renew();
  return reports;
}

void PacedLink::drained() {
  desk_.ask([this] { rounds_.drained(); });
}

void PacedLink::send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  AlignedBuffer copy = stock_.take(payload.size());
  copy_bytes(payload, copy.bytes());
  desk_.ask([this, receiver, info, copy = std::move(copy)]() mutable {
    rounds_.say(receiver, info, std::move(copy));
  });
}

Nanoseconds PacedLink::send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) {
  desk_.ask([this, rank, kind, copy = std::vector<std::byte>(fields.begin(), fields.end())] {
    rounds_.send_control(rank, kind, copy);
  });
  return clock_.now();
}

// Whether it is one shows when the rounds take it.
bool PacedLink::agree(std::uint32_t rank, const PublicKey& half) {
  desk_.ask([this, rank, half] {
    if (!rounds_.agree(rank, half))
      throw RunError("rank " + std::to_string(rank) + " sent a malformed report");
  });
  return true;
}

Nanoseconds PacedLink::run_dummies(std::size_t times) {
  desk_.ask([this] { rounds_.turn_to(DrawNumber::kTraining); });
  for (std::size_t i = 0; i < times; ++i) settle();
  return desk_.tick().round_time;
}

void PacedLink::keep_period(Nanoseconds period) {
  desk_.ask([this, period] { rounds_.keep_period(period); });
}

// Nodes leave when the exchange of their last word is known to be whole, and so do the rounds.
void PacedLink::part() {
  work_until([this] { return over_.load(); });
  thread_.join();
  last_.emplace(snapshot());
}

Usage PacedLink::usage() const { return usage_of_both(now().usage, computing_, stock_); }

}  // namespace mixnn
