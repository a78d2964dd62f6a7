#pragma once

namespace mixnn {

// What the environment tells of this process before MPI is asked.

// Whether an MPI launcher (mpirun, srun, a PMI server) started this process together with others,
// or might have. Without one this process is the whole job.
bool may_have_peers();

}  // namespace mixnn
