#pragma once
#include <string>

namespace mixnn {

// What a measurement depends on besides the program: printed and recorded with every result. Names
// no host.
struct Machine {
  std::string cpu;
  int cores = 0;  // that this job, or this process by itself, can use on this host
  std::string blas_core, blas_version;
  std::string blas_core_forced;  // OPENBLAS_CORETYPE, if it is set
  bool aes256gcm = false;
  std::string libsodium;
  std::string mpi;
  std::string build;  // "release", or what makes its times worthless
};

// `mpi`: the library's own words on its version, if MPI runs; empty: the version of the build.
// `cores`: those of a job's ranks on this host; 0: of this process.
Machine this_machine(const std::string& mpi = "", int cores = 0);

}  // namespace mixnn
