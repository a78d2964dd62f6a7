#pragma once
#include <mpi.h>

namespace mixnn {

// Throws RunError with MPI's own text where `code` is not MPI_SUCCESS. `doing` completes "MPI
// failed while
// ...".
void mpi_check(int code, const char* doing);

}  // namespace mixnn
