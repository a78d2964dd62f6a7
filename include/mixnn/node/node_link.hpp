#pragma once
#include <array>
#include <cstddef>
#include <optional>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/bytes.hpp"
#include "mixnn/crypto/x25519.hpp"
#include "mixnn/wire/epoch_start.hpp"
#include "mixnn/wire/lost_cell.hpp"
#include "mixnn/wire/message.hpp"
#include "mixnn/wire/report.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// A node's end of the traffic, whatever way it travels (session/options.hpp, TrafficKind): relays
// what is to be relayed, hands out what comes for this rank, and sends its answers.
class NodeLink {
 public:
  virtual ~NodeLink() = default;

  // Takes what has come, a bounded amount. False where there was nothing. Never blocks.
  virtual bool poll() = 0;
  virtual std::optional<Message> next() = 0;  // whole, in the order in which they became so
  virtual void recycle(AlignedBuffer buffer) = 0;
  // All that has come is done: begins what comes next. False where nothing is to begin.
  virtual bool go_on() = 0;
  virtual bool ended() = 0;  // all that was said has gone
  // The owner has said that nothing comes for a while. Whether nothing has come since: then this
  // rank may sleep outside the transport.
  virtual void rest() = 0;
  virtual bool resting() const = 0;

  // Whether the answer under this label can go; sends it. Throws RunError where it is too large.
  virtual bool can_answer(const Label& label) const = 0;
  virtual void answer(const Label& label, ConstBytes payload) = 0;
  // What the answers need, as the owner sent it. Throws RunError where it makes no sense.
  virtual void store(const TicketBook& tickets) = 0;
  // Tells the owner. Throws RunError where it cannot be told.
  virtual void report(const Report& report) = 0;

  // What was stored before is void. Returns this rank's half of a fresh Diffie-Hellman with the
  // owner, whose result goes into the keys of the next epoch; nothing if the owner's is none.
  virtual std::optional<PublicKey> begin_epoch(const EpochStart& start) = 0;

  // What was lost of the run: then this rank must stop it.
  virtual std::optional<LostCell> lost() const = 0;
  virtual const CellCounters& counters() const = 0;
  virtual std::array<RefusedFrom, 8> refused() const = 0;
  virtual Usage usage() const = 0;  // but for a stage of its own
  virtual std::size_t trace_part_bytes() const = 0;
};

}  // namespace mixnn
