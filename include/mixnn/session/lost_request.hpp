#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mixnn/wire/description.hpp"
#include "mixnn/wire/report.hpp"

namespace mixnn {

// One message of a request: from a rank over relays to another.
struct Passage {
  std::uint32_t from = 0, to = 0;
  std::vector<std::uint32_t> route;
};

// The messages of the requests under way, as their tickets are made.
class Passages {
 public:
  void add(const Label& request, Passage passage) { all_[request].push_back(std::move(passage)); }
  void ended(const Label& request) { all_.erase(request); }
  void clear() { all_.clear(); }
  // Those of one, from the owner on, each from where the one before led. Where its ticket is the
  // order, the first is one without a route: the book's.
  std::vector<Passage> of(const Label& request) const;

 private:
  std::map<Label, std::vector<Passage>> all_;  // in the order in which tickets were made
};

// Where a request stopped of which no answer came back. `passages`: its messages, from the owner,
// by the ranks that answer it, to the owner again. `known`: what ranks say of it; who said nothing
// is not among them. The text names all that can have lost it, as whoever speaks may lie: sender,
// relays and receiver of one message. Empty where nothing follows from what they say.
std::string lost_request_text(const Label& request, const std::vector<Passage>& passages,
                              const std::map<std::uint32_t, Report::Known>& known);

}  // namespace mixnn
