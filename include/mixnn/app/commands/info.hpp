#pragma once
#include <string>

#include "mixnn/app/options/options.hpp"

namespace mixnn {

// What `mixnn info` prints: versions, the CPU, and which AEAD and BLAS kernels would run on it.
std::string info_text(const AppOptions& options);

}  // namespace mixnn
