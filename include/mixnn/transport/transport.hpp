#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/cell_pool.hpp"
#include "mixnn/machine/turns.hpp"
#include "mixnn/transport/refusals.hpp"

namespace mixnn {

struct Datagram {
  int from = 0;
  std::vector<std::byte> bytes;
};

struct Arrival {
  int from = 0;
  CellBuffer cell;
};

// Moves bytes between the ranks of one job. Two phases: small datagrams for the handshake, then,
// once open() is called, cells of one constant size and nothing else (P4). Nothing blocks: send
// takes over the cell and returns; poll gives what has come. Errors of the medium are thrown as
// RunError; an implementation reports each once.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Whether that rank surely runs on this rank's host.
  virtual bool on_this_host(int other) const { return other == rank(); }
  // The lowest rank that runs on the host of `other`, as that rank said when the job began; `other`
  // itself where nothing is known. Nobody vouches for it.
  virtual int first_on_host_of(int other) const { return other; }
  // Whether every rank of the job has a core of its host that no other rank of it uses.
  virtual bool core_for_each() const { return false; }
  // How this rank waits for what comes, and runs its loop meanwhile. It lives as long as this.
  virtual Turns& turns() = 0;
  // What was dropped of what came. Whoever takes messages from this counts here, too.
  virtual Refusals& refusals() = 0;

  // Handshake datagrams, at most kMaxDatagram bytes. Ordered between two ranks.
  static constexpr std::size_t kMaxDatagram = 2048;
  virtual void send_datagram(int to, ConstBytes bytes) = 0;
  virtual std::optional<Datagram> poll_datagram() = 0;

  // A pool of cells that this transport carries best: where it can, it hands their memory over
  // instead of copying it. For open(), once; to be gone before the transport.
  virtual std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) {
    return std::make_unique<CellPool>(cell_bytes, capacity);
  }

  // Begins the phase of cells. All cells that are sent or arrive come from `pool`, which must
  // outlive the transport's use. Whatever else comes from now on, poll() drops and counts:
  // datagrams and what has another size.
  virtual void open(CellPool& pool) = 0;
  virtual void send(int to, CellBuffer cell) = 0;
  virtual std::optional<Arrival> poll() = 0;
  // Gives back the cells whose sending has ended, without taking new arrivals in. poll() does so,
  // too.
  virtual void flush() = 0;

  // Whether all that was sent has left this rank, and nobody needs it for that any more.
  virtual bool all_sent() = 0;

  // Ends the use of the pool at once: every cell that the transport still holds goes back, whether
  // it has arrived or not. For the destructor of whatever owns the pool, so it throws nothing.
  // Afterwards nothing is sent or received any more. Calling it again, or before open(), does
  // nothing.
  virtual void close() noexcept = 0;
};

}  // namespace mixnn
