#pragma once
#include <string>

namespace mixnn {

// What `mixnn info` prints: versions, the CPU, and which AEAD and BLAS kernels would run on it.
std::string info_text();

}  // namespace mixnn
