#include "mixnn/app/restart.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "mixnn/tensor/blas_core.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

void restart_with_better_blas_core(char** argv) {
  constexpr const char* kVariable = "OPENBLAS_CORETYPE";
  if (std::getenv(kVariable) != nullptr) return;  // the user's choice, or ours before the restart
  const std::string better = better_blas_core(blas_core(), cpu_vectors());
  if (better.empty()) return;
  ::setenv(kVariable, better.c_str(), 1);
  std::error_code ignored;  // by its own path, so that it keeps its name in lists of processes
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!self.empty()) ::execv(self.c_str(), argv);
  ::unsetenv(kVariable);  // it could not restart; it runs on, only slower
}

}  // namespace mixnn
