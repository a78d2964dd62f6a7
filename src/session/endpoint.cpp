#include "mixnn/session/endpoint.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/onion/wrap.hpp"
#include "mixnn/session/usage.hpp"

namespace mixnn {
namespace {

constexpr int kArrivalsAtOnce = 32;
constexpr Nanoseconds kPoolPatience = std::chrono::seconds(30);

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

Endpoint::Endpoint(Transport& transport, const RunParameters& parameters, const EpochKeys& keys,
                   ActivityRecorder& activity)
    : transport_(transport),
      parameters_(parameters),
      activity_(activity),
      aead_(make_bulk_aead(parameters.suite), activity),
      pool_(transport.make_pool(parameters.cell_bytes, parameters.pool_cells)),
      peeler_(keys, parameters.serial_bits, aead_, rng_),
      relay_(parameters.mix) {
  transport_.open(*pool_);
}

Endpoint::~Endpoint() { transport_.close(); }

// The pool holds all that the owner may have under way, so waiting here ends as soon as earlier
// sends do.
CellBuffer Endpoint::take_cell() {
  CellBuffer cell = pool_->take();
  if (cell) return cell;
  const ActivityRecorder::Scope waiting(activity_, Activity::kWait);
  const SteadyClock clock;
  StallWatch watch(kPoolPatience, clock);
  while (!cell) {
    if (watch.stalled())
      throw RunError("the cell pool is exhausted: a peer does not take its cells");
    transport_.flush();
    cell = pool_->take();
  }
  return cell;
}

void Endpoint::send(const Ticket& ticket, ConstBytes payload) {
  MIXNN_CHECK(payload.size() <= ticket.cells * body_bytes(), "a message larger than its ticket");
  for (std::uint32_t i = 0; i < ticket.cells; ++i) {
    CellBuffer cell = take_cell();
    {
      const ActivityRecorder::Scope wrapping(activity_, Activity::kTicket);
      wrap(ticket, i, payload_of(payload, i, body_bytes()), aead_, rng_, cell.bytes());
    }
    const ActivityRecorder::Scope sending(activity_, Activity::kSend);
    transport_.send(static_cast<int>(ticket.first_hop), std::move(cell));
    ++counters_.sent;
  }
}

bool Endpoint::poll() {
  const ActivityRecorder::Scope scope(activity_, Activity::kSend);
  bool any = false;
  for (int i = 0; i < kArrivalsAtOnce; ++i) {
    std::optional<Arrival> arrival = transport_.poll();
    if (!arrival) break;
    any = true;
    ++counters_.received;
    const ActivityRecorder::Scope peeling(activity_, Activity::kTicket);
    std::visit(Overloaded{[&](const Forward& f) { relay_.hold(f.next, std::move(arrival->cell)); },
                          [&](const Deliver& d) { deliver(d.delivery); },
                          [&](const Reject& r) { reject(r, arrival->from); }},
               peeler_.peel(arrival->cell.bytes(), *this));
  }
  const std::size_t released = relay_.release(transport_, rng_);
  counters_.forwarded += released;
  counters_.sent += released;
  any = any || released > 0;
  if (!any) activity_.rename(Activity::kWait);
  return any;
}

std::optional<PublicKey> Endpoint::agree(const PublicKey& theirs) {
  const X25519KeyPair half = X25519KeyPair::generate();
  const std::optional<Key> shared = half.shared_with(theirs);
  if (!shared) return std::nullopt;
  peeler_.agree(*shared);
  return half.public_key;
}

Bytes Endpoint::place(const Delivery& delivery) {
  auto found = incoming_.find(delivery.message);
  if (found == incoming_.end()) {
    const std::optional<MessageInfo> info = decode<MessageInfo>(delivery.description);
    if (!info || delivery.cells > parameters_.pool_cells) return {};
    const std::size_t bytes = delivery.cells * body_bytes();
    found =
        incoming_
            .emplace(delivery.message,
                     Incoming{*info, Assembly(stock_.take(bytes), delivery.cells, body_bytes())})
            .first;
  }
  activity_.set_work(activity_work(found->second.info.label));
  Assembly& assembly = found->second.assembly;
  if (assembly.cells() != delivery.cells || assembly.has(delivery.index)) return {};
  return assembly.place(delivery.index);
}

void Endpoint::deliver(const Delivery& delivery) {
  ++counters_.delivered;
  const auto found = incoming_.find(delivery.message);
  if (!found->second.assembly.mark_arrived(delivery.index)) return;
  complete_.push_back({found->second.info, found->second.assembly.take()});
  incoming_.erase(found);
}

void Endpoint::reject(const Reject& reject, int from) {
  ++counters_.rejected[static_cast<std::size_t>(reject.reason)];
  if (!is_loss(reject.reason))
    transport_.refusals().count(from);
  else if (!lost_)
    lost_ = LostCell{static_cast<std::uint8_t>(1 + static_cast<unsigned>(reject.reason)),
                     static_cast<std::uint8_t>(reject.role), reject.outer_layers,
                     static_cast<std::uint32_t>(from)};
}

std::array<RefusedFrom, 8> Endpoint::refused() const {
  return worst_refused(transport_.refusals());
}

Usage Endpoint::usage() const { return usage_of(activity_, stock_, *pool_); }

std::optional<Message> Endpoint::next() {
  if (complete_.empty()) return std::nullopt;
  Message message = std::move(complete_.front());
  complete_.pop_front();
  return message;
}

}  // namespace mixnn
