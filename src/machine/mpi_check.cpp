#include "mixnn/machine/mpi_check.hpp"

#include <array>
#include <string>

#include "mixnn/base/error.hpp"

namespace mixnn {

void mpi_check(int code, const char* doing) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING + 1> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw RunError("MPI failed while " + std::string(doing) + ": " +
                 (length > 0 ? std::string(text.data(), static_cast<std::size_t>(length))
                             : "error " + std::to_string(code)));
}

}  // namespace mixnn
