#pragma once
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {

// Rank 0 of a comparison. Three trainers take turns, one epoch and one test each, on the same data
// in the same order: the fastest single process and the reference, each alone on the machine while
// all other ranks sleep, then the ranks. Prints and writes the paper's two numbers. Throws
// RunError, also where the bits differ.
void run_compare(const AppOptions& options, const Inputs& inputs, MpiRuntime& mpi);

}  // namespace mixnn
