#include "mixnn/node/onion_node_link.hpp"

#include "mixnn/base/error.hpp"

namespace mixnn {

OnionNodeLink::OnionNodeLink(Transport& transport, const RunParameters& parameters,
                             const EpochKeys& keys, ActivityRecorder& activity)
    : transport_(transport),
      activity_(activity),
      endpoint_(transport, parameters, keys, activity) {}

bool OnionNodeLink::poll() {
  const bool any = endpoint_.poll();
  if (any) resting_ = false;
  return any;
}

void OnionNodeLink::answer(const Label& label, ConstBytes payload) {
  const auto found = tickets_.find(label);
  MIXNN_CHECK(found != tickets_.end(), "an answer without a ticket");
  if (payload.size() > found->second.cells * endpoint_.body_bytes())
    throw RunError("the ticket for a " + to_string(label) + " is too small for the answer");
  endpoint_.send(found->second, payload);
  tickets_.erase(found);
}

void OnionNodeLink::store(const TicketBook& tickets) {
  const ActivityRecorder::Scope scope(activity_, Activity::kTicket);
  for (const BookPage& page : tickets.pages) {
    std::optional<Ticket> ticket = decode_whole<Ticket>(page.ticket);
    if (!ticket) throw RunError("a malformed ticket");
    if (page.label.kind == MessageKind::kReport)
      keep_for_reports(std::move(*ticket));
    else
      tickets_.insert_or_assign(page.label, std::move(*ticket));
  }
}

void OnionNodeLink::keep_for_reports(Ticket ticket) {
  if (endpoint_.epoch() != reserve_epoch_) reserve_.clear();
  reserve_epoch_ = endpoint_.epoch();
  reserve_.push_back(std::move(ticket));
}

std::optional<PublicKey> OnionNodeLink::begin_epoch(const EpochStart& start) {
  tickets_.clear();
  reserve_.clear();
  store(start.book);
  return endpoint_.agree(start.fresh_key);
}

// Where the owner cannot be told, this rank says it itself.
void OnionNodeLink::report(const Report& report) {
  if (endpoint_.epoch() != reserve_epoch_) reserve_.clear();  // the owner's keys have changed
  if (reserve_.empty())
    throw RunError(report.error.empty()
                       ? "no ticket is left to report with"
                       : "rank " + std::to_string(transport_.rank()) + ": " + report.error);
  const Ticket ticket = std::move(reserve_.back());
  reserve_.pop_back();
  endpoint_.send(ticket, encode(report));
}

}  // namespace mixnn
