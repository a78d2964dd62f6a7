#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mixnn/onion/issuer.hpp"
#include "mixnn/owner/owner_link.hpp"
#include "mixnn/session/endpoint.hpp"
#include "mixnn/session/lost_request.hpp"

namespace mixnn {

// The owner's end of onion traffic: makes tickets over fresh routes, for its own messages and for
// those of hosts, who are sent theirs in books ahead of need. Control goes in one cell to each
// rank, with a ticket for its answer; what begins an epoch has fresh reserve tickets, too.
class OnionLink final : public OwnerLink {
 public:
  OnionLink(Transport& transport, const RunParameters& parameters, std::vector<EpochKeys> keys,
            const Plan& plan, const MessageSizes& sizes, const SessionOptions& options);

  // A ticket for one message of at most `bytes` from `holder` to `receiver`, over a fresh route.
  Ticket issue(std::uint32_t holder, std::uint32_t receiver, const MessageInfo& info,
               std::size_t bytes);
  // Such a ticket will not be used: the next change of keys makes it void.
  void leave_unused(std::uint32_t receiver, std::size_t bytes);
  // A ticket book to a rank: no answer of its own.
  void send_book(std::uint32_t receiver, ConstBytes book);
  std::size_t ticket_bytes(std::size_t message_bytes) const {
    return mixnn::ticket_bytes(options_.hops, sizes_.cells_for(message_bytes));
  }

  // The tickets for the openings, in one book, are all that asks for them.
  std::size_t expect(std::uint32_t rank, std::span<const Label> labels) override;
  void recycle(AlignedBuffer buffer) override { endpoint_.recycle(std::move(buffer)); }
  std::unique_ptr<Supply> supply(const Traffic& traffic,
                                 const std::vector<std::uint32_t>& places) override;
  std::size_t message_capacity() const override { return sizes_.capacity(); }

  std::vector<Report> begin_epoch() override;
  std::vector<Report> ratchet() override;  // new serials, too
  bool has_room(std::uint64_t messages) const override;
  std::size_t requests_of_an_epoch(std::uint64_t messages_of_one) const override;

  std::size_t trace_part_bytes() const override { return endpoint_.body_bytes(); }
  std::uint64_t cells_behind(const std::vector<Report>& reports) const override {
    return reports.size();  // themselves
  }
  Usage usage() const override { return endpoint_.usage(); }
  const CellCounters& counters() const override { return endpoint_.counters(); }
  std::array<RefusedFrom, 8> refused() const override { return endpoint_.refused(); }

 private:
  void send(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) override;
  Nanoseconds send_control(std::uint32_t rank, MessageKind kind, ConstBytes fields) override;
  bool poll() override { return endpoint_.poll(); }
  std::optional<Message> next() override { return endpoint_.next(); }
  std::uint64_t taken() const override { return endpoint_.taken(); }
  std::optional<LostCell> lost() const override { return endpoint_.lost(); }
  void ended(const Label& request) override { passages_.ended(request); }
  bool agree(std::uint32_t rank, const PublicKey& half) override {
    return issuer_.agree(rank, half);
  }
  void take_room(std::uint64_t messages) override { serials_spent_ += serials_of(messages); }
  bool can_inquire() const override { return issuer_.serials_left() >= 2 * ranks(); }
  std::string where_stopped(const Label& request,
                            const std::map<std::uint32_t, Report::Known>& known) const override {
    return lost_request_text(request, passages_.of(request), known);
  }

  std::vector<std::byte> with_offer(std::uint32_t rank, std::vector<std::byte> book);
  std::vector<std::byte> control_tickets(const Label& label, std::size_t count);
  std::uint64_t serials_of_messages() const;  // of an epoch
  std::uint64_t serials_of(std::uint64_t messages) const;

  MessageSizes sizes_;
  Csprng rng_;
  std::unique_ptr<BulkAead> header_aead_;
  TicketIssuer issuer_;
  Endpoint endpoint_;
  SteadyClock clock_;
  Passages passages_;
  std::uint64_t serials_spent_ = 0;       // of this epoch, at most
  std::vector<std::uint64_t> delivered_;  // cells to each rank, once all have arrived
};

}  // namespace mixnn
