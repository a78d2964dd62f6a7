#include "mixnn/node/rounds_node_link.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/base/error.hpp"
#include "mixnn/rounds/roles.hpp"
#include "mixnn/wire/pace_order.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kOwner = 0;
constexpr std::uint64_t kForgetEvery = 64;  // exchanges
// An owner that is late says its orders behind those logical numbers that come again. That takes so
// many exchanges at most, with all goings-back between.
constexpr std::uint64_t kMostForOrder = 64;

}  // namespace

RoundsNodeLink::RoundsNodeLink(Transport& transport, const RunParameters& parameters,
                               const EpochKeys& keys, ActivityRecorder& activity)
    : transport_(transport),
      hops_(parameters.hops),
      allowance_(parameters.allowance),
      keys_(keys),
      endpoint_(transport, parameters, std::array{lane_keys(round_secret(keys))}, activity),
      exchanger_(endpoint_.exchanger()) {}

bool RoundsNodeLink::poll() {
  return endpoint_.poll([this](Brought brought) { take(std::move(brought)); });
}

// Orders before what they are for.
void RoundsNodeLink::take(Brought brought) {
  for (Brought::OnLane& came : brought.lanes) take_from_owner(std::move(came.message));
  take_early(brought.logical);
  for (Brought::OnCircuit& came : brought.circuits) take_on_circuit(came, brought.logical);
  forget_orders();
}

void RoundsNodeLink::take_from_owner(Message message) {
  const MessageKind kind = message.info.label.kind;
  if (kind == MessageKind::kForward || kind == MessageKind::kTest) {
    orders_.insert_or_assign(message.info.label, Order{message.info, exchanger_.logical()});
  } else if (kind == MessageKind::kTable) {
    const std::optional<RankTable> table = decode_table(
        message.payload.bytes(),
        {static_cast<std::uint8_t>(transport_.size()), hops_, static_cast<std::uint8_t>(own())});
    wipe(message.payload.bytes());
    if (!table) throw RunError("a malformed table");
    exchanger_.install(*table, round_secret(keys_));
  } else if (kind == MessageKind::kPace) {
    take_pace(message);
  } else {
    endpoint_.hand_out(std::move(message));
  }
}

void RoundsNodeLink::take_pace(const Message& message) {
  const std::optional<PaceOrder> order = decode<PaceOrder>(message.payload.bytes());
  if (!order) throw RunError("a malformed pace");
  if (order->period_ns > 0) exchanger_.set_period(Nanoseconds(order->period_ns));
  MessageInfo info;
  info.label = {MessageKind::kRoundTime, 0, 0, own()};
  const Nanoseconds time = exchanger_.times().percentile99();
  exchanger_.say(kOwner, info, encode(RoundTime{static_cast<std::uint64_t>(time.count())}));
}

// What comes on a circuit that is not for it is dropped.
void RoundsNodeLink::take_on_circuit(Brought::OnCircuit& came, std::uint64_t logical) {
  const Label label = came.message.info.label;
  if (!belongs_to(label.kind, came.role)) {
    exchanger_.recycle(std::move(came.message.payload));
  } else if (circuit_role_of(label.kind) == circuit_role::kOwner) {
    came_at_[label] = logical;
    endpoint_.hand_out(std::move(came.message));
  } else if (!take_on_chain(came.message, logical)) {
    early_.push_back({std::move(came.message), logical, exchanger_.exchange()});
  }
}

// False if it has no order. What comes again under its label is dropped.
bool RoundsNodeLink::take_on_chain(Message& message, std::uint64_t logical) {
  const Label label = message.info.label;
  Order* const order = order_for(label);
  if (order == nullptr) return false;
  if (std::exchange(label.kind == MessageKind::kBackward ? order->came_back : order->came, true)) {
    exchanger_.recycle(std::move(message.payload));
    return true;
  }
  came_at_[label] = logical;
  message.info = order->info;
  message.info.label = label;
  endpoint_.hand_out(std::move(message));
  return true;
}

// A lane is heard in the order of logical numbers: behind a lost exchange an order is taken only
// when all have gone back, and what it is for is not handed out again. Who is late says it behind
// all that may come again. Else there is none to come.
void RoundsNodeLink::take_early(std::uint64_t logical) {
  std::erase_if(early_, [&](Early& early) {
    if (take_on_chain(early.message, early.logical)) {
      behind_ = std::max(behind_, logical - std::min(logical, early.logical));
      return true;
    }
    if (early.logical + kKeptLogical >= logical &&
        early.exchange + kMostForOrder >= exchanger_.exchange())
      return false;
    exchanger_.recycle(std::move(early.message.payload));
    return true;
  });
}

bool RoundsNodeLink::waits_for_orders() const {
  return std::ranges::any_of(early_, [this](const Early& early) {
    return early.logical + allowance_ <= exchanger_.logical();
  });
}

