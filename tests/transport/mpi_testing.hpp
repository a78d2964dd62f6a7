#pragma once
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {

// The MPI of this test program.
MpiRuntime& test_runtime();

}  // namespace mixnn
