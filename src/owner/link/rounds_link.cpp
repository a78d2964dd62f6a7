#include "mixnn/owner/link/rounds_link.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "mixnn/base/error.hpp"
#include "mixnn/owner/traffic.hpp"
#include "mixnn/rounds/roles.hpp"
#include "mixnn/rounds/virtual_place.hpp"
#include "mixnn/session/round_secrets.hpp"

namespace mixnn {
namespace {

// Exchanges for an answer by lane, which has some KiB; and those that may follow one another in
// which nothing is said that was not said before.
constexpr std::uint64_t kForAnswer = 64;
constexpr std::size_t kMostInVain = 100;

// Nothing is sent ahead.
class NoSupply final : public Supply {
 public:
  bool cover(const Label&) override { return true; }
  void ended(const Label&) override {}
  void leave_unused() override {}
  bool write_ahead() override { return false; }
};

std::vector<LaneKeys> all_lane_keys(const std::vector<EpochKeys>& keys) {
  std::vector<LaneKeys> lanes;
  for (const EpochKeys& of_rank : keys) lanes.push_back(lane_keys(round_secret(of_rank)));
  return lanes;
}

// Where rounds take their time, a stop of some seconds is none of the run.
std::size_t most_in_vain(Nanoseconds period, const SessionOptions& options) {
  if (period == Nanoseconds{0}) return kMostInVain;
  const Nanoseconds exchange = period * (options.hops + 1);
  return std::max(kMostInVain, static_cast<std::size_t>(options.timeout / exchange));
}

// Among those with which a single host's two circuits never carry two messages at once.
std::uint32_t draw_before(std::uint32_t ranks, const Plan& plan, std::size_t micro_batches,
                          std::uint32_t allowance, Csprng& rng) {
  const auto stages = static_cast<std::uint32_t>(plan.stages);
  std::uint32_t most = ranks - 1 - stages;
  if (stages == 1)
    most =
        std::min(most, (allowance * (2 * ranks - 2) - static_cast<std::uint32_t>(micro_batches)) /
                           (2 * allowance));
  return draw_place(place_law(stages, most), rng);
}

}  // namespace

RoundsLink::RoundsLink(Transport& transport, const RunParameters& parameters,
                       std::vector<EpochKeys> keys, const Plan& plan, const SessionOptions& options,
                       std::size_t micro_batches, std::size_t staleness)
    : OwnerLink(transport, parameters, plan, options),
      keys_(std::move(keys)),
      fresh_(keys_.size()),
      endpoint_(transport, parameters, all_lane_keys(keys_), activity_),
      exchanger_(endpoint_.exchanger()),
      routes_(ranks(), options.hops, options.redraw != Redraw::kRun, rng_),
      budget_(options.redraw == Redraw::kBatch
                  ? PipelineTraffic::messages_of_step(plan.places.size(), micro_batches)
                  : std::numeric_limits<std::uint64_t>::max()),
      blame_(exchanger_, routes_.now(), options.rewinds),
      allowance_(parameters.allowance),
      before_(draw_before(ranks(), plan_, micro_batches, parameters.allowance, rng_)),
      schedule_(ranks(), static_cast<std::uint32_t>(plan_.stages), before_, parameters.allowance,
                staleness),
      most_in_vain_(most_in_vain(parameters.period(), options)) {
  draws_.emplace_back(0, DrawNumber::kLanes);
}

std::unique_ptr<Supply> RoundsLink::supply(const Traffic&, const std::vector<std::uint32_t>&) {
  return std::make_unique<NoSupply>();
}

std::uint64_t RoundsLink::next_exchange() const {
  return exchanger_.under_way() ? exchanger_.logical_after() : exchanger_.logical();
}

std::uint64_t RoundsLink::free_from() const {
  return std::max({next_exchange(), schedule_.boundary(), others_free_});
}

// The exchange that says so comes before the first of that draw.
void RoundsLink::turn_to(DrawNumber draw) {
  if (draws_.back().second == draw) return;
  const std::uint64_t at = free_from() + 1 + (draw == DrawNumber::kLanes ? kKeptLogical : 0);
  draws_.emplace_back(at, draw);
  others_free_ = at;
  schedule_.interrupted();
}

DrawNumber RoundsLink::draw_at(std::uint64_t logical) const {
  DrawNumber draw = draws_.front().second;
  for (const auto& [from, turned] : draws_)
    if (from <= logical) draw = turned;
  return draw;
}

void RoundsLink::put(std::uint64_t at, std::uint32_t receiver, const MessageInfo& info,
                     AlignedBuffer payload) {
  endpoint_.put(at, {circuit_role_of(info.label.kind), receiver}, info, std::move(payload));
}

void RoundsLink::say_by_lane(std::uint64_t at, std::uint32_t rank, const MessageInfo& info,
                             std::vector<std::byte> payload) {
  control_.push_back({at, rank, info, std::move(payload)});
}

// Its time follows from public numbers, as all ranks see it.
void RoundsLink::order(std::uint64_t at, const MessageInfo& info) {
  for (std::uint32_t rank = 1; rank < ranks(); ++rank) say_by_lane(at, rank, info, {});
}

void RoundsLink::send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  say(receiver, info, endpoint_.copy_of(payload));
}

