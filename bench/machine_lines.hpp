#pragma once
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "mixnn/app/machine.hpp"

namespace mixnn {

// What every program here says before its numbers, as name and value.
inline std::vector<std::pair<std::string, std::string>> machine_lines(const Machine& machine,
                                                                      int blas_threads) {
  const std::string forced = machine.blas_core_forced.empty()
                                 ? ""
                                 : " (OPENBLAS_CORETYPE=" + machine.blas_core_forced + ")";
  return {{"cpu", machine.cpu + ", " + std::to_string(machine.cores) + " cores"},
          {"blas", machine.blas_version + ", " + machine.blas_core + " kernels" + forced},
          {"blas_threads", std::to_string(blas_threads)},
          {"libsodium", machine.libsodium},
          {"build", machine.build}};
}

// To standard error, where nobody who reads numbers overlooks it.
inline void warn_of_worthless_build(const Machine& machine) {
  if (machine.build == "release") return;
  std::fprintf(stderr,
               "\n"
               "*** WARNING: this build is %s: its times say nothing about MixNN.\n"
               "*** Build with -DCMAKE_BUILD_TYPE=Release and run it again.\n\n",
               machine.build.c_str());
}

}  // namespace mixnn
