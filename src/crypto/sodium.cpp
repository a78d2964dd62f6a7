#include "sodium.hpp"

namespace mixnn {

void ensure_sodium() {
  static const int status = sodium_init();
  MIXNN_CHECK(status >= 0, "libsodium could not start");
}

}  // namespace mixnn
