#pragma once
#include <map>
#include <vector>

#include "mixnn/node/node_link.hpp"
#include "mixnn/session/endpoint.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// A node's end of onion traffic. It sends with tickets alone: for answers by their labels, and a
// few in reserve, for reports.
class OnionNodeLink final : public NodeLink {
 public:
  // `transport` and `activity` must outlive it.
  OnionNodeLink(Transport& transport, const RunParameters& parameters, const EpochKeys& keys,
                ActivityRecorder& activity);

  bool poll() override;
  void rest() override { resting_ = true; }
  bool resting() const override { return resting_; }
  std::optional<Message> next() override { return endpoint_.next(); }
  void recycle(AlignedBuffer buffer) override { endpoint_.recycle(std::move(buffer)); }
  bool go_on() override { return false; }
  bool ended() override { return transport_.all_sent(); }
  bool can_answer(const Label& label) const override { return tickets_.contains(label); }
  void answer(const Label& label, ConstBytes payload) override;
  void store(const TicketBook& tickets) override;
  void report(const Report& report) override;
  std::optional<PublicKey> begin_epoch(const EpochStart& start) override;
  std::optional<LostCell> lost() const override { return endpoint_.lost(); }
  const CellCounters& counters() const override { return endpoint_.counters(); }
  std::array<RefusedFrom, 8> refused() const override { return endpoint_.refused(); }
  Usage usage() const override { return endpoint_.usage(); }
  std::size_t trace_part_bytes() const override { return endpoint_.body_bytes(); }

 private:
  void keep_for_reports(Ticket ticket);

  Transport& transport_;
  ActivityRecorder& activity_;
  Endpoint endpoint_;
  std::map<Label, Ticket> tickets_;
  std::vector<Ticket> reserve_;      // to the owner, for reports
  std::uint32_t reserve_epoch_ = 0;  // in which they are good
  bool resting_ = false;
};

}  // namespace mixnn
