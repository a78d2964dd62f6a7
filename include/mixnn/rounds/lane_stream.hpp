#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "mixnn/base/bytes.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/rounds/slot.hpp"
#include "mixnn/wire/message.hpp"

namespace mixnn {

// The stream that one direction of a lane carries, a piece in each round:
//
//   u32 bytes of the payload | MessageInfo (32) | payload, and so on
//
// A whole exchange's pieces are cut when it begins, and are the same when its logical number comes
// again. Messages may hold keys: their bytes are wiped when they have been said.
inline constexpr std::size_t kPieceBytes = 236;
struct LanePiece {
  std::uint16_t length = 0;
  std::array<std::byte, kPieceBytes> bytes{};
};
using LanePieces = std::array<LanePiece, kMaxRoundHops + 1>;

// That a message of so many bytes takes, if nothing else is said.
constexpr std::uint64_t lane_exchanges(std::size_t payload_bytes, std::size_t rounds) {
  const std::size_t bytes = 4 + std::tuple_size_v<EncodedInfo> + payload_bytes;
  return (bytes + kPieceBytes * rounds - 1) / (kPieceBytes * rounds);
}

// What is to be said.
class LaneQueue {
 public:
  explicit LaneQueue(std::size_t rounds) : rounds_(rounds) {}
  ~LaneQueue();
  LaneQueue(const LaneQueue&) = delete;
  LaneQueue& operator=(const LaneQueue&) = delete;

  void say(const MessageInfo& info, ConstBytes payload);
  bool empty() const { return messages_.empty(); }
  // The pieces of the exchange with this logical number; it is the next, or one of the last ones
  // (kKeptLogical).
  const LanePieces& cut(std::uint64_t logical);

 private:
  void fill(LanePiece& piece);

  std::size_t rounds_;
  std::deque<std::vector<std::byte>> messages_;  // as they are sent
  std::size_t said_ = 0;                         // bytes of the first
  std::array<LanePieces, kKeptLogical> cuts_;
  std::uint64_t next_ = 0;  // not cut yet
};

// What has come, put together. From someone who claims a message of more than `most` bytes, or one
// that nobody writes, nothing is taken any more.
class LaneAssembly {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;
  explicit LaneAssembly(std::size_t most = kMostBytes) : most_(most) {}

  // Appends the messages that are complete by this piece.
  void take(ConstBytes piece, std::vector<Message>& out);
  bool broken() const { return broken_; }

 private:
  bool begin_message();

  std::size_t most_;
  std::array<std::byte, sizeof(std::uint32_t) + std::tuple_size_v<EncodedInfo>> head_;
  std::size_t head_bytes_ = 0, payload_bytes_ = 0;  // that have come
  Message message_;
  bool broken_ = false;
};

}  // namespace mixnn
