#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/rounds/lane_stream.hpp"

namespace mixnn {

// Of one rank and the owner, each for what goes one way.
struct LaneKeys {
  Key from_owner, to_owner;
};

// What stands before the stream in every round, fixed for the exchange.
struct LaneHead {
  std::uint8_t word = 0;  // to the owner: bad slots of the last exchange; from it: as below, or 0
  std::uint8_t draw = 0;  // from the owner: of the next exchange; to it: kLate or 0
  // All go back; all go back once too often, and show what came to them (blame/showing.hpp).
  static constexpr std::uint8_t kGoBack = 3, kShow = 4;
  static constexpr std::uint8_t kLate = 1;  // in the last exchange something due was not ready
  bool operator==(const LaneHead&) const = default;
};

// The control lane between the owner and one rank, as one of the two holds it: a sealed text of the
// same size on their link in every round.
//
//   lane = sealed text (240) | tag (16)
//   text = head (2) | bytes of the piece u16 | piece (236), zeros behind its end
//
// What came is handed out in the order of logical numbers, each exchange's once and only if all of
// its pieces came; the others come again.
class Lane {
 public:
  // Keys of what goes out and of what comes in, where no message has more than `most` bytes. `aead`
  // must outlive it. A message that is being said or put together goes on over a change of keys.
  Lane(const BulkAead& aead, const Key& out, const Key& in, std::size_t rounds,
       std::size_t most = LaneAssembly::kMostBytes);
  void rekey(const BulkAead& aead, const Key& out, const Key& in);

  void say(const MessageInfo& info, ConstBytes payload) { queue_.say(info, payload); }
  bool all_said() const { return queue_.empty(); }

  void begin(std::uint64_t logical, const LaneHead& head);
  void seal(const SlotName& name, Bytes lane) const { seal(name, (*saying_)[name.round], lane); }
  // Another piece than that of the stream.
  void seal(const SlotName& name, const LanePiece& piece, Bytes lane) const;
  // Each round once; false if it does not open.
  [[nodiscard]] bool open(const SlotName& name, ConstBytes lane);
  const LanePiece& opened(std::uint8_t round) const { return came_[round]; }
  // What the rounds of this exchange said so far; nothing if none has opened.
  const std::optional<LaneHead>& heard() const { return heard_; }
  // Appends the messages that this exchange completes.
  void end(std::vector<Message>& out);
  bool broken() const { return assembly_.broken(); }  // nothing is taken of it any more

 private:
  std::size_t rounds_;
  std::unique_ptr<KeyedAead> out_key_, in_key_;
  LaneQueue queue_;
  LaneAssembly assembly_;
  std::uint64_t logical_ = 0, expected_ = 0;  // of this exchange; of the next that is taken
  LaneHead head_;
  const LanePieces* saying_ = nullptr;
  LanePieces came_;
  std::size_t opened_ = 0;
  std::optional<LaneHead> heard_;
};

}  // namespace mixnn
