#include "mixnn/owner/refused.hpp"

#include <algorithm>

#include "mixnn/base/text.hpp"

namespace mixnn {

void add_refused(std::vector<Refused>& all, std::uint32_t by,
                 std::span<const RefusedFrom> reported) {
  for (const RefusedFrom& refused : reported)
    if (refused.messages > 0) all.push_back({by, refused.rank, refused.messages});
}

std::string refused_text(const std::vector<Refused>& all) {
  constexpr std::size_t kShown = 4;
  std::vector<Refused> most = all;
  std::ranges::stable_sort(
      most, [](const Refused& a, const Refused& b) { return a.messages > b.messages; });
  std::string text;
  for (std::size_t i = 0; i < std::min(most.size(), kShown); ++i)
    text += (i > 0 ? "; " : "") + counted(most[i].messages, "message") + " from rank " +
            std::to_string(most[i].from) + (most[i].messages == 1 ? " was" : " were") +
            " refused by rank " + std::to_string(most[i].by);
  if (most.size() > kShown) text += "; and so on";
  return text;
}

}  // namespace mixnn
