#include "mixnn/rounds/lane_stream.hpp"

#include <algorithm>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

LaneQueue::~LaneQueue() {
  for (std::vector<std::byte>& message : messages_) wipe(message);
  for (LanePieces& pieces : cuts_)
    for (LanePiece& piece : pieces) wipe(piece.bytes);
}

void LaneQueue::say(const MessageInfo& info, ConstBytes payload) {
  MIXNN_CHECK(payload.size() <= LaneAssembly::kMostBytes, "a message larger than a lane takes");
  const auto bytes = static_cast<std::uint32_t>(payload.size());
  std::vector<std::byte> message(sizeof bytes + std::tuple_size_v<EncodedInfo> + payload.size());
  const Bytes place(message);
  copy_bytes(bytes_of(std::span(&bytes, 1)), place);
  copy_bytes(encode_info(info), place.subspan(sizeof bytes));
  copy_bytes(payload, place.last(payload.size()));
  messages_.push_back(std::move(message));
}

const LanePieces& LaneQueue::cut(std::uint64_t logical) {
  MIXNN_CHECK(logical <= next_ && logical + kKeptLogical >= next_, "a lane's exchange out of turn");
  LanePieces& pieces = cuts_[logical % kKeptLogical];
  if (logical == next_) {
    ++next_;
    for (std::size_t round = 0; round < rounds_; ++round) fill(pieces[round]);
  }
  return pieces;
}

void LaneQueue::fill(LanePiece& piece) {
  piece = {};
  while (piece.length < kPieceBytes && !messages_.empty()) {
    std::vector<std::byte>& message = messages_.front();
    const std::size_t some = std::min(kPieceBytes - piece.length, message.size() - said_);
    copy_bytes(Bytes(message).subspan(said_, some), Bytes(piece.bytes).subspan(piece.length));
    piece.length = static_cast<std::uint16_t>(piece.length + some);
    said_ += some;
    if (said_ < message.size()) return;
    wipe(message);
    messages_.pop_front();
    said_ = 0;
  }
}

void LaneAssembly::take(ConstBytes piece, std::vector<Message>& out) {
  while (!broken_ && !piece.empty()) {
    const bool in_head = head_bytes_ < head_.size();
    const Bytes place = in_head ? Bytes(head_).subspan(head_bytes_)
                                : message_.payload.bytes().subspan(payload_bytes_);
    const ConstBytes some = piece.first(std::min(place.size(), piece.size()));
    copy_bytes(some, place);
    piece = piece.subspan(some.size());
    (in_head ? head_bytes_ : payload_bytes_) += some.size();
    if (in_head && (head_bytes_ < head_.size() || !begin_message())) continue;
    if (payload_bytes_ < message_.payload.size()) continue;
    out.push_back(std::move(message_));
    message_ = {};
    head_bytes_ = payload_bytes_ = 0;
  }
}

bool LaneAssembly::begin_message() {
  ByteReader in(head_);
  const std::size_t bytes = in.get<std::uint32_t>();
  const std::optional<MessageInfo> info = decode<MessageInfo>(in.rest());
  broken_ = bytes > most_ || !info;
  if (broken_) return false;
  message_ = {*info, AlignedBuffer(bytes)};
  return true;
}

}  // namespace mixnn
