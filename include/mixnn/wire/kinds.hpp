#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace mixnn {

// The table of message kinds, a row each (docs/protocol.md, "Messages"):
//   to      whom it is for: the stage that a rank hosts, the rank itself (Node), its end of the
//           traffic (Link), or the owner
//   way     Relayed: over relays, padded like all others; Control: one cell between owner and rank
//   payload what it carries; its struct says how it is laid out. Raw: tensors, as they are
//   answer  what its answer carries: under the same label if it is relayed, as the kind with that
//           payload if it is control. Nothing: it is not answered
// An opening is ordered by the ticket for it alone, without a message.
// A new kind is a row here, its payload's struct, and its handler: Node::on, Questions::on or
// StageHost's list of tasks. Without the handler it does not compile.
// clang-format off
#define MIXNN_MESSAGE_KINDS(ROW)                                                              \
  /*  kind           no. name             to     way      payload            answer */        \
  ROW(Specification,  1, "specification", Node,  Relayed, SpecificationPart, Empty)           \
  ROW(Parameters,     2, "parameters",    Stage, Relayed, Raw,               Empty)           \
  ROW(TicketBook,     3, "ticket book",   Node,  Relayed, TicketBook,        Nothing)         \
  ROW(Forward,        4, "forward",       Stage, Relayed, Raw,               Raw)             \
  ROW(Backward,       5, "backward",      Stage, Relayed, Raw,               Raw)             \
  ROW(Test,           6, "test",          Stage, Relayed, Raw,               Raw)             \
  ROW(Gather,         7, "gathering",     Stage, Relayed, Empty,             Raw)             \
  ROW(Checkpoint,     8, "checkpoint",    Stage, Relayed, ShardOrder,        ShardReceipt)    \
  ROW(Opening,        9, "opening",       Stage, Relayed, Empty,             Raw)             \
  ROW(Epoch,         16, "epoch",         Node,  Control, EpochStart,        Report)          \
  ROW(Pause,         17, "pause",         Node,  Control, TicketBook,        Report)          \
  ROW(Resume,        18, "resume",        Node,  Control, TicketBook,        Report)          \
  ROW(Stop,          19, "stop",          Node,  Control, TicketBook,        Report)          \
  ROW(Report,        20, "report",        Owner, Control, Report,            Nothing)         \
  ROW(Trace,         21, "trace",         Node,  Control, TicketBook,        TracePart)       \
  ROW(TracePart,     22, "trace part",    Owner, Control, TracePart,         Nothing)         \
  ROW(Settle,        23, "settling",      Node,  Control, SettleOrder,       Report)          \
  ROW(Commit,        24, "commit",        Node,  Control, CommitOrder,       Commitment)      \
  ROW(Commitment,    25, "commitment",    Owner, Control, Commitment,        Nothing)         \
  ROW(Inquiry,       26, "inquiry",       Node,  Control, Inquiry,           Report)          \
  ROW(Clip,          27, "clipping",      Node,  Control, ClipOrder,         GradientSquares) \
  ROW(Squares,       28, "squares",       Owner, Control, GradientSquares,   Nothing)         \
  ROW(Scale,         29, "scale",         Node,  Control, GradientScale,     Nothing)         \
  ROW(Table,         30, "table",         Link,  Control, RankTable,         Nothing)         \
  ROW(Pace,          34, "pace",          Link,  Control, PaceOrder,         RoundTime)       \
  ROW(RoundTime,     35, "round time",    Owner, Control, RoundTime,         Nothing)
// clang-format on

enum class MessageKind : std::uint8_t {
#define MIXNN_ROW(kind, number, name, to, way, payload, answer) k##kind = number,
  MIXNN_MESSAGE_KINDS(MIXNN_ROW)
#undef MIXNN_ROW
};

enum class Recipient : std::uint8_t { kStage, kNode, kLink, kOwner };
enum class Way : std::uint8_t { kRelayed, kControl };

// What has no description of its own.
struct Raw {};      // tensors
struct Empty {};    // no bytes but padding
struct Nothing {};  // no message

// A kind as a type, to choose a handler by: `void on(OfKind<MessageKind::kReport>, ...)`.
template <MessageKind>
struct OfKind;
#define MIXNN_ROW(kind_, number_, name_, to_, way_, payload_, answer_) \
  template <>                                                          \
  struct OfKind<MessageKind::k##kind_> {                               \
    static constexpr MessageKind kKind = MessageKind::k##kind_;        \
    static constexpr const char* kName = name_;                        \
    static constexpr Recipient kTo = Recipient::k##to_;                \
    static constexpr Way kWay = Way::k##way_;                          \
    using Payload = struct payload_;                                   \
    using Answer = struct answer_;                                     \
  };
MIXNN_MESSAGE_KINDS(MIXNN_ROW)
#undef MIXNN_ROW

// All kinds at once: with_all_kinds([](auto... kinds) { ... }).
template <class Visit>
constexpr auto with_all_kinds(Visit&& visit) {
#define MIXNN_ROW(kind, number, name, to, way, payload, answer) \
  , OfKind<MessageKind::k##kind> {}
  return [&]<class... Kinds>(int, Kinds... kinds) {
    return visit(kinds...);
  }(0 MIXNN_MESSAGE_KINDS(MIXNN_ROW));
#undef MIXNN_ROW
}

// Calls visit(OfKind<kind>) if such a kind is for `to`, and says whether it did. `visit` must take
// all that are.
template <Recipient to, class Visit>
constexpr bool visit_kind(MessageKind kind, Visit&& visit) {
  const auto try_one = [&](auto of_kind) {
    if constexpr (of_kind.kTo == to) {
      if (of_kind.kKind != kind) return false;
      visit(of_kind);
      return true;
    } else {
      return false;
    }
  };
  return with_all_kinds([&](auto... kinds) { return (try_one(kinds) || ...); });
}

// Whether `tasks`, things with a `kind`, have one at least for every kind that is for `to`.
template <Recipient to, class Tasks>
constexpr bool covers_all_kinds(const Tasks& tasks) {
  const auto covered = [&](auto of_kind) {
    if (of_kind.kTo != to) return true;
    for (const auto& task : tasks)
      if (task.kind == of_kind.kKind) return true;
    return false;
  };
  return with_all_kinds([&](auto... kinds) { return (covered(kinds) && ...); });
}

constexpr bool is_known(MessageKind kind) {
  return with_all_kinds([&](auto... kinds) { return ((kinds.kKind == kind) || ...); });
}
constexpr bool is_control(MessageKind kind) {
  return with_all_kinds(
      [&](auto... kinds) { return ((kinds.kKind == kind && kinds.kWay == Way::kControl) || ...); });
}
std::string to_string(MessageKind kind);  // "unknown" if it is

// The kind under which an answer to this one comes; nothing if it is not answered.
constexpr std::optional<MessageKind> answer_kind(MessageKind asked) {
  return with_all_kinds([&](auto... kinds) {
    std::optional<MessageKind> found;
    const auto look_at = [&]<class Row>(Row row) {
      if (row.kKind != asked || std::is_same_v<typename Row::Answer, Nothing>) return;
      const auto carries = [&]<class Other>(Other other) {
        if (std::is_same_v<typename Other::Payload, typename Row::Answer>) found = other.kKind;
      };
      if (row.kWay == Way::kRelayed)
        found = asked;
      else
        (carries(kinds), ...);
    };
    (look_at(kinds), ...);
    return found;
  });
}

}  // namespace mixnn
