#include "mixnn/app/machine.hpp"

#include <cstdlib>
#include <fstream>

#include "mixnn/app/cpu_set.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/kernels.hpp"

namespace mixnn {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name") && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "unknown";
}

std::string build_kind() {
#if defined(MIXNN_SANITIZE)
  return "with sanitizers";
#elif defined(__OPTIMIZE__)
  return "release";
#else
  return "without optimization";
#endif
}

}  // namespace

Machine this_machine(const std::string& mpi, int cores) {
  Machine machine;
  machine.cpu = cpu_model();
  machine.cores = cores > 0 ? cores : usable_cpus();
  machine.blas_core = blas_core();
  machine.blas_version = kernel_versions();
  if (const char* const forced = std::getenv("OPENBLAS_CORETYPE"))
    machine.blas_core_forced = forced;
  machine.aes256gcm = aes256gcm_available();
  machine.libsodium = crypto_library_version();
  machine.mpi = mpi.empty() ? MIXNN_MPI_VERSION : mpi.substr(0, mpi.find(','));
  machine.build = build_kind();
  return machine;
}

}  // namespace mixnn
