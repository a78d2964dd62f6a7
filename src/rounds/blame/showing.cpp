#include "mixnn/rounds/blame/showing.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::size_t kPieceLength = kAeadTagBytes + std::tuple_size_v<Faults>;

}  // namespace

Showing::Showing(const Transcript& shown, std::uint32_t own, std::size_t hops)
    : shown_(shown), own_(own), hops_(hops), given_up_(ranks()) {}

std::size_t Showing::exchanges() const { return (slots() + hops_) / (hops_ + 1); }

// Links in the order of ranks, without the rank itself.
Shown Showing::at(std::uint32_t rank, std::size_t place) const {
  Shown shown;
  shown.rank = rank;
  shown.kept = place / (ranks() - 1);
  shown.link = static_cast<std::uint32_t>(place % (ranks() - 1));
  shown.link += shown.link >= rank;
  return shown;
}

LanePiece Showing::write(const KeyedAead& key, const SlotName& name, Bytes carried) const {
  LanePiece piece;
  piece.length = kPieceLength;
  if (place(name) >= slots()) return piece;
  const Shown mine = at(own_, place(name));
  key.seal(name.nonce(), shown_.slot(mine.kept, mine.link), carried,
           Bytes(piece.bytes).first(kAeadTagBytes));
  copy_bytes(std::as_bytes(std::span(shown_.faults[mine.link])),
             Bytes(piece.bytes).subspan(kAeadTagBytes));
  return piece;
}

void Showing::read(const KeyedAead& key, const SlotName& name, std::uint32_t rank,
                   const LanePiece& piece, Bytes carried,
                   FunctionRef<void(const Shown&)> take) const {
  if (place(name) >= slots() || piece.length != kPieceLength) return;
  const ConstBytes tag = ConstBytes(piece.bytes).first(kAeadTagBytes);
  if (!key.open(name.nonce(), carried, tag, carried)) return;
  Shown shown = at(rank, place(name));
  copy_bytes(ConstBytes(piece.bytes).subspan(kAeadTagBytes, shown.faults.size()),
             std::as_writable_bytes(std::span(shown.faults)));
  shown.carried = carried;
  take(shown);
}

bool Showing::may_work(const Arrivals& arrivals, const SlotName& now, bool over) {
  if (own_ != 0) return arrivals.has(now, 0);
  bool all = true;
  for (std::uint32_t from = 1; from < ranks(); ++from) {
    const bool here = arrivals.has(now, from);
    if (over && !here) given_up_[from] = true;
    all = all && (here || given_up_[from]);
  }
  return all;
}

void Showing::read_own(FunctionRef<void(const Shown&)> take) const {
  for (std::size_t i = 0; i < slots(); ++i) {
    Shown mine = at(own_, i);
    mine.faults = shown_.faults[mine.link];
    mine.carried = shown_.slot(mine.kept, mine.link);
    take(mine);
  }
}

}  // namespace mixnn