void RoundsLink::say(std::uint32_t receiver, const MessageInfo& info, AlignedBuffer payload) {
  ++unanswered_;
  if (circuit_role_of(info.label.kind) == circuit_role::kOwner)
    say_in_bulk(receiver, info, std::move(payload));
  else
    say_on_chain(receiver, info, std::move(payload));
}

std::uint64_t RoundsLink::leaves(const MessageInfo& info) {
  const std::uint64_t next = std::min(next_exchange(), comes_again_.value_or(next_exchange()));
  try {
    return schedule_.leaves(info, std::max(next, others_free_));
  } catch (const RunError& late) {
    throw RunError(late.what() + who_is_late());
  }
}

void RoundsLink::say_on_chain(std::uint32_t receiver, const MessageInfo& info,
                              AlignedBuffer payload) {
  turn_to(DrawNumber::kTraining);
  const std::uint64_t at = leaves(info);
  if (info.label.kind != MessageKind::kBackward) order(schedule_.told(at), info);
  put(at, receiver, info, std::move(payload));
  deadline_ = std::max(deadline_, at + 2 * allowance_ * ranks());
}

void RoundsLink::say_in_bulk(std::uint32_t receiver, const MessageInfo& info,
                             AlignedBuffer payload) {
  turn_to(DrawNumber::kBulk);
  std::uint64_t& free = bulk_free_[receiver];
  const std::uint64_t at = std::max(free, free_from());
  free = at + 1;
  put(at, receiver, info, std::move(payload));
  asked_[info.label] = receiver;
  deadline_ = std::max(deadline_, at + asked_.size() + 2 * allowance_ * ranks());
}

std::size_t RoundsLink::expect(std::uint32_t rank, std::span<const Label> labels) {
  const std::size_t count = std::min(labels.size(), credits());
  for (const Label& label : labels.first(count)) {
    MessageInfo info;
    info.label = label;
    launch(rank, info, {});
  }
  return count;
}

Nanoseconds RoundsLink::send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) {
  std::vector<std::byte> payload;
  ByteWriter writer(payload);
  if (kind == MessageKind::kEpoch) {
    const auto half = halves_.insert_or_assign(rank, X25519KeyPair::generate()).first;
    writer.put_bytes(half->second.public_key);
  }
  if (answer_kind(kind)) writer.put_bytes(encode(TicketBook{}));
  if (kind == MessageKind::kSettle) writer.put(std::uint64_t{0});
  writer.put_bytes(fields);
  MessageInfo info;
  info.label = {kind, 0, 0, rank};
  const std::uint64_t at = free_from();
  say_by_lane(at, rank, info, std::move(payload));
  stopping_ = stopping_ || kind == MessageKind::kStop;
  if (const auto answer = answer_kind(kind))
    awaited_[rank] = {*answer, at + kForAnswer + allowance_};
  schedule_.interrupted();
  if (rank + 1 == ranks()) others_free_ = at + 1;  // said to all in the same exchange
  return clock_.now();
}

bool RoundsLink::agree(std::uint32_t rank, const PublicKey& half) {
  const auto offered = halves_.find(rank);
  if (offered == halves_.end()) return false;
  const std::optional<Key> shared = offered->second.shared_with(half);
  halves_.erase(offered);
  if (shared) fresh_[rank] = *shared;
  return shared.has_value();
}

std::vector<Report> RoundsLink::begin_epoch() {
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  send_tables(routes_.now());
  return reports;
}

