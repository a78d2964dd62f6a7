#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/owner/rank_usage.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// What one rank did when, on the owner's clock.
struct RankTrace {
  std::uint32_t rank = 0;
  RankUsage::Role role{};
  std::size_t stage = 0;      // of a host, from 0
  std::uint64_t dropped = 0;  // events for which there was no room
  // A rank on another host has another clock: `offset` was taken off its times, known to half of
  // `round_trip`.
  bool other_host = false;
  Nanoseconds offset{0}, round_trip{0};
  std::vector<ActivityEvent> events;
};

// A trace says who does what, so it must not lie where a node's machine may read it: throws
// UsageError where some rank runs on another host than this one, whose folders it may share.
// `option` asked for it.
void check_trace_is_private(const Transport& transport, const std::string& option = "--trace");

}  // namespace mixnn
