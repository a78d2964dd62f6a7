#pragma once
#include "mixnn/app/commands/command.hpp"

namespace mixnn {

// What the owner of a network of tokens reads before it goes on with a prompt: no data set. Throws
// UsageError, as load_inputs() does.
Inputs load_generator(AppOptions& options, int ranks = 0);

// Goes on with a prompt, token by token, each drawn by the owner from what the network gives for
// the last ones: across the ranks or in this process, with the same tokens. Prints each as it
// comes. Throws UsageError and RunError.
int run_generate(const OwnerTask& task);
void run_generate_alone(AppOptions& options);

}  // namespace mixnn
