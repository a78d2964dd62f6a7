#include "mixnn/owner/owner_link.hpp"

#include <algorithm>
#include <tuple>

#include "mixnn/owner/refused.hpp"

namespace mixnn {
namespace {

constexpr Nanoseconds kInquiry = std::chrono::seconds(2);  // for the answers of ranks at a timeout

std::string names(const std::vector<std::string>& items) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i)
    text += (i > 0 ? "; " : "") + items[i];
  if (items.size() > kShown) text += "; and " + std::to_string(items.size() - kShown) + " more";
  return text;
}

}  // namespace

OwnerLink::OwnerLink(Transport& transport, const RunParameters& parameters, const Plan& plan,
                     const SessionOptions& options)
    : transport_(transport),
      options_(options),
      plan_(plan),
      suite_(parameters.suite),
      watch_(options.timeout, clock_),
      questions_(plan_, options.hops, options.in_rounds(),
                 [this](std::uint32_t rank, const PublicKey& half) { return agree(rank, half); }) {
  activity_.keep_events(parameters.trace_events);
}

void OwnerLink::begin(std::uint32_t rank, const Label& label) {
  MIXNN_CHECK(has_credit(), "a request without a credit");
  MIXNN_CHECK(under_way_.emplace(label, rank).second, "the same request twice");
  if (under_way_.size() == 1) watch_.moved();
}

void OwnerLink::launch(std::uint32_t receiver, const MessageInfo& info, ConstBytes payload) {
  begin(receiver, info.label);
  send(receiver, info, payload);
}

Message OwnerLink::wait(FunctionRef<bool()> meanwhile) {
  for (;;) {
    std::optional<Message> message = step(meanwhile);
    if (!message) continue;
    if (under_way_.erase(message->info.label) == 0) throw unasked(message->info.label);
    ended(message->info.label);
    if (idle()) nothing_under_way();
    return std::move(*message);
  }
}

void OwnerLink::work_until(FunctionRef<bool()> done) {
  while (!done())
    if (const std::optional<Message> message = step()) throw unasked(message->info.label);
}

std::optional<Message> OwnerLink::step(FunctionRef<bool()> meanwhile) {
  if (std::optional<Message> message = next()) {
    if (!questions_.take(*message)) return message;
    recycle(std::move(message->payload));
    return std::nullopt;
  }
  const bool any = poll();
  if (const std::optional<LostCell> cell = lost()) throw questions_.lost_cell(kOwnerRank, *cell);
  if (std::exchange(taken_, taken()) != taken())
    watch_.moved();
  else
    check_timeout();  // also while junk comes
  if (any)
    turns().busy();
  else if (turns().core_wanted() || !meanwhile())
    wait_a_little();
  return std::nullopt;
}

// Who has a ticket for an answer ahead of its question may use it, and so may any host before it on
// the way: what follows from that looks the same here.
RunError OwnerLink::unasked(const Label& label) const {
  std::string hosts;
  for (std::size_t stage = 0; stage < plan_.stages; ++stage)
    hosts += (stage > 0 ? ", " : "") + std::to_string(plan_.places[stage]);
  return RunError("an answer came to no question: " + to_string(label) +
                  "; a host of a stage (ranks " + hosts + ") did not wait to be asked");
}

void OwnerLink::wait_a_little() {
  const ActivityRecorder::Scope waiting(activity_, Activity::kWait);
  turns().idle(false);
}

void OwnerLink::check_timeout() {
  if (!watch_.stalled()) return;
  std::vector<std::string> outstanding;
  for (const auto& [label, receiver] : under_way_) outstanding.push_back(to_string(label));
  if (outstanding.empty()) outstanding = questions_.outstanding();
  char wait[32];
  std::snprintf(wait, sizeof wait, "%g", seconds(options_.timeout));
  throw RunError("no progress for " + std::string(wait) + " s; outstanding: " + names(outstanding) +
                 inquire());
}

// The first that hosts would do.
std::optional<Label> OwnerLink::oldest_request() const {
  if (under_way_.empty()) return std::nullopt;
  const auto key = [](const auto& request) {
    const Label& label = request.first;
    return std::tuple(label.step, label.micro_batch, label.kind, label.part);
  };
  return std::ranges::min_element(under_way_, {}, key)->first;
}

