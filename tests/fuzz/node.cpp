// A node, after an honest handshake: messages of any kind, label and payload in any order, tickets
// of any kind, cells to forward, epochs, and junk.
#include "mixnn/node/node.hpp"
#include "crypto/crypto_testing.hpp"
#include "fuzz/messages.hpp"
#include "fuzz/small_stage.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/onion/issuer.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/wrap.hpp"
#include "mixnn/session/owner_handshake.hpp"
#include "mixnn/transport/loopback.hpp"
#include "mixnn/wire/assembly.hpp"
#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/inquiry.hpp"
#include "mixnn/wire/settle_order.hpp"

namespace mixnn::fuzzing {
namespace {

constexpr std::uint32_t kOwnerRank = 0, kNodeRank = 1;
constexpr unsigned kSerialBits = 10;
constexpr std::uint32_t kPoolCells = 32;
constexpr std::size_t kBody = body_bytes(kMinCellBytes);

class Answer final : public PayloadSink {
 public:
  Bytes place(const Delivery&) override { return payload; }
  std::array<std::byte, kBody> payload{};
};

// Rank 0, by hand.
class FuzzedOwner {
 public:
  explicit FuzzedOwner(Choices& choices) : choices_(choices), node_(network_.at(kNodeRank)) {
    network_.pump([this] { node_.step(); });
    OwnerHandshake handshake(network_.at(kOwnerRank), SessionOptions{});
    RunParameters parameters;
    parameters.suite = handshake.meet();
    parameters.cell_bytes = kMinCellBytes;
    parameters.pool_cells = kPoolCells;
    parameters.serial_bits = kSerialBits;
    parameters.trace_events = 16;
    aead_ = make_bulk_aead(parameters.suite);
    keys_ = handshake.begin(parameters);
    issuer_.emplace(keys_, kSerialBits, *aead_, rng_);
    peeler_.emplace(keys_[kOwnerRank], kSerialBits, *aead_, rng_);
    network_.at(kOwnerRank).open(pool_);
    work();
  }
  ~FuzzedOwner() { network_.at(kOwnerRank).close(); }

  void act() {
    switch (choices_.below(16)) {
      case 12: {  // a description that says anything
        Description description{};
        const ConstBytes bytes = choices_.some();
        copy_bytes(bytes.first(std::min(bytes.size(), description.size())), description);
        const ConstBytes payload = choices_.some();
        return send(description, Input(payload.begin(), payload.end()));
      }
      case 13: {  // a cell to forward, or two at once
        const std::uint32_t relays[] = {kNodeRank};
        return carry(issuer_->issue(relays, kOwnerRank, 1 + choices_.below(2), {}), {});
      }
      case 14:
        return carry_again();
      case 15:
        return next_epoch();
      default: {
        const MessageInfo info = info_of(choices_);
        return send(encode_info(info), payload_for(info));
      }
    }
  }
  // The node's turns, until it has nothing to do.
  void work() {
    for (int turns = 0; turns < 200 && node_.step(); ++turns) {
    }
    while (const std::optional<Arrival> arrival = network_.at(kOwnerRank).poll())
      listen(arrival->cell.bytes());
  }
  bool finished() { return node_.finished(); }

 private:
  Input payload_for(const MessageInfo& info) {
    Input payload;
    const auto fill = [&]<class Kind>(Kind) {
      using Payload = typename Kind::Payload;
      if constexpr (std::is_same_v<Payload, TicketBook>)
        payload = book();
      else if constexpr (std::is_same_v<Payload, EpochStart>)
        payload = epoch();
      else if constexpr (std::is_same_v<Payload, CommitOrder>)
        payload = commit();
      else if constexpr (std::is_same_v<Payload, ClipOrder>)
        payload = clip();
      else if constexpr (std::is_same_v<Payload, SettleOrder>)
        payload = settling();
      else if constexpr (std::is_same_v<Payload, Inquiry>)
        payload = inquiry();
      else if constexpr (std::is_same_v<Payload, SpecificationPart>)
        payload = specification();
      else if constexpr (!std::is_empty_v<Payload>)
        payload = encode(Payload{});
    };
    if (!visit_kind<Recipient::kNode>(info.label.kind, fill))
      visit_kind<Recipient::kStage>(info.label.kind, fill);
    const std::size_t at = count_of(choices_);
    const ConstBytes by = choices_.some();
    payload.resize(std::max(payload.size(), std::min(at + by.size(), 2 * kBody)));
    alter(payload, at, by);
    return payload;
  }

