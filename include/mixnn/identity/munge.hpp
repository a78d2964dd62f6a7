#pragma once
#include "mixnn/identity/credentials.hpp"

namespace mixnn {

// Credentials by MUNGE, as clusters run it: it vouches for the user to all machines that share its
// key. Null if this build has no libmunge. It lives as long as the program.
Credentials* munge_service();

}  // namespace mixnn
