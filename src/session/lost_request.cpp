#include "mixnn/session/lost_request.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr std::uint32_t kAsker = 0;

std::string rank_text(std::uint32_t rank) { return "rank " + std::to_string(rank); }

std::string over(const std::vector<std::uint32_t>& route) {
  if (route.empty()) return "";
  std::string text = route.size() == 1 ? " over rank " : " over ranks ";
  for (std::size_t i = 0; i < route.size(); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(route[i]);
  return text;
}

std::string way(const Passage& passage) {
  return rank_text(passage.from) + over(passage.route) + " to " + rank_text(passage.to);
}

// What is known at its receiver of a passage: the text of where the request stands, or empty if it
// went on.
std::string stop_at(const Passage& passage, Report::Known known) {
  const std::string to = rank_text(passage.to);
  switch (known) {
    case Report::Known::kAnswered:
      return {};
    case Report::Known::kTicket:
      return " was lost on its way from " + way(passage) + ": one of them did not pass it on, or " +
             (passage.to == kAsker ? "" : to + " does not say that it came, or ") +
             "a link between them is cut";
    case Report::Known::kTicketAndMessage:
      return " is at " + to + ", which has not answered it yet";
    case Report::Known::kMessage:
    case Report::Known::kNothing:
      return " waits at " + to + " for the ticket of its answer: a book from rank 0 to " + to +
             " was lost on its way over relays, or " + to + " does not say that it has it";
  }
  return {};
}

}  // namespace

std::vector<Passage> Passages::of(const Label& request) const {
  std::vector<Passage> way;
  const auto found = all_.find(request);
  if (found == all_.end()) return way;
  const auto asked = [&](const Passage& passage) { return passage.from == kAsker; };
  std::uint32_t from = kAsker;
  if (std::ranges::none_of(found->second, asked)) {  // the ticket is the order
    from = found->second.front().from;
    way.push_back({kAsker, from, {}});
  }
  do {
    const auto next = std::ranges::find(found->second, from, &Passage::from);
    if (next == found->second.end() || way.size() > found->second.size()) break;
    way.push_back(*next);
    from = next->to;
  } while (from != kAsker);
  return way;
}

std::string lost_request_text(const Label& request, const std::vector<Passage>& passages,
                              const std::map<std::uint32_t, Report::Known>& known) {
  for (const Passage& passage : passages) {
    std::string stop;
    if (passage.to == kAsker) {  // whoever should have answered says that it has
      stop = stop_at(passage, Report::Known::kTicket);
    } else if (const auto says = known.find(passage.to); says != known.end()) {
      stop = stop_at(passage, says->second);
    } else {
      return {};
    }
    if (!stop.empty()) return "the " + to_string(request) + stop;
  }
  return {};
}

}  // namespace mixnn
