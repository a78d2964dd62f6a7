#include "mixnn/rounds/lane.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLaneText = kSlotLane - kAeadTagBytes;
static_assert(kLaneText == 4 + kPieceBytes);

}  // namespace

Lane::Lane(const BulkAead& aead, const Key& out, const Key& in, std::size_t rounds,
           std::size_t most)
    : rounds_(rounds), queue_(rounds), assembly_(most) {
  rekey(aead, out, in);
}

void Lane::rekey(const BulkAead& aead, const Key& out, const Key& in) {
  out_key_ = aead.keyed(out);
  in_key_ = aead.keyed(in);
}

void Lane::begin(std::uint64_t logical, const LaneHead& head) {
  logical_ = logical;
  head_ = head;
  saying_ = &queue_.cut(logical);
  opened_ = 0;
  heard_.reset();
}

void Lane::seal(const SlotName& name, const LanePiece& piece, Bytes lane) const {
  std::array<std::byte, kLaneText> text;
  text[0] = std::byte{head_.word};
  text[1] = std::byte{head_.draw};
  copy_bytes(bytes_of(std::span(&piece.length, 1)), Bytes(text).subspan(2));
  copy_bytes(piece.bytes, Bytes(text).last(kPieceBytes));
  out_key_->seal(name.nonce(), text, lane.first(kLaneText), lane.last(kAeadTagBytes));
  wipe(text);
}

bool Lane::open(const SlotName& name, ConstBytes lane) {
  std::array<std::byte, kLaneText> text;
  if (!in_key_->open(name.nonce(), lane.first(kLaneText), lane.last(kAeadTagBytes), text))
    return false;
  ByteReader in(text);
  const LaneHead head{in.get<std::uint8_t>(), in.get<std::uint8_t>()};
  LanePiece& piece = came_[name.round];
  piece.length = in.get<std::uint16_t>();
  copy_bytes(in.rest(), piece.bytes);
  wipe(text);
  if (piece.length > kPieceBytes) return false;
  if (!heard_) heard_ = head;
  ++opened_;
  return true;
}

void Lane::end(std::vector<Message>& out) {
  if (opened_ < rounds_ || logical_ != expected_) return;
  ++expected_;
  for (std::size_t round = 0; round < rounds_; ++round) {
    LanePiece& piece = came_[round];
    assembly_.take(Bytes(piece.bytes).first(piece.length), out);
    wipe(piece.bytes);
  }
}

}  // namespace mixnn