  // So many tickets, each for a label, and perhaps altered.
  Input book() {
    BookWriter writer(2 * kBody);
    for (std::uint32_t count = choices_.below(8); count > 0; --count) {
      const Label label = label_of(choices_);
      Input ticket = encode(issuer_->issue({}, kOwnerRank, 1 + choices_.below(2), {}));
      if (choices_.below(8) == 7) alter(ticket, choices_.below(128), choices_.some());
      if (writer.fits(ticket.size())) writer.add(label, ticket);
    }
    const Bytes bytes = writer.finish();
    return {bytes.begin(), bytes.end()};
  }
  Input epoch() {
    EpochStart start;
    start.fresh_key = issuer_->offer(kNodeRank);
    offered_ = true;
    their_half_.reset();
    const Input tickets = book();
    start.book = decode<TicketBook>(tickets).value();
    return encode(start);
  }
  Input commit() {
    const Input tickets = book();
    CommitOrder order;
    order.tickets = decode<TicketBook>(tickets).value();
    order.updates = count_of(choices_);
    order.tensors = choices_.below(2) == 1;
    return encode(order);
  }
  Input clip() {
    const Input tickets = book();
    ClipOrder order;
    order.tickets = decode<TicketBook>(tickets).value();
    order.updates = count_of(choices_);
    return encode(order);
  }
  Input settling() {
    const Input tickets = book();
    SettleOrder order;
    order.tickets = decode<TicketBook>(tickets).value();
    order.delivered = choices_.number<std::uint8_t>();
    return encode(order);
  }
  Input inquiry() {
    const Input tickets = book();
    Inquiry inquiry;
    inquiry.tickets = decode<TicketBook>(tickets).value();
    inquiry.about.kind = static_cast<MessageKind>(4 + choices_.below(4));
    inquiry.about.micro_batch = count_of(choices_);
    return encode(inquiry);
  }
  Input specification() {
    static const std::vector<StageSpec> stages = small_stages();
    SpecificationPart part;
    part.part_floats = count_of(choices_);
    const std::uint32_t which = choices_.below(8);
    part.text = which < stages.size() ? stage_spec_to_json(stages[which]) : std::string(which, ' ');
    return encode(part);
  }

  // What the node answers: its half of the fresh agreement is wanted.
  void listen(Bytes cell) {
    Answer answer;
    const Peeled peeled = peeler_->peel(cell, answer);
    if (!std::holds_alternative<Deliver>(peeled)) return;
    const std::optional<Report> report = decode<Report>(answer.payload);
    if (report && report->fresh_key != PublicKey{}) their_half_ = report->fresh_key;
  }
  // Once the node has agreed. What changes slots has only the keys of the first one.
  void next_epoch() {
    if (!their_half_ || !std::exchange(offered_, false) ||
        !issuer_->agree(kNodeRank, *std::exchange(their_half_, std::nullopt)))
      return;
    const X25519KeyPair own = X25519KeyPair::generate();
    peeler_->agree(own.shared_with(issuer_->offer(kOwnerRank)).value());
    MIXNN_CHECK(issuer_->agree(kOwnerRank, own.public_key), "no agreement with oneself");
    issuer_->ratchet();
  }

  void send(const Description& description, Input payload) {
    const std::uint32_t cells = payload.size() > kBody ? 2 : 1;
    payload.resize(cells * kBody);
    if (const std::optional<MessageInfo> info = decode<MessageInfo>(description)) {
      payload = harmless(info->label.kind, std::move(payload));
      if (info->label.kind == MessageKind::kSpecification && builds_a_large_stage(*info, payload))
        return;
    }
    const auto size = std::min<std::size_t>(payload.size(), cells * kBody);
    carry(issuer_->issue({}, kNodeRank, cells, description), ConstBytes(payload).first(size));
  }
  bool builds_a_large_stage(const MessageInfo& info, const Input& payload) {
    const std::optional<SpecificationPart> part = decode<SpecificationPart>(payload);
    if (!part) return false;
    texts_[info.label.part] = part->text;
    std::string text;
    for (const auto& [number, piece] : texts_) text += piece;
    try {
      return !is_small(stage_spec_from_json(text));
    } catch (const RunError&) {
      return false;
    }
  }

  void carry(const Ticket& ticket, ConstBytes payload) {
    for (std::uint32_t i = 0; i < ticket.cells; ++i) {
      CellBuffer cell = pool_.take();
      MIXNN_CHECK(cell, "a cell for the owner");
      wrap(ticket, i, payload_of(payload, i, kBody), *aead_, rng_, cell.bytes());
      if (choices_.below(16) == 15) change_slot(cell.bytes());
      last_.assign(cell.bytes().begin(), cell.bytes().end());
      network_.at(kOwnerRank).send(kNodeRank, std::move(cell));
    }
  }
  void change_slot(Bytes cell) {
    std::array<std::byte, kSlotTextBytes> text{};
    const Bytes box = cell.first(kSlotBytes);
    if (!open_box(keys_[kNodeRank].slot_key(), box, text)) return;
    alter(text, choices_.below(64), choices_.some());
    seal_box(keys_[kNodeRank].slot_key(), text, box);
  }
  // The last one, perhaps altered: a replay, or junk.
  void carry_again() {
    if (last_.empty()) return;
    alter(last_, choices_.number<std::uint16_t>(), choices_.some());
    CellBuffer cell = pool_.take();
    copy_bytes(last_, cell.bytes());
    network_.at(kOwnerRank).send(kNodeRank, std::move(cell));
  }

