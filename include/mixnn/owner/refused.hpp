#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mixnn/wire/report.hpp"

namespace mixnn {

// So many messages rank `by` says that it dropped, and that they came from rank `from`. Which of
// the two is to blame, or who is on the link between them, it does not show.
struct Refused {
  std::uint32_t by = 0, from = 0;
  std::uint64_t messages = 0;
};

// What rank `by` reports, behind what others did.
void add_refused(std::vector<Refused>& all, std::uint32_t by,
                 std::span<const RefusedFrom> reported);
// "5 messages from rank 3 were refused by rank 2"; the first few, or nothing if there is none.
std::string refused_text(const std::vector<Refused>& all);

}  // namespace mixnn
