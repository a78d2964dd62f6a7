#include "mixnn/node/node.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/base/background.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/process.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/node/onion_node_link.hpp"
#include "mixnn/node/paced_node_link.hpp"
#include "mixnn/node/rounds_node_link.hpp"
#include "mixnn/session/suspects.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/epoch_start.hpp"
#include "mixnn/wire/inquiry.hpp"
#include "mixnn/wire/settle_order.hpp"
#include "mixnn/wire/ticket_book.hpp"
#include "mixnn/wire/trace_part.hpp"

namespace mixnn {
namespace {

template <class Kind>
typename Kind::Payload payload_of(Kind kind, const Message& message) {
  std::optional<typename Kind::Payload> payload =
      decode<typename Kind::Payload>(message.payload.bytes());
  if (!payload) throw RunError(std::string("a malformed ") + kind.kName);
  return std::move(*payload);
}

// By the traffic that the owner asks for.
std::unique_ptr<NodeLink> make_link(Transport& transport, const NodeHandshake::Outcome& start,
                                    ActivityRecorder& activity) {
  if (start.parameters.traffic == TrafficKind::kRounds)
    return std::make_unique<RoundsNodeLink>(transport, start.parameters, start.keys, activity);
  return std::make_unique<OnionNodeLink>(transport, start.parameters, start.keys, activity);
}

}  // namespace

Node::Node(Transport& transport, NodeIdentity identity, Seen seen, Lies lies, Said said)
    : transport_(transport),
      seen_(std::move(seen)),
      lies_(std::move(lies)),
      said_(std::move(said)),
      handshake_(std::in_place, transport, std::move(identity)) {}

Node::~Node() {
  if (paced_ != nullptr) paced_->close();
}

bool Node::step() {
  if (!link_) {
    const std::optional<NodeHandshake::Outcome> outcome = handshake_->poll();
    if (!outcome) return false;
    handshake_.reset();
    start(*outcome);
    return true;
  }
  if (paced_ == nullptr) return serve();
  if (over_.load()) std::rethrow_exception(broken_);
  return paced_->turn();
}

void Node::start(const NodeHandshake::Outcome& outcome) {
  activity_.keep_events(outcome.parameters.trace_events);
  if (outcome.parameters.period_ns == 0) {
    link_ = make_link(transport_, outcome, activity_);
    return;
  }
  auto paced =
      std::make_unique<PacedNodeLink>(transport_, outcome.parameters, outcome.keys, activity_);
  paced_ = paced.get();
  link_ = std::move(paced);
  const NoSignals no_signals;  // threads inherit it
  computing_ = std::jthread([this] { compute(); });
}

// With a pace, on the computing thread. Where ranks share cores it would starve in the background.
void Node::compute() try {
  if (transport_.core_for_each()) stay_in_background();
  while (!paced_->closed()) {
    if (serve()) continue;
    const ActivityRecorder::Scope waiting(activity_, Activity::kWait);
    paced_->wait(std::chrono::milliseconds(50));
  }
} catch (...) {
  broken_ = std::current_exception();
  over_.store(true);
}

bool Node::serve() {
  try {
    return serve_or_throw();
  } catch (const RunError& error) {
    if (failed_) return false;  // the owner has been told; it ends the run
    report(Report::Type::kError, error.what());
    failed_ = true;
    return true;
  }
}

bool Node::serve_or_throw() {
  bool any = link_->poll();
  if (failed_) {  // the owner has been told; it ends the run
    while (link_->next()) {
    }
  } else {
    any = do_some() || any;
  }
  return any || link_->go_on();
}

bool Node::do_some() {
  while (std::optional<Message> message = link_->next()) handle(std::move(*message));
  if (const std::optional<LostCell> lost = link_->lost())
    throw RunError(lost_text(*lost, 0, static_cast<std::uint32_t>(transport_.rank())));
  settle();
  bool any = build_stage();
  commit();
  clip();
  if (host_) {
    const ActivityRecorder::Scope computing(
        activity_, host_->has_stage() ? Activity::kCompute : Activity::kOther);
    if (host_->work(*this))
      any = true;
    else
      activity_.rename(Activity::kOther);
  }
  return any;
}

bool Node::finished() {
  if (paced_ != nullptr) return paced_->ended();
  return stopped_ && link_->ended();
}

void Node::handle(Message message) {
  const MessageKind kind = message.info.label.kind;
  if (seen_) seen_(message.info, message.payload.size());
  if (lies_.takes) lies_.takes(message);
  if (visit_kind<Recipient::kStage>(kind, [&](auto) { to_stage(std::move(message)); })) return;
  if (!visit_kind<Recipient::kNode>(kind, [&](auto of_kind) { on(of_kind, message); }))
    throw RunError("got an unexpected " + to_string(kind) + " from the owner");
  recycle(std::move(message.payload));
}

void Node::to_stage(Message message) {
  if (host_)
    host_->accept(std::move(message));
  else
    early_.push_back(std::move(message));
}

void Node::on(OfKind<MessageKind::kSpecification> kind, Message& message) {
  specification_.insert_or_assign(message.info.label.part,
                                  StagePart{message.info, payload_of(kind, message), false});
}

void Node::on(OfKind<MessageKind::kEpoch> kind, Message& message) {
  const EpochStart start = payload_of(kind, message);
  const std::optional<PublicKey> fresh_key = link_->begin_epoch(start);
  take_orders(start.book);
  wipe(message.payload.bytes());
  if (!fresh_key) throw RunError("a malformed epoch");
  report(Report::Type::kAcknowledged, {}, *fresh_key);
}

void Node::on(OfKind<MessageKind::kPause>, Message& message) {
  store_tickets(message);
  report(Report::Type::kAcknowledged);
  link_->rest();
}

void Node::on(OfKind<MessageKind::kResume>, Message& message) {
  store_tickets(message);
  report(Report::Type::kAcknowledged);
}

void Node::on(OfKind<MessageKind::kInquiry> kind, Message& message) {
  const Label about = payload_of(kind, message).about;
  store_tickets(message);
  Report report;
  report.type = Report::Type::kAcknowledged;
  report.known = known(about);
  send_report(std::move(report));
}

void Node::on(OfKind<MessageKind::kStop>, Message& message) {
  store_tickets(message);
  report(Report::Type::kFinal);
  stopped_ = true;
}

void Node::on(OfKind<MessageKind::kTrace> kind, Message& message) {
  store_tickets(message);
  activity_.stop_events();
  Label label = message.info.label;
  label.kind = answer_kind(kind.kKind).value();
  if (!can_answer(label)) throw RunError("was asked for a trace without a ticket for it");
  answer(label, encode(trace_part(activity_, trace_part_++, link_->trace_part_bytes())));
}

void Node::on(OfKind<MessageKind::kSettle> kind, Message& message) {
  settles_at_ = payload_of(kind, message).delivered;
  store_tickets(message);
}

void Node::on(OfKind<MessageKind::kCommit> kind, Message& message) {
  commit_ = payload_of(kind, message);
  commit_->tickets.pages.clear();  // views into the message
  store_tickets(message);
}

// Once the last update is made, which may be after the last answer. A decoy's is random.
void Node::commit() {
  if (!commit_ || (host_ && !host_->has_made(commit_->updates))) return;
  const CommitOrder order = *std::exchange(commit_, std::nullopt);
  Commitment commitment = host_ ? host_->commit(order.tensors) : Commitment{};
  if (!host_ || !host_->has_stage()) {
    Csprng rng;
    rng.fill(commitment.parameters);
    rng.fill(commitment.optimizer);
    if (order.tensors) rng.fill(commitment.inputs);
    if (order.tensors) rng.fill(commitment.gradients);
  }
  const Label label{MessageKind::kCommitment, 0, 0, static_cast<std::uint32_t>(transport_.rank())};
  if (!can_answer(label)) throw RunError("was asked to commit without a ticket for it");
  answer(label, encode(commitment));
}

void Node::on(OfKind<MessageKind::kClip> kind, Message& message) {
  clip_ = payload_of(kind, message).updates;
  store_tickets(message);
}

// Once the gradients of all micro-batches are added up, which may be after the last answer.
void Node::clip() {
  if (!clip_ || !host_ || !host_->has_gradients(*clip_)) return;
  clip_.reset();
  const ActivityRecorder::Scope computing(
      activity_, host_->has_stage() ? Activity::kCompute : Activity::kOther);
  const Label label{MessageKind::kSquares, 0, 0, static_cast<std::uint32_t>(transport_.rank())};
  if (!can_answer(label)) throw RunError("was asked for its gradients without a ticket for it");
  answer(label, encode(GradientSquares{host_->gradient_squares()}));
}

void Node::on(OfKind<MessageKind::kScale> kind, Message& message) {
  const GradientScale scale = payload_of(kind, message);
  if (!host_) throw RunError("got a scale for gradients that it does not have");
  const ActivityRecorder::Scope computing(
      activity_, host_->has_stage() ? Activity::kCompute : Activity::kOther);
  host_->scale(scale.updates, scale.scale);
}

// All that was on its way to this rank has come.
void Node::settle() {
  if (!settles_at_ || link_->counters().delivered < *settles_at_) return;
  settles_at_.reset();
  report(Report::Type::kAcknowledged);
}

void Node::store_tickets(Message& message) {
  const std::optional<TicketBook> book = decode<TicketBook>(message.payload.bytes());
  if (!book) throw RunError("a malformed ticket book");
  link_->store(*book);
  take_orders(*book);
  wipe(message.payload.bytes());
}

// The ticket for an opening is what asks for it.
void Node::take_orders(const TicketBook& tickets) {
  for (const BookPage& page : tickets.pages)
    if (page.label.kind == MessageKind::kOpening) to_stage({{.label = page.label}, {}});
}

// The specification may be in several parts. Each is answered when it comes, so that more may
// follow than are under way at once; but for the last, which makes the stage.
bool Node::build_stage() {
  if (host_ || specification_.empty()) return false;
  const std::size_t parts = std::max(specification_.begin()->second.info.micro_batches, 1u);
  bool any = false;
  const auto answered = static_cast<std::size_t>(
      std::ranges::count_if(specification_, [](const auto& part) { return part.second.answered; }));
  std::size_t open = parts - std::min(parts, answered);
  for (auto& [number, part] : specification_) {
    if (open == 1) break;
    if (part.answered || !can_answer(part.info.label)) continue;
    answer(part.info.label, {});
    part.answered = any = true;
    --open;
  }
  const auto last =
      std::ranges::find_if(specification_, [](const auto& part) { return !part.second.answered; });
  if (open > 1 || specification_.size() < parts || last == specification_.end() ||
      !can_answer(last->second.info.label))
    return any;
  make_stage();
  answer(last->second.info.label, {});
  specification_.clear();
  for (Message& message : early_) host_->accept(std::move(message));
  early_.clear();
  return true;
}

// One of blanks is that of a decoy.
void Node::make_stage() {
  std::string text;
  for (const auto& [number, part] : specification_) text += part.specification.text;
  const StagePart& first = specification_.begin()->second;
  const std::size_t part_floats = first.specification.part_floats;
  if (text.find_first_not_of(' ') == std::string::npos) {
    host_.emplace(part_floats, first.info.label.step);
  } else {
    set_blas_threads(1);  // more would give other bits
    crew_ = std::make_unique<Crew>(transport_.turns().helper_places(), &activity_);
    host_.emplace(stage_spec_from_json(text), part_floats, first.info.label.step,
                  Products(*crew_, Cutting::kByShape));
  }
}

void Node::answer(const Label& label, ConstBytes payload) {
  std::vector<std::byte> lie;
  if (lies_.answers) {
    lie.assign(payload.begin(), payload.end());
    lies_.answers(label, lie);
    payload = lie;
  }
  link_->answer(label, payload);
  answered_.add(label);
  if (said_) said_(label);
}

// A label that comes again has a new ticket, or a new message.
Report::Known Node::known(const Label& request) const {
  const auto of = [&](const Message& message) { return message.info.label == request; };
  const bool ticket = can_answer(request);
  const bool message =
      std::ranges::any_of(early_, of) || (host_ && host_->holds(request)) ||
      (request.kind == MessageKind::kSpecification && specification_.contains(request.part) &&
       !specification_.at(request.part).answered);
  if (ticket && message) return Report::Known::kTicketAndMessage;
  if (ticket) return Report::Known::kTicket;
  if (message) return Report::Known::kMessage;
  return answered_.contains(request) ? Report::Known::kAnswered : Report::Known::kNothing;
}

void Node::report(Report::Type type, const std::string& error, const PublicKey& fresh_key) {
  Report report;
  report.type = type;
  report.fresh_key = fresh_key;
  report.error = error;
  send_report(std::move(report));
}

void Node::send_report(Report report) {
  report.counters = link_->counters();
  report.refused = link_->refused();
  report.lost = link_->lost().value_or(LostCell{});
  report.usage = link_->usage();
  if (host_) host_->add_memory(report.usage);
  if (lies_.reports) lies_.reports(report);
  link_->report(report);
  if (said_) said_({.kind = MessageKind::kReport});
}

Turn Node::turn() {
  if (paced_ != nullptr) {
    if (finished()) return Turn::kOver;
    if (!step()) transport_.turns().nap(paced_->nap());
    return Turn::kBusy;
  }
  activity_.switch_to(Activity::kOther);
  if (finished()) return Turn::kOver;
  if (step()) return Turn::kBusy;
  activity_.switch_to(Activity::kWait);
  return link_ && link_->resting() ? Turn::kRest : Turn::kIdle;
}

void serve_node(Transport& transport, NodeIdentity identity, Node::Seen seen, Node::Said said) {
  Node node(transport, std::exchange(identity, {}), std::move(seen), {}, std::move(said));
  transport.turns().run([&node] { return node.turn(); });
}

}  // namespace mixnn