void RoundsLink::send_tables(const EpochRoutes& routes) {
  std::vector<Key> secrets;
  for (const EpochKeys& keys : keys_) secrets.push_back(round_secret(keys));
  const std::vector<std::uint32_t> hosts(plan_.places.begin(), plan_.places.begin() + hosted());
  const std::vector<RankTable> tables =
      draw_tables({routes.bulk, routes.training, hosts, secrets}, rng_);
  const std::uint64_t at = free_from();
  std::size_t bytes = 0;
  for (std::uint32_t rank = 1; rank < ranks(); ++rank) {
    std::vector<std::byte> table = encode(tables[rank]);
    bytes = table.size();
    MessageInfo info;
    info.label = {MessageKind::kTable, 0, 0, rank};
    say_by_lane(at, rank, info, std::move(table));
  }
  others_free_ = at + lane_exchanges(bytes, options_.hops + 1) + kKeptLogical;
  tables_ = Tables{others_free_, tables[kOwnerRank], std::move(secrets)};
}

// Not before all have theirs: they may go back once more to exchanges of the last key epoch.
void RoundsLink::install_tables() {
  if (!tables_ || exchanger_.logical() < tables_->from) return;
  exchanger_.install(tables_->table, tables_->secrets[kOwnerRank]);
  blame_.installed(std::move(tables_->secrets));
  routes_.next_begins();
  tables_.reset();
}

std::vector<Report> RoundsLink::ratchet() {
  turn_to(DrawNumber::kLanes);
  std::vector<Report> reports = ask_all(MessageKind::kEpoch);
  send_tables(routes_.next());
  budget_.renew();
  return reports;
}

// The owner agrees with itself on what it likes.
void RoundsLink::change_keys() {
  fresh_[kOwnerRank] = rng_.key();
  for (std::uint32_t rank = 0; rank < ranks(); ++rank) {
    keys_[rank] = keys_[rank].next(fresh_[rank]);
    if (rank != kOwnerRank) exchanger_.rekey_lane(rank, lane_keys(round_secret(keys_[rank])));
  }
}

bool RoundsLink::poll() {
  blame_.look();
  if (!exchanger_.under_way()) {
    begin_exchange();
    return true;
  }
  return endpoint_.poll([this](Brought brought) { take(std::move(brought)); });
}

// In bulk each rank answers for itself; along the chain any host may have kept it back.
std::string RoundsLink::who_is_late() const {
  std::set<std::uint32_t> late;
  for (const auto& [label, rank] : asked_) late.insert(rank);
  if (late.empty()) late.insert(plan_.places.begin(), plan_.places.begin() + hosted());
  std::string text;
  for (const std::uint32_t rank : late)
    text.append(text.empty() ? "" : ", ").append(std::to_string(rank));
  return late.size() == 1 ? ": rank " + text + " did not give it"
                          : ": one of the ranks " + text + " did not pass on what came to it";
}

// Who has an answer to give gives it in the next exchange: one that is late does not come.
void RoundsLink::check_lateness() const {
  if (unanswered_ > 0 && exchanger_.logical() > deadline_)
    throw RunError("an answer did not come in the exchange in which it was due" + who_is_late());
  for (const auto& [rank, awaited] : awaited_)
    if (exchanger_.logical() > awaited.deadline)
      throw RunError("the " + to_string(awaited.kind) + " of rank " + std::to_string(rank) +
                     " did not come in the exchange in which it was due");
}

void RoundsLink::check_progress(std::uint64_t logical) {
  in_vain_ = logical < not_begun_ ? in_vain_ + 1 : 0;
  not_begun_ = std::max(not_begun_, logical + 1);
  if (in_vain_ == 0) late_before_ = all_late();
  if (in_vain_ <= most_in_vain_) return;
  if (all_late() > late_before_)
    throw RunError(
        "what ranks compute is not ready in time, again and again: nothing new was said in " +
        std::to_string(in_vain_) + " exchanges; a longer --pace gives more time");
  throw RunError(
      "slots are lost or altered, or said to be, again and again: nothing new was said in " +
      std::to_string(in_vain_) + " exchanges");
}

