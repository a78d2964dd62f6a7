#include "mixnn/rounds/exchanger.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/rounds/keys.hpp"

namespace mixnn {
namespace {

// Among the reasons of CellCounters: not what is waited for; comes again, or too late.
constexpr std::size_t kOther = 0, kAgain = 2;
// Of what a rank says to the owner by its lane; the largest are parts of traces, 4 KiB.
constexpr std::size_t kMostFromRank = std::size_t{16} << 10;

}  // namespace

Exchanger::Exchanger(Transport& transport, const BulkAead& aead, const Clock& clock,
                     const RoundSetting& setting, std::span<const LaneKeys> lanes)
    : transport_(transport),
      aead_(aead),
      clock_(clock),
      setting_(setting),
      own_(static_cast<std::uint32_t>(transport.rank())),
      ranks_(static_cast<std::uint32_t>(transport.size())),
      pool_(transport.make_pool(slot_bytes(setting.capacity), round_pool_cells(ranks_))),
      pace_(setting.period),
      late_exchanges_(ranks_),
      arrivals_(own_, ranks_, setting.hops),
      out_(ranks_),
      said_on_(ranks_),
      reports_(ranks_),
      transcripts_(own_, ranks_, setting.hops, setting.capacity),
      alarms_(ranks_),
      spare_(stock_.take(setting.capacity)) {
  MIXNN_CHECK(setting.hops >= 1 && setting.hops <= kMaxRoundHops, "hops of rounds");
  MIXNN_CHECK(lanes.size() == (own_ == 0 ? ranks_ : 1), "a lane for each rank");
  const std::size_t rounds = setting.hops + 1;
  for (const LaneKeys& keys : lanes) {
    lanes_.push_back(
        own_ == 0
            ? std::make_unique<Lane>(aead, keys.from_owner, keys.to_owner, rounds, kMostFromRank)
            : std::make_unique<Lane>(aead, keys.to_owner, keys.from_owner, rounds));
    show_keys_.push_back(show_key(keys.to_owner));
  }
  for (Heard& heard : heard_) heard.real.resize(ranks_);
  transport_.open(*pool_);
}

Exchanger::~Exchanger() {
  transport_.turns().wait_for(1);
  transport_.close();
}

Exchanger::Draw Exchanger::make_draw(DrawNumber number, const DrawTable& table,
                                     const Key& secret) const {
  return {table.relays, Circuits(aead_, number, table, secret, setting_.capacity),
          Crossover(aead_, number, secret, own_, ranks_, slot_body_bytes(setting_.capacity))};
}

void Exchanger::install(const RankTable& table, const Key& secret) {
  MIXNN_CHECK(!under_way(), "new tables in an exchange");
  MIXNN_CHECK(table.links.size() == ranks_ && table.bulk.relays.size() == setting_.hops,
              "a table of another shape");
  links_.emplace(aead_, table.links, setting_.hops);
  bulk_.emplace(make_draw(DrawNumber::kBulk, table.bulk, secret));
  training_.emplace(make_draw(DrawNumber::kTraining, table.training, secret));
}

void Exchanger::rekey_lane(std::uint32_t rank, const LaneKeys& keys) {
  MIXNN_CHECK(!under_way(), "a lane's new keys in an exchange");
  if (own_ == 0)
    lane(rank).rekey(aead_, keys.from_owner, keys.to_owner);
  else
    lane(rank).rekey(aead_, keys.to_owner, keys.from_owner);
  show_keys_[own_ == 0 ? rank : 0] = show_key(keys.to_owner);
}

void Exchanger::say(std::uint32_t rank, const MessageInfo& info, ConstBytes payload) {
  MIXNN_CHECK(has_lane(rank) && rank != own_, "no lane to that rank");
  lane(rank).say(info, payload);
}

Exchanger::Draw* Exchanger::current() {
  if (draw_ == DrawNumber::kLanes) return nullptr;
  std::optional<Draw>& draw = draw_ == DrawNumber::kBulk ? bulk_ : training_;
  MIXNN_CHECK(draw.has_value(), "a draw without tables");
  return &*draw;
}

std::optional<std::uint32_t> Exchanger::first_link(DrawNumber draw, std::uint8_t role) const {
  const std::optional<Draw>& of = draw == DrawNumber::kBulk ? bulk_ : training_;
  for (std::uint32_t first = 0; of && draw != DrawNumber::kLanes && first < ranks_; ++first)
    if (first != own_ && (of->circuits.sent_role(first) & role) != 0) return first;
  return std::nullopt;
}

void Exchanger::begin(std::span<const Said> said, DrawNumber draw_after) {
  MIXNN_CHECK(!under_way(), "an exchange before the last has ended");
  if (owner_is_lost_)
    throw RunError("nothing came of the owner in exchange " + std::to_string(exchange_ - 1));
  MIXNN_CHECK(said.empty() || draw_ != DrawNumber::kLanes, "a draw without circuits");
  std::fill(said_on_.begin(), said_on_.end(), nullptr);
  for (const Said& one : said) {
    MIXNN_CHECK(one.first != own_ && said_on_.at(one.first) == nullptr, "one text for a circuit");
    said_on_[one.first] = &one;
  }
  draw_after_ = draw_after;
  const LaneHead head =
      own_ == 0 ? LaneHead{!announced_ ? std::uint8_t{0}
                           : blames_   ? LaneHead::kShow
                                       : LaneHead::kGoBack,
                           static_cast<std::uint8_t>(draw_after)}
                : LaneHead{static_cast<std::uint8_t>(std::min<std::uint64_t>(last_bad_, 255)),
                           was_late_ ? LaneHead::kLate : std::uint8_t{0}};
  for (std::uint32_t rank = 0; rank < ranks_; ++rank)
    if (rank != own_ && has_lane(rank)) lane(rank).begin(logical_, head);
  bad_ = late_;
  if (!showing_) transcripts_.begin(exchange_, draw_);
  brought_.reset();
  brought_.emplace().exchange = exchange_;
  brought_->logical = logical_;
  stage_ = Stage::kSealing;
  if (advance()) advance();
}

std::optional<Brought> Exchanger::take() {
  if (under_way()) return std::nullopt;
  return std::exchange(brought_, std::nullopt);
}

bool Exchanger::poll() {
  bool any = false;
  for (std::uint32_t i = 0; i < 2 * ranks_; ++i) {
    std::optional<Arrival> arrival = transport_.poll();
    if (!arrival) break;
    any = true;
    ++counters_.received;
    const auto from = static_cast<std::uint32_t>(arrival->from);
    if (own_ == 0 && from > 0 && from < ranks_ &&
        alarms_.hears(from, lane(from), arrival->cell.bytes()))
      continue;
    const std::optional<SlotName> said = read_name(arrival->cell.bytes().first(kClearBytes));
    if (said && from < ranks_ && said->exchange + 1 >= exchange_) alarms_.came(from);
    const Arrivals::Taken taken = arrivals_.take(name(), from, std::move(arrival->cell));
    if (taken == Arrivals::Taken::kAgain && said->round <= setting_.hops)
      transcripts_.came_late(*said, from);
    if (taken != Arrivals::Taken::kKept)
      refuse(from, taken == Arrivals::Taken::kAgain ? kAgain : kOther);
  }
  while (advance()) any = true;
  const std::size_t missing = stage_ == Stage::kWaiting ? arrivals_.missing(name()) : 0;
  transport_.turns().wait_for(std::max<std::size_t>(missing, 1));
  return any;
}

void Exchanger::refuse(std::uint32_t from, std::size_t reason) {
  transport_.refusals().count(static_cast<int>(from));
  ++counters_.rejected[reason];
}

bool Exchanger::advance() {
  if (stage_ == Stage::kIdle) return false;
  if (stage_ == Stage::kSealing) {
    if (!fill(out_)) return false;
    seal_own();
    make_ready();
    return true;
  }
  if (stage_ == Stage::kReady) {
    if (paced() && clock_.now() < pace_.due(place())) return false;
    send();
    return true;
  }
  const SlotName now = name();
  if (!may_work()) return false;
  const std::span<LinkSlot> in = arrivals_.slots(now);
  if (!fill(in)) return false;
  take_in(in);
  if (!showing_) transcripts_.keep(now.round, in);
  const bool last = round_ == setting_.hops;
  last ? receive(in) : relay(in);
  if (!showing_) transcripts_.note(now.round, in);
  arrivals_.done(now);
  if (paced()) times_.add(clock_.now() - since_);
  if (last) {
    end();
  } else {
    ++round_;
    make_ready();
  }
  return true;
}

bool Exchanger::may_work() {
  if (!showing_) return arrivals_.all_here(name()) || waited_enough();
  const auto waits = static_cast<std::int64_t>(2 * (setting_.hops + 2));
  return showing_->may_work(arrivals_, name(), clock_.now() - since_ >= waits * setting_.patience);
}

// Whoever misses a slot holds all others up, for none can go on without its next. It is the first
// to give up: it sees that others are further, and they do not.
bool Exchanger::waited_enough() const {
  const Nanoseconds patience = std::max(setting_.patience, kPatientRounds * pace_.period()),
                    waited = clock_.now() - since_;
  if (waited < patience) return false;
  if (round_ == 0 && own_ != 0 && !owner_has_begun() && !arrivals_.any_is_further(name()))
    return false;
  return waited >= 2 * patience || arrivals_.others_are_further(name());
}

CellBuffer Exchanger::free_cell() {
  CellBuffer cell = pool_->take();
  if (!cell) transport_.flush();
  return cell ? std::move(cell) : pool_->take();
}

// A cell for each link that has none; false if the pool has no more for now.
bool Exchanger::fill(std::span<LinkSlot> slots) {
  for (std::uint32_t link = 0; link < ranks_; ++link) {
    LinkSlot& slot = slots[link];
    if (link == own_ || slot.cell) continue;
    slot.cell = free_cell();
    if (!slot.cell) return false;
    slot.missing = true;
  }
  return true;
}

void Exchanger::seal_own() {
  Draw* const draw = current();
  for (std::uint32_t first = 0; draw != nullptr && first < ranks_; ++first)
    if (first != own_)
      draw->circuits.seal(exchange_, first, said_on_[first], SlotView(out_[first].cell.bytes()));
}

// Takes covers off and opens lanes.
void Exchanger::take_in(std::span<LinkSlot> in) {
  for (std::uint32_t from = 0; from < ranks_; ++from) {
    if (from == own_) continue;
    LinkSlot& slot = in[from];
    const SlotView view(slot.cell.bytes());
    if (draw_ != DrawNumber::kLanes) links_->uncover(from, name(), view);
    if (slot.missing) continue;
    slot.lane_bad = has_lane(from) && !lane(from).open(name(), view.lane());
    if (judge_ != nullptr && !slot.lane_bad)
      showing_->read(*aead_.keyed(show_keys_[from]), name(), from, lane(from).opened(round_),
                     view.carried(), [this](const Shown& shown) { judge_->show(shown); });
    ++(round_ < setting_.hops ? counters_.forwarded : counters_.delivered);
  }
}

void Exchanger::relay(std::span<LinkSlot> in) {
  Draw* const draw = current();
  const bool crossing = round_ == crossover_hop(setting_.hops);
  if (draw != nullptr && crossing) draw->crossover.pass(exchange_, draw->relays[round_], in);
  for (std::uint32_t from = 0; from < ranks_; ++from) {
    if (from == own_) continue;
    LinkSlot& slot = in[from];
    bad_ += slot.bad();
    if (draw == nullptr || (slot.missing && !crossing))
      rng_.fill(SlotView(slot.cell.bytes()).carried());
    const std::uint32_t to = draw != nullptr ? draw->relays[round_][from] : from;
    out_[to].cell = std::move(slot.cell);
  }
}

void Exchanger::receive(std::span<LinkSlot> in) {
  Draw* const draw = current();
  for (std::uint32_t last = 0; last < ranks_; ++last) {
    if (last == own_) continue;
    LinkSlot& slot = in[last];
    if (draw != nullptr) {
      const std::optional<TextHead> head =
          draw->circuits.open(exchange_, last, SlotView(slot.cell.bytes()), spare_.bytes());
      slot.unopened = !head;
      if (head && !slot.missing) keep(last, *head);
    }
    bad_ += slot.bad();
  }
}

// Its payload is in the spare buffer; a dummy's is overwritten by the next.
void Exchanger::keep(std::uint32_t last, const TextHead& head) {
  const std::optional<MessageInfo> info = read_head(head);
  Heard& heard = heard_[logical_ % heard_.size()];
  if (heard.logical != logical_) {
    heard.logical = logical_;
    std::fill(heard.real.begin(), heard.real.end(), false);
  }
  const std::uint8_t role = current()->circuits.received_role(last);
  if (!info || role == 0 || heard.real[last]) return;
  heard.real[last] = true;
  brought_->circuits.push_back({last, role, {*info, std::move(spare_)}});
  spare_ = stock_.take(setting_.capacity);
}

void Exchanger::seal_lane(std::uint32_t to, SlotView slot) {
  if (!showing_ || own_ == 0) return lane(to).seal(name(), slot.lane());
  const LanePiece piece = showing_->write(*aead_.keyed(show_keys_.front()), name(), slot.carried());
  lane(to).seal(name(), piece, slot.lane());
}

// With a pace slots are complete before their time. Without one each goes as soon as it is.
void Exchanger::make_ready() {
  for (std::uint32_t to = 0; paced() && to < ranks_; ++to)
    if (to != own_) dress(to);
  stage_ = Stage::kReady;
}

void Exchanger::dress(std::uint32_t to) {
  const SlotView view(out_[to].cell.bytes());
  write_name(name(), view.clear());
  if (draw_ == DrawNumber::kLanes && round_ == 0) rng_.fill(view.carried());
  if (has_lane(to))
    seal_lane(to, view);
  else if (draw_ == DrawNumber::kLanes)
    rng_.fill(view.lane());
  else
    std::fill(view.lane().begin(), view.lane().end(), std::byte{0});
  if (draw_ != DrawNumber::kLanes) links_->cover(to, name(), view);
}

// From the next rank on, so that not all begin with the same.
void Exchanger::send() {
  if (paced()) pace_.goes(place(), clock_.now());
  for (std::uint32_t i = 1; i < ranks_; ++i) {
    const std::uint32_t to = (own_ + i) % ranks_;
    if (!paced()) dress(to);
    transport_.send(static_cast<int>(to), std::move(out_[to].cell));
    out_[to] = {};
    ++counters_.sent;
  }
  since_ = clock_.now();
  stage_ = Stage::kWaiting;
}

std::optional<Nanoseconds> Exchanger::goes_at() const {
  if (stage_ != Stage::kReady || !paced()) return std::nullopt;
  return pace_.due(place());
}

void Exchanger::end() {
  if (own_ == 0) alarms_.exchange_ended(exchange_);
  if (showing_) return end_showing();
  for (std::uint32_t rank = 0; rank < ranks_; ++rank) {
    if (rank == own_ || !has_lane(rank)) continue;
    messages_.clear();
    lane(rank).end(messages_);
    for (Message& message : messages_) brought_->lanes.push_back({rank, std::move(message)});
  }
  late_exchanges_[own_] += late_;
  was_late_ = std::exchange(late_, false);
  brought_->bad = last_bad_ = bad_;
  all_bad_ += bad_;
  stage_ = Stage::kIdle;
  round_ = 0;
  ++exchange_;
  if (own_ == 0)
    hear_reports();
  else
    hear_owner();
  arrivals_.drop_other_draws(name(), [&](std::uint32_t from) { refuse(from, kOther); });
}

void Exchanger::hear_owner() {
  const std::optional<LaneHead>& heard = lane(0).heard();
  const bool back = heard && heard->word != 0;
  owner_is_lost_ = !heard || heard->draw > static_cast<std::uint8_t>(DrawNumber::kTraining) ||
                   (back && !may_go_back(logical_));
  if (owner_is_lost_) return cry();
  logical_ = next_logical(logical_, back);
  draw_ = DrawNumber{heard->draw};
  if (heard->word == LaneHead::kShow) begin_showing();
}

// Who was late counts that among its bad slots. Without a pace nobody is.
void Exchanger::hear_report(std::uint32_t rank, std::uint64_t exchange,
                            const std::optional<LaneHead>& heard) {
  const bool late = heard && paced() && heard->draw == LaneHead::kLate && heard->word > 0;
  reports_[rank].reset();
  if (heard) reports_[rank] = static_cast<std::uint8_t>(heard->word - (late && heard->word < 255));
  losses_.count(exchange, reports_[rank].value_or(1), late);
  late_exchanges_[rank] += late;
}

// Of the exchange before the one that ended; who said nothing may have lost everything.
void Exchanger::hear_reports() {
  const std::uint64_t ended = exchange_ - 1;
  losses_.count(ended, bad_ - was_late_, was_late_);
  for (std::uint32_t rank = 1; rank < ranks_ && ended > 0; ++rank)
    hear_report(rank, ended - 1, lane(rank).heard());
  logical_ = next_logical(logical_, announced_);
  draw_ = draw_after_;
  if (announced_ && blames_) return begin_showing();
  announced_ = losses_.announce(exchange_);
  blames_ = announced_ && losses_.lost() && limit_.exceeded(exchange_);
  if (blames_) blamed_reports_ = reports_;
}

// Of what comes now nothing is new: all say what they said of the exchange three before this one.
void Exchanger::begin_showing() {
  showing_.emplace(transcripts_.of(exchange_ - 1 - kRewind), own_, setting_.hops);
  draw_ = DrawNumber::kLanes;
  announced_ = false;
}

void Exchanger::end_showing() {
  stage_ = Stage::kIdle;
  round_ = 0;
  ++exchange_;
  showing_->exchange_ended();
  arrivals_.drop_other_draws(name(), [&](std::uint32_t from) { refuse(from, kOther); });
}

void Exchanger::show_to(Judge& judge) {
  judge_ = &judge;
  const Transcript& reporting = transcripts_.of(showing_->shown().exchange + 1);
  for (std::uint32_t rank = 1; rank < ranks_; ++rank)
    judge.report(rank, blamed_reports_[rank],
                 std::ranges::find(reporting.faults[rank], slot_fault::kLate) !=
                     reporting.faults[rank].end());
  showing_->read_own([&](const Shown& shown) { judge.show(shown); });
}

std::optional<std::uint32_t> Exchanger::broken() const {
  for (std::uint32_t rank = 1; own_ == 0 && rank < ranks_; ++rank)
    if (lane(rank).broken()) return rank;
  return std::nullopt;
}

// To each; the owner's is the first.
void Exchanger::cry() {
  for (std::uint32_t to = 0; to < ranks_; ++to) {
    if (to == own_) continue;
    CellBuffer cell = free_cell();
    if (!cell) return;
    Alarms::write(exchange_, to == 0 ? &lane(0) : nullptr, rng_, cell.bytes());
    transport_.send(static_cast<int>(to), std::move(cell));
    ++counters_.sent;
  }
}

}  // namespace mixnn
