#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mixnn/crypto/random.hpp"
#include "mixnn/crypto/x25519.hpp"
#include "mixnn/onion/epoch.hpp"
#include "mixnn/onion/ticket.hpp"

namespace mixnn {

// Makes tickets: the owner's half of the onion. It holds the epoch keys of every node, the owner
// itself among them, and deals out each node's serials.
class TicketIssuer {
 public:
  // keys[r]: what the owner shares with rank r (for the owner's rank, with itself). `aead` and
  // `rng` must outlive the issuer.
  TicketIssuer(std::vector<EpochKeys> keys, unsigned serial_bits, const BulkAead& aead,
               Csprng& rng);

  // A ticket over `relays`, in this order (at most kMaxHops, distinct; none: straight to the
  // receiver).
  Ticket issue(std::span<const std::uint32_t> relays, std::uint32_t receiver, std::uint32_t cells,
               const Description& description);

  // Serials that every node can still be given in this epoch.
  std::uint64_t serials_left() const;
  // A fresh Diffie-Hellman with a node, whose result goes into its keys of the next epoch: this
  // side's half, and then the node's. False if that is no public key. The secrets are gone then.
  PublicKey offer(std::uint32_t node);
  [[nodiscard]] bool agree(std::uint32_t node, const PublicKey& theirs);
  // Goes on to the next epoch, for all nodes, on which each has agreed. Tickets that were not used
  // are void. Only with nothing in flight.
  void ratchet();
  std::uint32_t epoch() const { return nodes_.front().keys.epoch(); }

 private:
  struct Node {
    EpochKeys keys;
    SerialPermutation serials;
    std::uint64_t used = 0;
    std::optional<X25519KeyPair> half = std::nullopt;
    std::optional<EpochKeys> next = std::nullopt;
  };
  struct CellKeys;
  SerialPermutation fresh_serials();
  CellKeys cell_keys(const Ticket& ticket, std::uint32_t index, std::size_t hops);
  SlotText relay_slot(const CellKeys& keys, std::size_t hop, std::size_t hops) const;
  SlotText receiver_slot(const CellKeys& keys, std::size_t hops) const;
  void seal_header(const CellKeys& keys, std::span<const std::uint32_t> relays,
                   std::uint32_t receiver, SlotText& last, Bytes header);
  void seal_slot(SlotText& slot, std::uint32_t node, Bytes box);

  std::vector<Node> nodes_;
  unsigned serial_bits_;
  const BulkAead& aead_;
  Csprng& rng_;
};

}  // namespace mixnn
