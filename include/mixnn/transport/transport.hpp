#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/cell_pool.hpp"
#include "mixnn/base/crew.hpp"
#include "mixnn/base/function_ref.hpp"

namespace mixnn {

struct Datagram {
  int from = 0;
  std::vector<std::byte> bytes;
};

struct Arrival {
  int from = 0;
  CellBuffer cell;
};

// What a round of a rank's loop says of itself: something was done; there was nothing to do, so the
// rank waits a little, or rests (see idle()); the loop has ended.
enum class Turn { kBusy, kIdle, kRest, kOver };

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
  // outlive the transport's use.
  virtual void open(CellPool& pool) = 0;
  virtual void send(int to, CellBuffer cell) = 0;
  virtual std::optional<Arrival> poll() = 0;
  // Gives back the cells whose sending has ended, without taking new arrivals in. poll() does so,
  // too.
  virtual void flush() = 0;

  // Waits a little for something to happen: called by a loop that found nothing to do. `rest` asks
  // for the cheapest wait, at the price of latency (tens of milliseconds), for a rank that is told
  // to keep out of the way.
  virtual void idle(bool rest) = 0;
  // Whether another rank has something to do and waits for this core: what can wait should.
  virtual bool core_wanted() const { return false; }
  // Something was found to do: the next idle() starts with its shortest wait again.
  virtual void busy() = 0;
  // A rank's loop: calls turn() until it says that it is over, with busy() or idle() in between. An
  // implementation may call it on other threads than the caller's, never on two at once: what it
  // does must not be bound to a thread. What turn() throws ends the loop, too, and is thrown here.
  virtual void run(FunctionRef<Turn()> turn) {
    while (round(turn)) {
    }
  }

  // Where helpers of this rank's computing can run: on cores that it has for itself, or that other
  // ranks do not need. Once; their crew must be gone before the transport.
  virtual HelperPlaces helper_places() { return {}; }

  // Shutdown: each rank calls leave() once when it needs nothing more, goes on polling, and may go
  // when all_left().
  virtual void leave() = 0;
  virtual bool all_left() = 0;

  // Ends the use of the pool at once: every cell that the transport still holds goes back, whether
  // it has arrived or not. For the destructor of whatever owns the pool, so it throws nothing;
  // all_left() has done it already where the run ended well. Afterwards nothing is sent or received
  // any more. Calling it again, or before open(), does nothing.
  virtual void close() noexcept = 0;

 protected:
  // One round of run(); false after the last.
  bool round(FunctionRef<Turn()> turn) {
    const Turn said = turn();
    if (said == Turn::kBusy)
      busy();
    else if (said != Turn::kOver)
      idle(said == Turn::kRest);
    return said != Turn::kOver;
  }
};

}  // namespace mixnn
