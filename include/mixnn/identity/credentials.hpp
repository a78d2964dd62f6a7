#pragma once
#include <optional>
#include <string>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// A service of the machines that vouches for the user of a process, where no keys were exchanged.
// It is weaker than keys: whoever is root on any machine of the realm can vouch for anybody.
class Credentials {
 public:
  static constexpr std::size_t kMaxText = 1000;
  virtual ~Credentials() = default;

  // A text, printable and at most kMaxText long, that says: this user says `statement` now. Throws
  // RunError.
  virtual std::string vouch(ConstBytes statement) = 0;
  // Nothing if the text is of this realm and this user, and says just that for the first time;
  // else what is wrong with it.
  virtual std::optional<std::string> refuse(const std::string& text, ConstBytes statement) = 0;
};

}  // namespace mixnn
