#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/rounds/blame/transcripts.hpp"
#include "mixnn/rounds/circuits.hpp"
#include "mixnn/rounds/crossover.hpp"
#include "mixnn/rounds/keys.hpp"
#include "mixnn/rounds/links.hpp"

namespace mixnn {

// Slots that some ranks send over as many links each, which stand for all that they have; one rank
// is at all places of their way.
class SlotRound {
 public:
  SlotRound(AeadSuite suite, std::size_t ranks, std::size_t capacity)
      : aead_(make_bulk_aead(suite)),
        links_count_(static_cast<std::uint32_t>(std::min(ranks - 1, kMostLinks))),
        secret_(rng_.key()),
        circuits_(*aead_, kDraw, table(), secret_, capacity),
        crossover_(*aead_, kDraw, secret_, links_count_, links_count_ + 1,
                   slot_body_bytes(capacity)),
        links_(*aead_, link_keys(), kHops),
        message_(capacity) {
    const std::size_t of_rank = links_count_ * slot_bytes(capacity);
    const std::size_t senders = std::clamp<std::size_t>(kMostBytes / of_rank, 1, ranks);
    pool_ = std::make_unique<CellPool>(slot_bytes(capacity), senders * links_count_);
    for (std::size_t sender = 0; sender < senders; ++sender) {
      std::vector<LinkSlot>& slots = slots_.emplace_back(links_count_ + 1);  // the last: its own
      for (std::uint32_t link = 0; link < links_count_; ++link) slots[link].cell = pool_->take();
    }
    for (std::uint8_t link = 0; link <= links_count_; ++link) next_.push_back(link);
    const std::size_t kept = kKeptLogical * kept_rounds(kHops) * senders * of_rank;
    kept_.resize(std::max(of_rank, std::min(kept, kMostBytes)));
  }

  // Seconds a slot: sending, relaying, crossing, receiving.
  std::vector<double> once() {
    ++exchange_;
    const double sending = of_each([&](auto& slots) { send(slots); });
    const double first = of_each([&](auto& slots) { relay(slots, 0); });
    const double crossing = of_each([&](auto& slots) { cross(slots); });
    const double last = of_each([&](auto& slots) { relay(slots, kHops - 1); });
    return {sending, (first + last) / 2, crossing, of_each([&](auto& slots) { receive(slots); })};
  }

 private:
  static constexpr std::size_t kMostBytes = std::size_t{32} << 20;  // of all slots
  static constexpr std::size_t kMostLinks = 16;                     // of a rank that are timed
  static constexpr DrawNumber kDraw = DrawNumber::kTraining;
  static constexpr std::uint8_t kHops = 3;  // with fewer a cover or two less

  DrawTable table() {
    DrawTable table{std::vector<DrawTable::Sender>(links_count_),
                    {},
                    std::vector<DrawTable::Receiver>(links_count_)};
    for (std::uint32_t link = 0; link < links_count_; ++link) {
      table.sends[link].p = p_key(secret_, kDraw, link);
      table.receives[link].q = q_key(secret_, kDraw, link);
      table.receives[link].k = k_key(secret_, kDraw, link);
    }
    return table;
  }
  std::vector<RankTable::Link> link_keys() {
    std::vector<RankTable::Link> keys(links_count_);
    for (RankTable::Link& key : keys) key.to = key.from = rng_.key();
    return keys;
  }
  SlotName name(int round) const { return {exchange_, static_cast<std::uint8_t>(round), kDraw}; }

  template <class Work>
  double of_each(const Work& work) {
    const Stopwatch watch;
    for (std::vector<LinkSlot>& slots : slots_) work(slots);
    return watch.seconds() / static_cast<double>(slots_.size() * links_count_);
  }
  void each_link(std::vector<LinkSlot>& slots, const auto& work) {
    for (std::uint32_t link = 0; link < links_count_; ++link)
      work(link, SlotView(slots[link].cell.bytes()));
  }
  void send(std::vector<LinkSlot>& slots) {
    each_link(slots, [&](std::uint32_t link, SlotView slot) {
      circuits_.seal(exchange_, link, nullptr, slot);
      links_.cover(link, name(0), slot);
    });
  }
  void relay(std::vector<LinkSlot>& slots, std::uint8_t round) {
    each_link(slots, [&](std::uint32_t link, SlotView slot) {
      links_.uncover(link, name(round), slot);
      keep(slot.carried());
      links_.cover(link, name(round + 1), slot);
    });
  }
  // For blame, as Transcripts do.
  void keep(ConstBytes carried) {
    if (kept_at_ + carried.size() > kept_.size()) kept_at_ = 0;
    copy_bytes(carried, Bytes(kept_).subspan(kept_at_, carried.size()));
    kept_at_ += carried.size();
  }
  void cross(std::vector<LinkSlot>& slots) {
    each_link(slots,
              [&](std::uint32_t link, SlotView slot) { links_.uncover(link, name(1), slot); });
    crossover_.pass(exchange_, next_, slots);
    each_link(slots, [&](std::uint32_t link, SlotView slot) { links_.cover(link, name(2), slot); });
  }
  void receive(std::vector<LinkSlot>& slots) {
    each_link(slots, [&](std::uint32_t link, SlotView slot) {
      links_.uncover(link, name(kHops), slot);
      const bool opened = circuits_.open(exchange_, link, slot, message_.bytes()).has_value();
      MIXNN_CHECK(opened, "a slot of our own is good");
    });
  }

  Csprng rng_;
  std::unique_ptr<BulkAead> aead_;
  std::uint32_t links_count_;
  Key secret_;
  Circuits circuits_;
  Crossover crossover_;
  Links links_;
  AlignedBuffer message_;
  std::unique_ptr<CellPool> pool_;
  std::vector<std::vector<LinkSlot>> slots_;  // by sender
  std::vector<std::uint8_t> next_;
  std::vector<std::byte> kept_;
  std::size_t kept_at_ = 0;
  std::uint64_t exchange_ = 0;
};

}  // namespace mixnn
