#pragma once
#include "mixnn/node/rounds_node_link.hpp"
#include "mixnn/session/round_desk.hpp"

namespace mixnn {

// A node's end of traffic in rounds with a pace: the rounds have one thread, and what the node
// computes another, which sees this as any link (session/round_desk.hpp).
class PacedNodeLink final : public NodeLink {
 public:
  // As for RoundsNodeLink; `activity` is the computing thread's.
  PacedNodeLink(Transport& transport, const RunParameters& parameters, const EpochKeys& keys,
                ActivityRecorder& activity);

  // The round thread's: goes on with the rounds; false where there was nothing to do. Then it may
  // sleep so long. Whatever fails here the computing thread reports.
  bool turn();
  Nanoseconds nap() const { return rounds_.endpoint().nap(); }
  bool ended() override { return rounds_.ended(); }
  // Either's: the computing thread is to end.
  void close() { desk_.close(); }
  bool closed() const { return desk_.closed(); }

  // The computing thread's.
  void wait(Nanoseconds at_most) { desk_.wait(at_most); }
  bool poll() override { return false; }  // what comes is taken when all before it is done
  std::optional<Message> next() override { return desk_.next(); }
  void recycle(AlignedBuffer buffer) override { stock_.put(std::move(buffer)); }
  bool go_on() override { return desk_.go_on(); }
  void rest() override {}  // where the owner rests nothing comes, and the rounds sleep
  bool resting() const override { return false; }
  bool can_answer(const Label&) const override { return true; }
  void answer(const Label& label, ConstBytes payload) override;
  void store(const TicketBook& tickets) override { rounds_.store(tickets); }  // keeps nothing
  void report(const Report& report) override;
  std::optional<PublicKey> begin_epoch(const EpochStart& start) override;
  std::optional<LostCell> lost() const override { return std::nullopt; }
  const CellCounters& counters() const override { return desk_.tick().counters; }
  std::array<RefusedFrom, 8> refused() const override { return desk_.tick().refused; }
  Usage usage() const override;
  std::size_t trace_part_bytes() const override { return kTracePartBytes; }

 private:
  void post();

  ActivityRecorder rounds_activity_;
  ActivityRecorder& activity_;
  BufferStock stock_;
  RoundsNodeLink rounds_;
  RoundDesk desk_;
  std::uint64_t posted_ = 0;  // exchanges
};

}  // namespace mixnn
