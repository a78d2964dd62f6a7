#include "mixnn/rounds/blame/transcripts.hpp"

#include <algorithm>

namespace mixnn {
namespace {

std::size_t carried_bytes(std::size_t capacity) {
  return 2 * kAeadTagBytes + slot_body_bytes(capacity);
}

std::uint8_t faults_of(const LinkSlot& slot) {
  if (slot.missing) return slot_fault::kMissing;
  return static_cast<std::uint8_t>((slot.lane_bad ? slot_fault::kLane : 0) |
                                   (slot.unopened ? slot_fault::kUnopened : 0));
}

}  // namespace

Transcripts::Transcripts(std::uint32_t own, std::uint32_t ranks, std::size_t hops,
                         std::size_t capacity)
    : own_(own), hops_(hops) {
  for (Transcript& kept : kept_) {
    kept.faults.resize(ranks);
    kept.carried = carried_bytes(capacity);
    kept.slots.resize(kept_rounds(hops) * ranks * kept.carried);
  }
}

std::size_t Transcripts::bytes(std::size_t ranks, std::size_t hops, std::size_t capacity) {
  return kKeptLogical * kept_rounds(hops) * ranks * carried_bytes(capacity);
}

void Transcripts::begin(std::uint64_t exchange, DrawNumber draw) {
  exchange_ = exchange;
  now().exchange = exchange;
  now().draw = draw;
  std::ranges::fill(now().faults, Faults{});
}

void Transcripts::keep(std::uint8_t round, std::span<const LinkSlot> in) {
  if (now().draw == DrawNumber::kLanes) return;
  for (std::size_t i = 0; i < kept_rounds(hops_); ++i)
    for (std::uint32_t link = 0; kept_round(hops_, i) == round && link < in.size(); ++link) {
      if (link == own_ || in[link].missing) continue;
      Transcript& kept = now();
      copy_bytes(SlotView(in[link].cell.bytes()).carried(),
                 Bytes(kept.slots).subspan((i * in.size() + link) * kept.carried, kept.carried));
    }
}

void Transcripts::note(std::uint8_t round, std::span<const LinkSlot> in) {
  for (std::uint32_t link = 0; link < in.size(); ++link)
    if (link != own_) now().faults[link][round] = faults_of(in[link]);
}

void Transcripts::came_late(const SlotName& name, std::uint32_t link) {
  Transcript& kept = kept_[name.exchange % kept_.size()];
  if (kept.exchange != name.exchange) return;
  std::uint8_t& faults = kept.faults[link][name.round];
  if (faults == slot_fault::kMissing) faults = slot_fault::kLate;
}

const Transcript& Transcripts::of(std::uint64_t exchange) const {
  const Transcript& kept = kept_[exchange % kept_.size()];
  MIXNN_CHECK(kept.exchange == exchange, "an exchange that is not kept");
  return kept;
}

}  // namespace mixnn
