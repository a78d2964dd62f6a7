#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/rounds/arrivals.hpp"
#include "mixnn/rounds/blame/alarms.hpp"
#include "mixnn/rounds/blame/judge.hpp"
#include "mixnn/rounds/blame/showing.hpp"
#include "mixnn/rounds/circuits.hpp"
#include "mixnn/rounds/crossover.hpp"
#include "mixnn/rounds/lane.hpp"
#include "mixnn/rounds/links.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/rounds/round_clock.hpp"
#include "mixnn/rounds/round_times.hpp"
#include "mixnn/transport/transport.hpp"
#include "mixnn/wire/assembly.hpp"
#include "mixnn/wire/report.hpp"

namespace mixnn {

// Public, and the same for all ranks.
struct RoundSetting {
  std::size_t hops = 3;      // 1..3
  std::size_t capacity = 0;  // bytes of the largest message
  // After so long what has not come is missing, if its sender's next slot is here: then it was lost
  // on its way. If not, the sender may itself be waiting, and has as long again.
  Nanoseconds patience = std::chrono::seconds(20);
  Nanoseconds period{0};  // of a round; 0: as fast as they can
};
inline constexpr int kPatientRounds = 50;  // the patience is as many periods at least

// What one exchange brought a rank.
struct Brought {
  struct OnCircuit {
    std::uint32_t last = 0;  // the circuit, by its last link
    std::uint8_t role = 0;
    Message message;  // its payload is padded to the capacity
  };
  struct OnLane {
    std::uint32_t rank = 0;  // at the other end
    Message message;
  };
  std::uint64_t exchange = 0, logical = 0;
  std::uint64_t bad = 0;  // slots that were missing or did not open, of all rounds
  std::vector<OnCircuit> circuits;
  std::vector<OnLane> lanes;
};

// One rank's part in the exchanges of a job: in each round it sends every other rank one slot,
// takes one from each, and works on them when all are here or the patience is over. Rank 0 is the
// owner. What it sends, when and where, follows from public numbers alone, and so does the work,
// except for the message that a real text makes.
//
// Slots of the round to come are kept; others that are not waited for, come again or do not say
// what they are to say are dropped and counted. Never blocks.
class Exchanger {
 public:
  // `lanes`: the owner's by rank, its own unused; another rank's has one, to the owner. `aead` and
  // `clock` must outlive it.
  Exchanger(Transport& transport, const BulkAead& aead, const Clock& clock,
            const RoundSetting& setting, std::span<const LaneKeys> lanes);
  ~Exchanger();
  Exchanger(const Exchanger&) = delete;
  Exchanger& operator=(const Exchanger&) = delete;

  // Between exchanges, for all ranks in the same place, and where nothing is gone back to behind
  // it: the tables of a key epoch, and this rank's secret with the owner in it.
  void install(const RankTable& table, const Key& secret);
  void rekey_lane(std::uint32_t rank, const LaneKeys& keys);

  // Says a message to the owner (0), or as the owner to a rank. Cut when an exchange begins.
  void say(std::uint32_t rank, const MessageInfo& info, ConstBytes payload);
  bool all_said(std::uint32_t rank) const { return lane(rank).all_said(); }

  // Of the exchange under way, or else of the one to begin.
  std::uint64_t exchange() const { return exchange_; }
  std::uint64_t logical() const { return logical_; }
  DrawNumber draw() const { return draw_; }
  // The owner's, before an exchange begins: the logical number of the one behind it.
  std::uint64_t logical_after() const { return next_logical(logical_, announced_); }
  // The circuit of this rank that has that role in that draw: its first link.
  std::optional<std::uint32_t> first_link(DrawNumber draw, std::uint8_t role) const;

  // Begins an exchange: `said`, at most one for each first link, stays until it has ended. The
  // owner says which draw the exchange behind it has; the others hear it. Throws RunError where
  // nothing came of the owner in the last exchange.
  void begin(std::span<const Said> said, DrawNumber draw_after = DrawNumber::kLanes);
  // Before begin(): something is due in it that is not ready. It counts as a bad slot, so all go
  // back to it, and who could not say it in time says it then.
  void be_late() { late_ = true; }
  bool late() const { return late_; }  // in the exchange under way, or to begin
  // The owner's: exchanges in which that rank was.
  std::uint64_t late_exchanges(std::uint32_t rank) const { return late_exchanges_.at(rank); }
  // Takes what has come and goes on as far as it can. False if there was nothing to do.
  bool poll();
  // Between exchanges: whether a slot of the next is here.
  bool any_has_begun() const { return arrivals_.any_here(name()); }
  bool under_way() const { return stage_ != Stage::kIdle; }
  // Between exchanges, for all ranks in the same place.
  void set_period(Nanoseconds period) {
    MIXNN_CHECK(!under_way(), "another pace in an exchange");
    pace_.set_period(period);
  }
  Nanoseconds period() const { return pace_.period(); }
  // When the slots of a round go that are ready and wait for their time; nothing if none do.
  std::optional<Nanoseconds> goes_at() const;
  // What its last rounds took, with a pace: from its own slots to all work on those of the others.
  const RoundTimes& times() const { return times_; }
  // What the exchange that ended last brought; once. Each message of a circuit and logical number
  // is handed out once, however often it comes.
  std::optional<Brought> take();
  void recycle(AlignedBuffer buffer) { stock_.put(std::move(buffer)); }
  BufferStock& stock() { return stock_; }
  const BufferStock& stock() const { return stock_; }

