#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "mixnn/base/activity.hpp"
#include "mixnn/crypto/x25519.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/ticket.hpp"
#include "mixnn/session/relay.hpp"
#include "mixnn/session/run_parameters.hpp"
#include "mixnn/session/timed_aead.hpp"
#include "mixnn/transport/transport.hpp"
#include "mixnn/wire/assembly.hpp"
#include "mixnn/wire/description.hpp"
#include "mixnn/wire/message.hpp"
#include "mixnn/wire/report.hpp"

namespace mixnn {

// One rank's end of the cell traffic: the one place where messages, onions and the transport meet.
// It relays what is to be relayed and hands out what is complete. Never blocks, except where the
// pool has no cell left for sending.
class Endpoint final : private PayloadSink {
 public:
  // `activity` must outlive it.
  Endpoint(Transport& transport, const RunParameters& parameters, const EpochKeys& keys,
           ActivityRecorder& activity);
  ~Endpoint() override;

  // Sends one message: cells are sealed straight from `payload`, which may be shorter than the
  // ticket's cells.
  void send(const Ticket& ticket, ConstBytes payload);

  // Takes what has arrived, a bounded amount. False where there was nothing.
  bool poll();
  // The next complete message, in order of completion.
  std::optional<Message> next();
  void recycle(AlignedBuffer buffer) { stock_.put(std::move(buffer)); }

  // This rank's half of a fresh Diffie-Hellman with the owner, whose result goes into the keys of
  // the next epoch; nothing if the owner's half is no public key. The secret is gone then.
  std::optional<PublicKey> agree(const PublicKey& theirs);

  // The first cell of the run that was lost because it had been altered: then this rank must stop
  // the run. Cells that are not of the run, or come again, are dropped and counted.
  const std::optional<LostCell>& lost() const { return lost_; }
  // What was dropped, as a report tells it.
  std::array<RefusedFrom, 8> refused() const;
  // Cells of the run that have come so far. What is dropped is no progress.
  std::uint64_t taken() const { return counters_.received - counters_.all_rejected(); }

  const CellCounters& counters() const { return counters_; }
  std::uint32_t epoch() const { return peeler_.epoch(); }  // of the keys
  std::size_t body_bytes() const { return parameters_.body_bytes(); }
  // What this rank has used so far, but for a stage of its own.
  Usage usage() const;

 private:
  struct Incoming {
    MessageInfo info;
    Assembly assembly;
  };
  Bytes place(const Delivery& delivery) override;
  void deliver(const Delivery& delivery);
  void reject(const Reject& reject, int from);
  CellBuffer take_cell();

  Transport& transport_;
  RunParameters parameters_;
  ActivityRecorder& activity_;
  TimedAead aead_;
  Csprng rng_;
  std::unique_ptr<CellPool> pool_;
  Peeler peeler_;
  Relay relay_;
  BufferStock stock_;
  std::map<std::uint64_t, Incoming> incoming_;
  std::deque<Message> complete_;
  std::optional<LostCell> lost_;
  CellCounters counters_;
};

}  // namespace mixnn
