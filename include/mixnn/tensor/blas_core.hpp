#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace mixnn {

// OpenBLAS picks its kernels by the CPU's model number and falls back to SSE kernels where it does not know the model, as
// Debian 12's does on processors newer than itself: several times slower than this CPU can do, for us and for any other
// user of the library. The kernels can only be chosen before the library is loaded.

// The core type to ask for, where `core` (what OpenBLAS chose) is an SSE one and the CPU has wider units; else nothing.
std::optional<std::string> better_blas_core(std::string_view core, bool cpu_has_avx512, bool cpu_has_avx2);

// Starts this program again (same process, same arguments) with OPENBLAS_CORETYPE set, where that gives better kernels and
// the user has not set it. Called first thing in main.
void use_best_blas_core(const char* const* argv);

}  // namespace mixnn
