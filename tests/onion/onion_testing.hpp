#pragma once
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

#include "crypto/crypto_testing.hpp"
#include "mixnn/onion/issuer.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/slot.hpp"
#include "mixnn/onion/wrap.hpp"

namespace mixnn::testing {

using Cell = std::vector<std::byte>;
inline constexpr unsigned kBits = 10;  // of a serial
inline constexpr std::size_t kSmallBody = body_bytes(kMinCellBytes);

inline std::vector<AeadSuite> suites() {
  std::vector<AeadSuite> all{AeadSuite::kChaCha20Poly1305};
  if (aes256gcm_available()) all.push_back(AeadSuite::kAes256Gcm);
  return all;
}

// Takes every payload, or refuses all of them.
class Inbox final : public PayloadSink {
 public:
  explicit Inbox(std::size_t body = kSmallBody) : payload(body) {}
  Bytes place(const Delivery&) override {
    ++asked;
    return refuse ? Bytes() : Bytes(payload);
  }

  Cell payload;
  bool refuse = false;
  int asked = 0;
};

inline const Forward* forward_of(const Peeled& peeled) { return std::get_if<Forward>(&peeled); }
inline const Deliver* deliver_of(const Peeled& peeled) { return std::get_if<Deliver>(&peeled); }
inline std::optional<RejectReason> reject_of(const Peeled& peeled) {
  const Reject* const reject = std::get_if<Reject>(&peeled);
  return reject != nullptr ? std::optional(reject->reason) : std::nullopt;
}

// An owner and the nodes that it shares keys with, without any transport. Rank 0 is the owner.
class Network {
 public:
  explicit Network(std::size_t ranks, std::uint8_t seed = 1,
                   AeadSuite suite = AeadSuite::kChaCha20Poly1305, unsigned bits = kBits)
      : rng(seed_key(seed)),
        aead(make_bulk_aead(suite)),
        keys(make_keys(ranks)),
        issuer(keys, bits, *aead, rng) {
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
      nodes.push_back(std::make_unique<Peeler>(keys[rank], bits, *aead, rng));
  }

  // Each node and the owner agree on what goes into the keys of the next epoch; by rank.
  std::vector<Key> agree() {
    std::vector<Key> fresh;
    for (std::uint32_t rank = 0; rank < keys.size(); ++rank) {
      const X25519KeyPair half = X25519KeyPair::from_secret(rng.key());
      fresh.push_back(half.shared_with(issuer.offer(rank)).value());
      MIXNN_CHECK(issuer.agree(rank, half.public_key), "no agreement");
      nodes[rank]->agree(fresh.back());
    }
    return fresh;
  }
  // To the next epoch; nodes go on with the first cell that comes.
  std::vector<Key> ratchet() {
    const std::vector<Key> fresh = agree();
    for (std::size_t rank = 0; rank < keys.size(); ++rank)
      keys[rank] = keys[rank].next(fresh[rank]);
    issuer.ratchet();
    return fresh;
  }

  // A ticket over relays 1, 2, .. hops to the rank after them.
  Ticket ticket(std::size_t hops, std::uint32_t cells = 1) {
    return issuer.issue(path(hops), receiver(hops), cells, kNote);
  }
  static std::vector<std::uint32_t> path(std::size_t hops) {
    std::vector<std::uint32_t> relays(hops);
    std::iota(relays.begin(), relays.end(), 1u);
    return relays;
  }
  static std::uint32_t receiver(std::size_t hops) { return static_cast<std::uint32_t>(hops + 1); }

  Cell wrapped(const Ticket& ticket, std::uint32_t index, ConstBytes payload,
               std::size_t cell_bytes = kMinCellBytes) {
    Cell cell(cell_bytes, std::byte{0xee});  // whatever was in it
    wrap(ticket, index, payload, *aead, rng, cell);
    return cell;
  }
  Peeled peel(std::uint32_t rank, Cell& cell, PayloadSink& sink) {
    return nodes[rank]->peel(cell, sink);
  }
  Peeled peel(std::uint32_t rank, Cell& cell) {
    Inbox inbox(body_bytes(cell.size()));
    return peel(rank, cell, inbox);
  }