  const CellCounters& counters() const { return counters_; }   // of slots
  std::uint64_t bad() const { return all_bad_; }               // slots, of all exchanges
  std::uint64_t rewinds() const { return losses_.rewinds(); }  // the owner's
  const LossBook& losses() const { return losses_; }           // the owner's
  const CellPool& pool() const { return *pool_; }
  const BulkAead& aead() const { return aead_; }

  // The owner's: after more rewinds than these in a window all ranks show what came to them in the
  // exchange that is gone back to, and say nothing more (blame/showing.hpp).
  void limit_rewinds(std::size_t most) { limit_ = RewindLimit(most); }
  bool showing() const { return showing_.has_value(); }
  bool has_shown() const { return showing_ && showing_->over(); }
  // The owner's, once all are showing: what is to be judged, by whom. `judge` must stay.
  const Transcript& shown() const { return showing_->shown(); }
  void show_to(Judge& judge);
  // The owner's: a rank that has not heard it in a whole exchange says so, and in which; a rank of
  // which nothing came in the last one. Neither can go on.
  const Alarms& alarms() const { return alarms_; }
  // The owner's: a rank whose lane says what nobody writes.
  std::optional<std::uint32_t> broken() const;

 private:
  enum class Stage : std::uint8_t { kIdle, kSealing, kReady, kWaiting };
  struct Draw {
    std::vector<std::vector<std::uint8_t>> relays;  // as in its table
    Circuits circuits;
    Crossover crossover;
  };
  struct Heard {
    std::uint64_t logical = 0;
    std::vector<bool> real;  // by last link
  };

  Draw make_draw(DrawNumber number, const DrawTable& table, const Key& secret) const;
  Draw* current();
  SlotName name() const { return {exchange_, round_, draw_}; }
  bool paced() const { return pace_.period() > Nanoseconds{0}; }
  std::uint64_t place() const { return exchange_ * (setting_.hops + 1) + round_; }
  bool has_lane(std::uint32_t other) const { return own_ == 0 || other == 0; }
  Lane& lane(std::uint32_t rank) { return *lanes_[own_ == 0 ? rank : 0]; }
  const Lane& lane(std::uint32_t rank) const { return *lanes_[own_ == 0 ? rank : 0]; }

  void refuse(std::uint32_t from, std::size_t reason);
  bool advance();
  // The owner may let others wait for its first slot of an exchange as long as it likes.
  bool owner_has_begun() const { return arrivals_.has(name(), 0); }
  bool waited_enough() const;
  bool may_work();
  CellBuffer free_cell();
  bool fill(std::span<LinkSlot> slots);
  void seal_own();
  void seal_lane(std::uint32_t to, SlotView slot);
  void cry();
  void take_in(std::span<LinkSlot> in);
  void relay(std::span<LinkSlot> in);
  void receive(std::span<LinkSlot> in);
  void keep(std::uint32_t last, const TextHead& head);
  void make_ready();
  void dress(std::uint32_t to);
  void send();
  void end();
  void end_showing();
  void begin_showing();
  void hear_owner();
  void hear_report(std::uint32_t rank, std::uint64_t exchange,
                   const std::optional<LaneHead>& heard);
  void hear_reports();

  Transport& transport_;
  const BulkAead& aead_;
  const Clock& clock_;
  RoundSetting setting_;
  std::uint32_t own_, ranks_;
  Csprng rng_;
  std::unique_ptr<CellPool> pool_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::optional<Links> links_;
  std::optional<Draw> bulk_, training_;

  RoundClock pace_;
  RoundTimes times_;
  Stage stage_ = Stage::kIdle;
  std::uint64_t exchange_ = 0, logical_ = 0;
  std::uint8_t round_ = 0;
  DrawNumber draw_ = DrawNumber::kLanes, draw_after_ = DrawNumber::kLanes;
  bool announced_ = false;                // the owner: by the exchange under way, or to begin
  bool owner_is_lost_ = false;            // nothing came of it in the last exchange
  bool late_ = false, was_late_ = false;  // of the exchange under way, or to begin; of the last
  std::vector<std::uint64_t> late_exchanges_;  // by rank
  Nanoseconds since_{0};                       // when the last round went out
  Arrivals arrivals_;
  std::vector<LinkSlot> out_;         // by link
  std::vector<const Said*> said_on_;  // by first link
  std::uint64_t bad_ = 0, last_bad_ = 0, all_bad_ = 0;
  std::array<Heard, kKeptLogical> heard_;  // by logical number, in turns
  std::optional<Brought> brought_;
  LossBook losses_;
  RewindLimit limit_{~std::size_t{0}};
  bool blames_ = false;  // the owner: the exchange that announces going back
  std::vector<std::optional<std::uint8_t>> reports_, blamed_reports_;  // the owner: by rank
  Transcripts transcripts_;
  std::vector<Key> show_keys_;  // by lane
  std::optional<Showing> showing_;
  Judge* judge_ = nullptr;
  Alarms alarms_;
  BufferStock stock_;
  AlignedBuffer spare_;
  std::vector<Message> messages_;  // of a lane
  CellCounters counters_;
};

}  // namespace mixnn