  Choices& choices_;
  LoopbackNetwork network_{2};
  Node node_;
  Csprng rng_{testing::seed_key(1)};
  std::unique_ptr<BulkAead> aead_;
  std::vector<EpochKeys> keys_;
  std::optional<TicketIssuer> issuer_;
  std::optional<Peeler> peeler_;
  bool offered_ = false;  // this side's half of the fresh agreement of this epoch
  std::optional<PublicKey> their_half_;
  CellPool pool_{kMinCellBytes, kPoolCells};
  Input last_;
  std::map<std::uint32_t, std::string> texts_;  // of specifications, by part
};

bool run_node(ConstBytes input) {
  Choices choices(input);
  FuzzedOwner owner(choices);
  try {
    for (int acts = 0; acts < 64 && choices.any(); ++acts) {
      const bool at_once = choices.below(8) == 7;
      owner.act();
      if (!at_once) owner.work();
    }
    owner.work();
  } catch (const RunError&) {  // the node cannot tell its owner
    return false;
  }
  return owner.finished();
}

class NodeSeed {
 public:
  using Kind = MessageKind;
  static Label label(Kind kind, int step = 0, int micro_batch = 0) {
    return {kind, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(micro_batch), 0};
  }

  // One message; what its payload is made of; nothing is altered.
  NodeSeed& message(const Label& to, int micro_batches = 1, int rows = 1) {
    MessageInfo info;
    info.label = to;
    info.micro_batches = static_cast<std::uint32_t>(micro_batches);
    info.rows = static_cast<std::uint32_t>(rows);
    put(chosen_.bytes({0, 0}), info);
    return *this;
  }
  NodeSeed& tickets(std::initializer_list<Label> labels) {
    chosen_.bytes({static_cast<int>(labels.size())});
    for (const Label& label : labels) put(chosen_, label).bytes({0, 0});
    return *this;
  }
  NodeSeed& bytes(std::initializer_list<int> values) {
    chosen_.bytes(values);
    return *this;
  }
  NodeSeed& sent() {
    chosen_.bytes({0}).some({}).bytes({0});  // not altered, nor its one cell
    return *this;
  }
  Input input() const { return chosen_.input(); }

 private:
  Chosen chosen_;
};

std::vector<Input> node_seeds() {
  using Kind = MessageKind;
  const auto label = [](Kind kind, int step = 0) { return NodeSeed::label(kind, step); };
  const Label report = label(Kind::kReport);
  std::vector<Input> seeds;
  constexpr int kClipped = 4, kDecoy = 6;  // of small_stages(), and behind them
  for (int stage = 0; stage <= kDecoy; ++stage) {
    NodeSeed seed;
    seed.message(label(Kind::kEpoch)).tickets({report, report, report}).sent();
    seed.message(label(Kind::kTicketBook))
        .tickets({label(Kind::kSpecification), label(Kind::kParameters), label(Kind::kForward),
                  label(Kind::kBackward), label(Kind::kTest, 1), label(Kind::kGather, 1)})
        .sent();
    seed.message(label(Kind::kSpecification)).bytes({64, stage}).sent();
    seed.message(label(Kind::kParameters), 1, stage < 3 ? 1 : 0).sent();
    if (stage != kDecoy) {
      seed.message(label(Kind::kForward)).sent();
      seed.message(label(Kind::kBackward)).sent();
      seed.message(label(Kind::kTest, 1)).sent();
    }
    seed.message(label(Kind::kGather, 1)).sent();
    if (stage == kClipped || stage == kDecoy) {
      seed.message(label(Kind::kClip))
          .tickets({{Kind::kSquares, 0, 0, kNodeRank}})
          .bytes({0})
          .sent();
      seed.message(label(Kind::kScale)).sent();
    }
    seed.message(label(Kind::kCommit))
        .tickets({{Kind::kCommitment, 0, 0, kNodeRank}})
        .bytes({1, 1})
        .sent();
    seed.bytes({0, 15});  // the next epoch
    seed.message(label(Kind::kEpoch)).tickets({report, report, report}).sent();
    seed.message(label(Kind::kPause)).tickets({report}).sent();
    seed.message(label(Kind::kResume)).tickets({report}).sent();
    seed.message(label(Kind::kInquiry)).tickets({report}).bytes({1, 0}).sent();
    seed.bytes({0, 13, 0, 0});  // a cell to forward
    seed.message(label(Kind::kSettle)).tickets({report}).bytes({1}).sent();
    seed.message(label(Kind::kTrace)).tickets({label(Kind::kTracePart)}).sent();
    seed.message(label(Kind::kStop)).tickets({report}).sent();
    seeds.push_back(seed.input());
  }
  return seeds;
}

}  // namespace

extern const Target kNode;
const Target kNode{"node", run_node, node_seeds, 1024};

}  // namespace mixnn::fuzzing
