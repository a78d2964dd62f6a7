#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/bytes.hpp"
#include "mixnn/wire/usage.hpp"

namespace mixnn {

// What a rank counted since the start: cells in = forwarded + delivered + rejected.
struct CellCounters {
  std::uint64_t received = 0, sent = 0, forwarded = 0, delivered = 0;
  std::array<std::uint64_t, 6> rejected{};  // by reason

  std::uint64_t all_rejected() const;
};

// What a rank tells the owner: one cell, zero hops.
struct Report {
  enum class Type : std::uint8_t { kAcknowledged = 1, kFinal = 2, kError = 3 };
  Type type{};
  CellCounters counters;
  Usage usage;
  std::string error;  // cut to fit a cell
};
std::vector<std::byte> encode(const Report& report);
// Nothing where it is malformed. Whatever is not printable ASCII in the error is replaced.
std::optional<Report> decode_report(ConstBytes bytes);

}  // namespace mixnn