RoundsNodeLink::Order* RoundsNodeLink::order_for(const Label& label) {
  Label ordered = label;
  if (label.kind == MessageKind::kBackward) ordered.kind = MessageKind::kForward;
  const auto found = orders_.find(ordered);
  return found == orders_.end() ? nullptr : &found->second;
}

// After so many exchanges nothing under its label can be under way. Looked for now and then.
void RoundsNodeLink::forget_orders() {
  if (exchanger_.logical() % kForgetEvery != 0) return;
  const std::uint64_t chain = allowance_ * static_cast<std::uint64_t>(transport_.size());
  std::erase_if(orders_, [&](const auto& entry) {
    const Order& order = entry.second;
    return order.since + 16 * chain + 4 * order.info.micro_batches < exchanger_.logical();
  });
}

void RoundsNodeLink::change_keys() {
  if (!fresh_) throw RunError("keys were to change without an agreement on new ones");
  keys_ = keys_.next(*fresh_);
  fresh_.reset();
  exchanger_.rekey_lane(kOwner, lane_keys(round_secret(keys_)));
}

bool RoundsNodeLink::go_on() {
  if (exchanger_.under_way() || !endpoint_.all_handed_out()) return false;
  if (has_parted() || exchanger_.has_shown()) return false;
  if (resting()) {
    if (!exchanger_.any_has_begun()) return false;
    rests_ = false;
  }
  if (endpoint_.key_epoch_begins()) change_keys();
  const std::uint64_t logical = exchanger_.logical();
  // Of all that go back somebody may have been late, and says its last word behind them.
  if (last_word_ && logical < not_begun_) last_word_ = std::max(*last_word_, not_begun_);
  not_begun_ = std::max(not_begun_, logical + 1);
  endpoint_.begin([this](const Outbox::Circuit& circuit) {
    return exchanger_.first_link(exchanger_.draw(), circuit.role);
  });
  if (parting_ && !last_word_ && exchanger_.all_said(kOwner)) last_word_ = logical;
  return true;
}

// What it has said of that must have gone.
bool RoundsNodeLink::resting() const {
  return rests_ && !exchanger_.under_way() && exchanger_.all_said(kOwner);
}

bool RoundsNodeLink::has_parted() const {
  return last_word_ && !exchanger_.under_way() && exchanger_.logical() > *last_word_ + kRewind;
}

bool RoundsNodeLink::ended() { return has_parted() && transport_.all_sent(); }

// By lane as it is: a buffer of the stock may be longer.
void RoundsNodeLink::answer(const Label& label, ConstBytes payload) {
  if (circuit_role_of(label.kind) != 0) return answer(label, endpoint_.copy_of(payload));
  MessageInfo info;
  info.label = label;
  exchanger_.say(kOwner, info, payload);
}

void RoundsNodeLink::answer(const Label& label, AlignedBuffer payload) {
  MessageInfo info;
  info.label = label;
  const std::uint8_t role = circuit_role_of(label.kind);
  MIXNN_CHECK(role != 0, "an answer on a circuit");
  if (payload.size() > endpoint_.capacity())
    throw RunError("the answer to a " + to_string(label) + " is larger than a slot");
  if (!exchanger_.first_link(draw_of(role), role))
    throw RunError("has no circuit for the answer to a " + to_string(label));
  std::uint64_t at = due(label);
  if (role == circuit_role::kOwner) {
    at = std::max({at, bulk_free_, exchanger_.logical()});  // it may have waited for others
    bulk_free_ = at + 1;
  }
  endpoint_.put(at, {role, kOwner}, info, std::move(payload));
}

// Behind what it answers, also where that number comes again and what is asked for had to wait for
// something that was lost.
std::uint64_t RoundsNodeLink::due(const Label& label) {
  const auto came = came_at_.find(label);
  MIXNN_CHECK(came != came_at_.end(), "an answer to what has not come");
  const std::uint64_t at = came->second + allowance_;
  came_at_.erase(came);
  return at;
}

// In rounds nothing needs a ticket.
void RoundsNodeLink::store(const TicketBook& tickets) {
  if (!tickets.pages.empty()) throw RunError("got tickets, which traffic in rounds has not");
}

void RoundsNodeLink::report(const Report& report) {
  MessageInfo info;
  info.label = {MessageKind::kReport, 0, 0, own()};
  exchanger_.say(kOwner, info, encode(report));
  parting_ = parting_ || report.type == Report::Type::kFinal;
}

std::optional<RoundsNodeLink::Agreed> RoundsNodeLink::agree(const EpochStart& start) {
  const X25519KeyPair half = X25519KeyPair::generate();
  const std::optional<Key> shared = half.shared_with(start.fresh_key);
  if (!shared) return std::nullopt;
  return Agreed{half.public_key, *shared};
}

std::optional<PublicKey> RoundsNodeLink::begin_epoch(const EpochStart& start) {
  const std::optional<Agreed> agreed = agree(start);
  if (!agreed) return std::nullopt;
  take_fresh(agreed->shared);
  return agreed->half;
}

}  // namespace mixnn
