#pragma once
#include <string>

#include "mixnn/app/commands/command.hpp"

namespace mixnn {

// Rank 0 of a training across the ranks: prints the table and writes the results. Returns the exit
// code: that of success, or the one for a run that was told to stop and is to be continued. Throws
// RunError.
int run_train(const OwnerTask& task);

// For a training that is found finished: writes the results and returns what is to be printed.
std::string write_finished(const AppOptions& options, const Inputs& inputs,
                           const Checkpointer& checkpoints);

}  // namespace mixnn
