#pragma once
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {

// Rank 0 of a training across the ranks: prints the table and writes the results. Throws RunError.
void run_train(const AppOptions& options, const Inputs& inputs, MpiRuntime& mpi);

}  // namespace mixnn
