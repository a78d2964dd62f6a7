#pragma once
#include "mixnn/base/function_ref.hpp"
#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/rounds/arrivals.hpp"
#include "mixnn/rounds/blame/transcripts.hpp"
#include "mixnn/rounds/lane_stream.hpp"

namespace mixnn {

// What a rank shows the owner of one slot of the exchange that is looked into.
struct Shown {
  std::uint32_t rank = 0, link = 0;  // that the slot came to, and that it came from
  std::size_t kept = 0;              // of kept rounds: which
  Faults faults{};                   // of that link
  ConstBytes carried;
};

// All ranks show the owner what came to them in one exchange, in exchanges without circuits, all
// alike: in each round, on the link to the owner, one slot that they keep, sealed, in the place of
// random bytes, and in the lane its tag and what was wrong with that link's slots. Then nothing
// more is said: the run ends.
//
//   piece = tag (16) | faults by round (4)
class Showing {
 public:
  Showing(const Transcript& shown, std::uint32_t own, std::size_t hops);

  const Transcript& shown() const { return shown_; }
  std::size_t exchanges() const;  // that it takes
  bool over() const { return ended_ >= exchanges(); }
  void exchange_ended() { ++ended_; }

  // `key` (show_key) is that of the rank that shows. What it shows in this round: seals that into
  // `carried`.
  LanePiece write(const KeyedAead& key, const SlotName& name, Bytes carried) const;
  // The owner's: what the rank shows in this round, to `take`. Not what does not open; `carried` is
  // changed.
  void read(const KeyedAead& key, const SlotName& name, std::uint32_t rank, const LanePiece& piece,
            Bytes carried, FunctionRef<void(const Shown&)> take) const;
  // Nobody waits there for anybody but the owner, which waits for all: once, `over`, and long
  // enough for those that had to wait in the exchanges before; then it gives up those that are
  // missing.
  bool may_work(const Arrivals& arrivals, const SlotName& now, bool over);
  // What the owner itself has.
  void read_own(FunctionRef<void(const Shown&)> take) const;

 private:
  std::size_t ranks() const { return shown_.faults.size(); }
  std::size_t slots() const { return kept_rounds(hops_) * (ranks() - 1); }
  std::size_t place(const SlotName& name) const { return ended_ * (hops_ + 1) + name.round; }
  Shown at(std::uint32_t rank, std::size_t place) const;

  const Transcript& shown_;
  std::uint32_t own_;
  std::size_t hops_, ended_ = 0;
  std::vector<bool> given_up_;  // by rank: the owner does not wait for it any more
};

}  // namespace mixnn
