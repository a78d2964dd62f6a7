#include "mixnn/session/round_endpoint.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/session/usage.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kLongestNap = 10ms;

RoundSetting setting_of(const RunParameters& parameters) {
  RoundSetting setting;
  setting.hops = parameters.hops;
  setting.capacity = slot_capacity(parameters.cell_bytes);
  setting.patience = std::chrono::milliseconds(parameters.patience_ms);
  setting.period = parameters.period();
  return setting;
}

}  // namespace

RoundEndpoint::RoundEndpoint(Transport& transport, const RunParameters& parameters,
                             std::span<const LaneKeys> lanes, ActivityRecorder& activity)
    : transport_(transport),
      activity_(activity),
      aead_(make_bulk_aead(parameters.suite), activity),
      capacity_(slot_capacity(parameters.cell_bytes)),
      exchanger_(transport, aead_, clock_, setting_of(parameters), lanes) {}

bool RoundEndpoint::poll(FunctionRef<void(Brought)> take) {
  const ActivityRecorder::Scope scope(activity_, Activity::kSend);
  bool any = exchanger_.poll();
  if (std::optional<Brought> brought = exchanger_.take()) {
    take(std::move(*brought));
    any = true;
  }
  if (any)
    busy_at_ = clock_.now();
  else
    activity_.rename(Activity::kWait);
  return any;
}

void RoundEndpoint::put(std::uint64_t logical, const Outbox::Circuit& circuit,
                        const MessageInfo& info, AlignedBuffer payload) {
  MIXNN_CHECK(payload.size() <= capacity_, "a message larger than a slot");
  outbox_.put(logical, circuit, {info, std::move(payload)});
}

AlignedBuffer RoundEndpoint::copy_of(ConstBytes payload) {
  AlignedBuffer copy = exchanger_.stock().take(payload.size());
  copy_bytes(payload, copy.bytes());
  return copy;
}

// Where the draw is that of lanes alone again.
bool RoundEndpoint::key_epoch_begins() {
  if (exchanger_.logical() < not_begun_) return false;
  not_begun_ = exchanger_.logical() + 1;
  const DrawNumber before = std::exchange(last_draw_, exchanger_.draw());
  return last_draw_ == DrawNumber::kLanes && before != DrawNumber::kLanes;
}

void RoundEndpoint::begin(FirstLink first_link, DrawNumber draw_after) {
  const std::uint64_t logical = exchanger_.logical();
  outbox_.begin(logical, exchanger_.stock());
  said_.clear();
  outbox_.at(logical, [&](const Outbox::Circuit& circuit, const Message& message) {
    if (const std::optional<std::uint32_t> first = first_link(circuit))
      said_.push_back({*first, message.info, message.payload.bytes()});
  });
  exchanger_.begin(said_, draw_after);
}

std::optional<Message> RoundEndpoint::next() {
  if (inbox_.empty()) return std::nullopt;
  Message message = std::move(inbox_.front());
  inbox_.pop_front();
  return message;
}

// Others' slots come at about the time of its own. Where exchanges are held it looks ever less
// often, so as to leave the cores to whom they are held for; that costs an eighth of the hold at
// most. What is being sent goes on only while the transport is called.
Nanoseconds RoundEndpoint::nap() const {
  const Nanoseconds now = clock_.now();
  const Nanoseconds look = std::clamp<Nanoseconds>(exchanger_.period() / 8, 20us, 500us);
  const std::optional<Nanoseconds> goes_at = exchanger_.goes_at();
  if (!goes_at) return std::max(look, std::min<Nanoseconds>((now - busy_at_) / 8, kLongestNap));
  const Nanoseconds left = std::max(Nanoseconds{0}, *goes_at - now);
  return transport_.all_sent() ? left : std::min(left, look);
}

Usage RoundEndpoint::usage() const {
  return usage_of(activity_, exchanger_.stock(), exchanger_.pool());
}

std::array<RefusedFrom, 8> RoundEndpoint::refused() const {
  return worst_refused(transport_.refusals());
}

}  // namespace mixnn
