// The owner of a whole small training, with ranks that answer what the fuzzer wants: reports, parts
// of traces, receipts and tensors, with each other's tickets, twice, late or never.
#include "mixnn/owner/owner.hpp"
#include "crypto/crypto_testing.hpp"
#include "fuzz/messages.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/session/endpoint.hpp"
#include "mixnn/session/node_handshake.hpp"
#include "mixnn/transport/loopback.hpp"
#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/commitment.hpp"
#include "mixnn/wire/epoch_start.hpp"
#include "mixnn/wire/inquiry.hpp"
#include "mixnn/wire/settle_order.hpp"
#include "mixnn/wire/trace_part.hpp"
#include "small_model.hpp"

namespace mixnn::fuzzing {
namespace {

struct NothingLeftToDo {};

class FuzzedRank {
 public:
  FuzzedRank(Transport& transport, Choices& choices)
      : transport_(transport), choices_(choices), handshake_(std::in_place, transport) {}

  // False where it had nothing to do.
  bool turn() {
    if (!endpoint_) {
      const std::optional<NodeHandshake::Outcome> outcome = handshake_->poll();
      if (!outcome) return false;
      endpoint_.emplace(transport_, outcome->parameters, outcome->keys, activity_);
      return true;
    }
    bool any = endpoint_->poll();
    while (const std::optional<Message> message = endpoint_->next()) take(*message);
    for (auto at = owed_.begin(); at != owed_.end();) {
      const auto ticket = tickets_.find(*at);
      if (ticket == tickets_.end()) {
        ++at;
        continue;
      }
      at = owed_.erase(at);
      answer(ticket);
      any = true;
    }
    return any;
  }

 private:
  using Tickets = std::multimap<Label, Ticket>;

  void take(const Message& message) {
    Label label = message.info.label;
    if (label.kind == MessageKind::kEpoch) tickets_.clear();  // those of the last one are void
    const auto look = [&]<class Kind>(Kind) {
      using Payload = typename Kind::Payload;
      if constexpr (std::is_same_v<Payload, TicketBook>)
        store(decode<TicketBook>(message.payload.bytes()).value());
      if constexpr (std::is_same_v<Payload, SettleOrder> || std::is_same_v<Payload, CommitOrder> ||
                    std::is_same_v<Payload, Inquiry> || std::is_same_v<Payload, ClipOrder>)
        store(decode<Payload>(message.payload.bytes()).value().tickets);
      if constexpr (std::is_same_v<Payload, EpochStart>) {
        const EpochStart start = decode<EpochStart>(message.payload.bytes()).value();
        store(start.book);
        fresh_key_ = endpoint_->agree(start.fresh_key).value();
      }
    };
    visit_kind<Recipient::kNode>(label.kind, look);
    const std::optional<MessageKind> kind = answer_kind(label.kind);
    if (!kind) return;
    label.kind = *kind;
    owed_.push_back(label);
  }
  void store(const TicketBook& book) {
    for (const BookPage& page : book.pages)
      tickets_.emplace(page.label, decode_whole<Ticket>(page.ticket).value());
  }

  void answer(Tickets::iterator ticket) {
    const std::uint32_t how = choices_.below(16);
    Input payload = honest(ticket->first.kind);
    if (how < 12) {
      const std::size_t at = count_of(choices_);
      const ConstBytes by = choices_.some();
      const std::size_t room = ticket->second.cells * endpoint_->body_bytes();
      payload.resize(
          std::min(room, std::max(payload.size(), std::min<std::size_t>(at, room) + by.size())));
      alter(payload, at, by);
    }
    if (how == 15) return;  // nothing; the ticket stays
    if (how == 14)
      ticket = std::next(tickets_.begin(),
                         choices_.below(16) % static_cast<std::uint32_t>(tickets_.size()));
    if (how == 13) endpoint_->send(ticket->second, payload);
    const std::size_t room = ticket->second.cells * endpoint_->body_bytes();
    endpoint_->send(ticket->second, ConstBytes(payload).first(std::min(room, payload.size())));
    if (how != 12) tickets_.erase(ticket);
  }
  Input honest(MessageKind kind) {
    if (kind == MessageKind::kReport) {
      Report report;
      report.type = Report::Type::kAcknowledged;
      report.fresh_key = fresh_key_;
      return encode(report);
    }
    if (kind == MessageKind::kTracePart) {
      TracePart part;
      part.events.resize(1);
      return encode(part);
    }
    if (kind == MessageKind::kCommitment) return encode(Commitment{});
    if (kind == MessageKind::kSquares) return encode(GradientSquares{1});
    return kind == MessageKind::kCheckpoint ? encode(ShardReceipt{}) : Input();
  }

  Transport& transport_;
  Choices& choices_;
  std::optional<NodeHandshake> handshake_;
  ActivityRecorder activity_;
  std::optional<Endpoint> endpoint_;
  PublicKey fresh_key_{};
  Tickets tickets_;
  std::vector<Label> owed_;
};

ShardOrder order_for(std::size_t) {
  ShardOrder order;
  order.folder = "/none";
  order.chunks = 1;
  return order;
}

bool run_owner(ConstBytes input) {
  Choices choices(input);
  LoopbackNetwork network(3);
  FuzzedRank first(network.at(1), choices), second(network.at(2), choices);
  int idle = 0;
  network.pump([&] {
    const bool any = first.turn() | second.turn();
    idle = any ? 0 : idle + 1;
    if (idle > 100) throw NothingLeftToDo();  // the owner would wait for its timeout
  });
  static const Shape shape{1, 2, 2};
  static const ModelSpec model = testing::small_model(shape, {2});
  static const DataPair data = testing::small_pair(6, 4, shape, 2);
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 4;
  training.micro_batches = 2;
  training.clip_norm = choices.below(2) == 1 ? 0.5f : 0;
  SessionOptions session;
  session.hops = 0;
  session.serial_bits = 10;
  session.trace_events = 8;
  try {
    Owner owner(network.at(0), model, data, training, session);
    owner.start();
    owner.train_epoch(0);
    owner.write_shards(order_for);
    owner.test();
    owner.pause();
    owner.resume();
    owner.parameters();
    owner.trace();
    const SessionTotals totals = owner.stop();
    for (const RankUsage& rank : totals.ranks) useful_seconds(rank.wall_s());
    for (const RankUsage& rank : totals.ranks) rank.epochs.at(0).cpu_by_activity();
    return true;
  } catch (const RunError&) {
    return false;
  } catch (const NothingLeftToDo&) {
    return false;
  }
}

// The second says large numbers wherever it can: its clock, what it counted.
std::vector<Input> owner_seeds() {
  Chosen large;
  large.bytes({0});
  for (int answers = 0; answers < 2; ++answers) large.bytes({0, 40, 1, 0, 0x80});
  for (int answers = 0; answers < 118; ++answers) large.bytes({0, 7, 1, 0, 0x80});
  Input clipped(64);
  clipped[0] = std::byte{1};
  return {Input(64), large.input(), clipped};
}

}  // namespace

extern const Target kOwner;
const Target kOwner{"owner", run_owner, owner_seeds, 1024};

}  // namespace mixnn::fuzzing
