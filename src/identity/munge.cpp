#include "mixnn/identity/munge.hpp"

namespace mixnn {

Credentials* munge_service() { return nullptr; }

}  // namespace mixnn
