#pragma once
#include "mixnn/app/commands/command.hpp"

namespace mixnn {

// Rank 0 of a comparison. Three trainers take turns, one epoch and one test each, on the same data
// in the same order: the fastest single process and the reference, each alone on the machine while
// all other ranks sleep, then the ranks. Prints and writes the paper's two numbers. Throws
// RunError, also if the bits differ.
int run_compare(const OwnerTask& task);

}  // namespace mixnn
