#pragma once

namespace mixnn {

// If OpenBLAS has chosen slow kernels and better ones are known (tensor/blas_core.hpp), and the
// user forced none, replaces this process by the same program with OPENBLAS_CORETYPE set; else
// returns. The first thing of main(), before MPI starts. `argv` is that of main.
void restart_with_better_blas_core(char** argv);

}  // namespace mixnn
