#pragma once
#include <string>

#include "mixnn/app/checkpointer.hpp"
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {

// Rank 0 of a training across the ranks: prints the table and writes the results. `checkpoints`:
// null where none are wanted. Returns the exit code: that of success, or the one for a run that was
// told to stop and is to be continued. Throws RunError.
int run_train(const AppOptions& options, const Inputs& inputs, Checkpointer* checkpoints,
              MpiRuntime& mpi);

// For a training that is found finished: writes the results and returns what is to be printed.
std::string write_finished(const AppOptions& options, const Inputs& inputs,
                           const Checkpointer& checkpoints);

}  // namespace mixnn
