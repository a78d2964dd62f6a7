#include "mixnn/wire/kinds.hpp"

namespace mixnn {

static_assert(with_all_kinds([](auto... kinds) {
                return ((kinds.kWay == Way::kRelayed || kinds.kTo != Recipient::kNode ||
                         std::is_same_v<typename decltype(kinds)::Answer, Nothing> ||
                         answer_kind(kinds.kKind).has_value()) &&
                        ...);
              }),
              "what the owner asks of a rank by control is answered by some kind");

std::string to_string(MessageKind kind) {
  const char* name = "unknown";
  with_all_kinds(
      [&](auto... kinds) { ((kinds.kKind == kind ? void(name = kinds.kName) : void()), ...); });
  return name;
}

}  // namespace mixnn
