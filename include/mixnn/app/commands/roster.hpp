#pragma once
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// Keeps the owner's roster:
//   add HOST...     fetches each machine's public key over --by, pins it, and hands the owner's
//                   public key and the roster's pre-shared key over in the same conversation
//   list            prints the owner and the machines
//   remove HOST...  takes machines out
//   accept          a machine's side of add: reads what the owner hands over from standard input
// Throws UsageError and RunError.
void run_roster(AppOptions& options);

}  // namespace mixnn