// Asks every rank what it refused, as that may be what is missing, and what it knows of the oldest
// request. Nothing else is done any more. Ranks that were told to stop have no ears for it.
std::string OwnerLink::inquire() {
  if (questions_.asked_to_stop() || !can_inquire()) return {};
  const std::optional<Label> oldest = oldest_request();
  const std::vector<std::byte> about = oldest ? encode(*oldest) : std::vector<std::byte>();
  questions_.reports.clear();
  for (std::uint32_t rank = 1; rank < ranks(); ++rank)
    ask(rank, oldest ? MessageKind::kInquiry : MessageKind::kResume, about);
  hear_answers();
  std::vector<Refused> all;
  add_refused(all, kOwnerRank, refused());
  for (const auto& [rank, report] : questions_.reports) add_refused(all, rank, report.refused);
  std::vector<std::string> said;
  if (!all.empty()) said.push_back(refused_text(all));
  if (oldest && questions_.all_answered()) {  // a rank that is silent may still hold it
    std::map<std::uint32_t, Report::Known> known;
    for (const auto& [rank, report] : questions_.reports) known[rank] = report.known;
    const std::string where = where_stopped(*oldest, known);
    if (!where.empty()) said.push_back(where);
  }
  for (const std::uint32_t rank : questions_.silent())
    said.push_back("no answer from rank " + std::to_string(rank) +
                   " (it stands still, or is cut off or flooded)");
  return said.empty() ? "" : "; " + names(said);
}

// What ranks report, for a while.
void OwnerLink::hear_answers() {
  StallWatch patience(std::min(kInquiry, options_.timeout), clock_);
  while (!questions_.all_answered() && !patience.stalled()) {
    if (const std::optional<Message> message = next()) {
      if (message->info.label.kind == MessageKind::kReport) questions_.take(*message);
    } else if (!poll()) {
      wait_a_little();
    }
  }
}

void OwnerLink::ask(std::uint32_t rank, MessageKind kind, ConstBytes fields) {
  MIXNN_CHECK(is_control(kind), "a kind for relays sent without them");
  questions_.asked(rank, kind, send_control(rank, kind, fields));
}

void OwnerLink::ask_each(MessageKind kind, ConstBytes fields) {
  MIXNN_CHECK(idle(), "control with messages under way");
  for (std::uint32_t rank = 1; rank < ranks(); ++rank) ask(rank, kind, fields);
  watch_.moved();
  while (!questions_.all_answered())
    if (const std::optional<Message> message = step()) throw unasked(message->info.label);
  nothing_under_way();
}

std::vector<Report> OwnerLink::ask_all(MessageKind kind) {
  questions_.reports.clear();
  ask_each(kind);
  std::vector<Report> reports;
  for (const auto& [rank, report] : questions_.reports) reports.push_back(report);
  return reports;
}

std::map<std::uint32_t, OwnerLink::TraceAnswer> OwnerLink::ask_trace() {
  activity_.stop_events();
  ask_each(MessageKind::kTrace);
  return std::exchange(questions_.traces, {});
}

std::map<std::uint32_t, Commitment> OwnerLink::ask_commitments(const CommitOrder& order) {
  std::vector<std::byte> fields;
  ByteWriter writer(fields);
  writer.put(order.updates);
  writer.put(static_cast<std::uint8_t>(order.tensors));
  ask_each(MessageKind::kCommit, fields);
  return std::exchange(questions_.commitments, {});
}

std::map<std::uint32_t, GradientSquares> OwnerLink::ask_squares(const ClipOrder& order) {
  std::vector<std::byte> fields;
  ByteWriter(fields).put(order.updates);
  ask_each(MessageKind::kClip, fields);
  return std::exchange(questions_.squares, {});
}

std::map<std::uint32_t, RoundTime> OwnerLink::ask_round_times(const PaceOrder& order) {
  std::vector<std::byte> fields;
  ByteWriter(fields).put(order.period_ns);
  ask_each(MessageKind::kPace, fields);
  return std::exchange(questions_.round_times, {});
}

void OwnerLink::tell_scale(const GradientScale& scale) {
  MIXNN_CHECK(idle(), "control with messages under way");
  const std::vector<std::byte> fields = encode(scale);
  for (std::uint32_t rank = 1; rank < ranks(); ++rank)
    send_control(rank, MessageKind::kScale, fields);
}

void OwnerLink::make_room(std::uint64_t messages) {
  if (!has_room(messages)) ratchet();
  take_room(messages);
}

}  // namespace mixnn
