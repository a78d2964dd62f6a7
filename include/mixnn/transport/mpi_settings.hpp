#pragma once

namespace mixnn {

// Sets, in this process's environment and before MPI_Init, what Open MPI needs for cells: each
// variable only where the user has not set it. See the source for what each does. Another MPI
// library ignores them all.
void set_mpi_defaults();

}  // namespace mixnn
