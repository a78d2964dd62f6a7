#pragma once
#include <cstdint>
#include <map>
#include <utility>

#include "mixnn/base/function_ref.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/wire/assembly.hpp"
#include "mixnn/wire/message.hpp"

namespace mixnn {

// What a rank says on its circuits, by logical number. It is kept as long as that may come again
// (rewind.hpp), and is then said again.
class Outbox {
 public:
  // A circuit of this rank's: its role, and of the owner's also to whom; links change with the
  // tables, but this does not.
  struct Circuit {
    std::uint8_t role = 0;
    std::uint32_t to = 0;
    auto operator<=>(const Circuit&) const = default;
  };

  // One message for each logical number and circuit; not for what has begun already, but if it
  // comes again.
  void put(std::uint64_t logical, const Circuit& circuit, Message message);
  // This logical number begins: what can no longer come again is forgotten, and its memory given
  // back.
  void begin(std::uint64_t logical, BufferStock& stock);
  // What is to be said at this logical number; it stays where it is until it is forgotten.
  void at(std::uint64_t logical, FunctionRef<void(const Circuit&, const Message&)> say) const;

 private:
  std::map<std::pair<std::uint64_t, Circuit>, Message> messages_;
};

}  // namespace mixnn