  // What the slot in front of a cell says, to whoever has the key of this rank in this epoch.
  std::optional<SlotText> slot(std::uint32_t rank, ConstBytes cell) const {
    std::array<std::byte, kSlotTextBytes> text;
    if (!open_box(keys[rank].slot_key(), cell.first(kSlotBytes), text)) return std::nullopt;
    return read_slot(text);
  }

  // The cell on each link of its path over relays 1, 2, ...: as sent, and as each relay forwarded
  // it.
  std::vector<Cell> links(std::size_t hops, Cell cell) {
    std::vector<Cell> all{cell};
    for (std::uint32_t relay = 1; relay <= hops; ++relay) {
      const Peeled peeled = peel(relay, cell);
      MIXNN_CHECK(forward_of(peeled) != nullptr && forward_of(peeled)->next == relay + 1,
                  "a good cell went astray");
      all.push_back(cell);
    }
    return all;
  }

  static constexpr Description kNote = {std::byte{'n'}, std::byte{'o'}, std::byte{'t'},
                                        std::byte{'e'}};

  Csprng rng;
  std::unique_ptr<BulkAead> aead;
  std::vector<EpochKeys> keys;
  TicketIssuer issuer;
  std::vector<std::unique_ptr<Peeler>> nodes;

 private:
  std::vector<EpochKeys> make_keys(std::size_t ranks) {
    std::vector<EpochKeys> all;
    for (std::size_t rank = 0; rank < ranks; ++rank) all.emplace_back(rng.key(), Digest{});
    return all;
  }
};

// By hops; live tags on link `link` (0: from the sender), relays' roles, and the receiver's layers
// besides k: written out, not computed as the code does.
inline constexpr std::size_t kTagsOnLink[kMaxHops + 1][kMaxHops + 1] = {
    {1}, {2, 1}, {2, 1, 1}, {2, 2, 1, 1}, {2, 2, 1, 1, 1}, {3, 3, 2, 1, 1, 1}};
// Who opens the next seal behind that link, counted as relays are; the receiver is the one behind
// the last.
inline constexpr std::uint32_t kVoucher[kMaxHops + 1][kMaxHops + 1] = {
    {1}, {1, 2}, {1, 3, 3}, {2, 2, 4, 4}, {2, 2, 5, 5, 5}, {2, 2, 3, 6, 6, 6}};
inline constexpr SlotRole kRoles[kMaxHops + 1][kMaxHops] = {
    {},
    {SlotRole::kCrossover},
    {SlotRole::kCrossover, SlotRole::kCover},
    {SlotRole::kCover, SlotRole::kCrossover, SlotRole::kCover},
    {SlotRole::kCover, SlotRole::kCrossover, SlotRole::kCover, SlotRole::kCover},
    {SlotRole::kCover, SlotRole::kOpen, SlotRole::kCrossover, SlotRole::kCover, SlotRole::kCover}};
inline constexpr std::size_t kOuterLayers[kMaxHops + 1] = {0, 1, 2, 2, 3, 3};

// What the byte at `at` of a cell is, on link `link`: filler is redrawn by the next node, spent is
// the place of a tag that is not live.
enum class Part { kSlot, kRest, kLayers, kFiller, kSpent };
inline Part part_of(std::size_t at, std::size_t hops, std::size_t link) {
  if (at < kSlotBytes) return Part::kSlot;
  if (at < live_header_bytes(hops - link)) return Part::kRest;
  if (at < kBodyOffset - 3 * kAeadTagBytes) return Part::kFiller;
  return at >= kBodyOffset - kAeadTagBytes * kTagsOnLink[hops][link] ? Part::kLayers : Part::kSpent;
}

}  // namespace mixnn::testing