void RoundsLink::begin_exchange() {
  const ActivityRecorder::Scope scope(activity_, Activity::kSend);
  if (exchanger_.showing())
    return endpoint_.begin([](const Outbox::Circuit&) { return std::nullopt; });
  check_lateness();
  if (endpoint_.key_epoch_begins()) change_keys();
  install_tables();
  const std::uint64_t logical = exchanger_.logical();
  if (stopping_ && logical < not_begun_)  // some rank may say its last word behind all these
    last_on_lanes_ = std::max(last_on_lanes_, not_begun_);
  check_progress(logical);
  if (comes_again_ && logical <= *comes_again_ && !exchanger_.late()) comes_again_.reset();
  for (auto at = control_.begin(); at != control_.end();) {
    if (at->at > logical) {
      ++at;
      continue;
    }
    exchanger_.say(at->rank, at->info, at->payload);
    wipe(at->payload);
    at = control_.erase(at);
  }
  while (draws_.size() > 1 && draws_[1].first + kKeptLogical <= logical) draws_.pop_front();
  endpoint_.begin(
      [this](const Outbox::Circuit& circuit) -> std::optional<std::uint32_t> {
        if (draw_of(circuit.role) != exchanger_.draw()) return std::nullopt;
        const Routes& routes =
            circuit.role == circuit_role::kOwner ? routes_.now().bulk : routes_.now().training;
        return routes.first(kOwnerRank, circuit.to);
      },
      draw_at(exchanger_.logical_after()));
}

void RoundsLink::take(Brought brought) {
  for (Brought::OnLane& came : brought.lanes) {
    check_kind(came);
    last_on_lanes_ = brought.logical;
    came.message.info.label.part = came.rank;  // whatever it says
    const auto awaited = awaited_.find(came.rank);
    if (awaited != awaited_.end() && awaited->second.kind == came.message.info.label.kind)
      awaited_.erase(awaited);
    endpoint_.hand_out(std::move(came.message));
  }
  for (Brought::OnCircuit& came : brought.circuits) {
    if (belongs_to(came.message.info.label.kind, came.role)) {
      check_sender(came);
      endpoint_.hand_out(std::move(came.message));
    } else {
      exchanger_.recycle(std::move(came.message.payload));
    }
  }
}

// An answer that belongs on a circuit would name any request of another rank's.
void RoundsLink::check_kind(const Brought::OnLane& came) const {
  const Label& label = came.message.info.label;
  if (!visit_kind<Recipient::kOwner>(label.kind, [](auto) {}))
    throw RunError("rank " + std::to_string(came.rank) + " sent a " + to_string(label.kind) +
                   " by its lane, which carries none to the owner");
}

// In bulk each rank answers for itself.
void RoundsLink::check_sender(const Brought::OnCircuit& came) const {
  const Label& label = came.message.info.label;
  if (circuit_role_of(label.kind) != circuit_role::kOwner) return;
  const auto asked = asked_.find(label);
  for (std::uint32_t rank = 1; rank < ranks(); ++rank)
    if (routes_.now().bulk.last(rank, kOwnerRank) == came.last &&
        (asked == asked_.end() || asked->second != rank))
      throw RunError("rank " + std::to_string(rank) +
                     " gave an answer that it was not asked for: " + to_string(label));
}

std::optional<Message> RoundsLink::next() {
  std::optional<Message> message = endpoint_.next();
  if (message) {
    asked_.erase(message->info.label);
    if (unanswered_ > 0 && !is_control(message->info.label.kind)) --unanswered_;
  }
  return message;
}

// Nodes leave when the exchange of their last word is known to be whole.
void RoundsLink::part() {
  work_until([this] {
    return !exchanger_.under_way() && exchanger_.logical() > last_on_lanes_ + kRewind;
  });
}

std::optional<RoundLosses> RoundsLink::losses() const { return exchanger_.losses().all(); }

void RoundsLink::keep_period(Nanoseconds period) {
  exchanger_.set_period(period);
  most_in_vain_ = most_in_vain(period, options_);
}

void RoundsLink::be_late() {
  exchanger_.be_late();
  comes_again_ = std::min(exchanger_.logical(), comes_again_.value_or(exchanger_.logical()));
}

bool RoundsLink::parted() const {
  return stopping_ && awaited_.empty() && !exchanger_.under_way() &&
         exchanger_.logical() > last_on_lanes_ + kRewind;
}

std::vector<std::uint64_t> RoundsLink::late_exchanges() const {
  std::vector<std::uint64_t> late;
  for (std::uint32_t rank = 0; rank < ranks(); ++rank)
    late.push_back(exchanger_.late_exchanges(rank));
  return late;
}

std::uint64_t RoundsLink::all_late() const {
  std::uint64_t all = 0;
  for (const std::uint64_t exchanges : late_exchanges()) all += exchanges;
  return all;
}

// All send as many as this rank.
std::uint64_t RoundsLink::cells_behind(const std::vector<Report>& reports) const {
  std::uint64_t behind = (ranks() - 1) * exchanger_.counters().sent;
  for (const Report& report : reports) behind -= report.counters.sent;
  return behind;
}

}  // namespace mixnn
