#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mixnn/audit/wire_truth.hpp"
#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/onion/ticket.hpp"
#include "mixnn/rounds/table.hpp"
#include "mixnn/session/handshake.hpp"
#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/commitment.hpp"
#include "mixnn/wire/description.hpp"
#include "mixnn/wire/epoch_start.hpp"
#include "mixnn/wire/inquiry.hpp"
#include "mixnn/wire/pace_order.hpp"
#include "mixnn/wire/report.hpp"
#include "mixnn/wire/settle_order.hpp"
#include "mixnn/wire/shard_order.hpp"
#include "mixnn/wire/specification_part.hpp"
#include "mixnn/wire/ticket_book.hpp"
#include "mixnn/wire/trace_part.hpp"

// All types with a description: what kinds of messages carry follows from their table; these are
// the others. fuzz_test.cpp checks that none is missing.
#define MIXNN_OTHER_DESCRIBED_TYPES(ROW) \
  ROW(Label)                             \
  ROW(MessageInfo)                       \
  ROW(BookPage)                          \
  ROW(Usage)                             \
  ROW(CellCounters)                      \
  ROW(RefusedFrom)                       \
  ROW(LostCell)                          \
  ROW(ActivityEvent)                     \
  ROW(Ticket)                            \
  ROW(MixNumbers)                        \
  ROW(Hello)                             \
  ROW(Refusal)                           \
  ROW(Capabilities)                      \
  ROW(RunParameters)                     \
  ROW(RunStart)                          \
  ROW(TrainingPoint)                     \
  ROW(EpochRecord)                       \
  ROW(ShardRecord)                       \
  ROW(Manifest)                          \
  ROW(RunRecord)                         \
  ROW(RankTable)                         \
  ROW(LoggedCell)                        \
  ROW(LoggedMessage)                     \
  ROW(LoggedStep)                        \
  ROW(WireTruth::RankClock)              \
  ROW(WireTruth)

namespace mixnn::testing {

// Gives bytes to a decoder; true if they were accepted. Then they must come back as they were, from
// a copy whose end is the end of its memory, so that a sanitizer sees a read past it.
template <class T>
bool fuzz(ConstBytes bytes) {
  const std::vector<std::byte> exact(bytes.begin(), bytes.end());
  const std::optional<T> value = decode<T>(exact);
  if (!value) return false;
  const std::vector<std::byte> once = encode(*value);
  const std::optional<T> again = decode_whole<T>(once);
  MIXNN_CHECK(again && encode(*again) == once, "what was accepted comes back as it was");
  return true;
}

// Calls visit.template operator()<T>(name) for every described type.
template <class Visit>
void each_described_type(const Visit& visit) {
  const auto carried = [&]<class T>(const char* name) {
    if constexpr (!std::is_empty_v<T>) visit.template operator()<T>(name);
  };
#define MIXNN_ROW(kind, number, name, to, way, payload, answer) \
  carried.template operator()<payload>(#payload);               \
  carried.template operator()<answer>(#answer);
  MIXNN_MESSAGE_KINDS(MIXNN_ROW)
#undef MIXNN_ROW
#define MIXNN_ROW(type) visit.template operator()<type>(#type);
  MIXNN_OTHER_DESCRIBED_TYPES(MIXNN_ROW)
#undef MIXNN_ROW
}

}  // namespace mixnn::testing
