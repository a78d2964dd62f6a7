#include "mixnn/transport/mpi_check.hpp"

#include <sched.h>
#include <time.h>

#include <array>
#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"

namespace mixnn {
namespace {

constexpr Nanoseconds kEndPatience = std::chrono::milliseconds(100);

}  // namespace

bool is_truncated(int code) {
  int error_class = MPI_SUCCESS;
  return code != MPI_SUCCESS && MPI_Error_class(code, &error_class) == MPI_SUCCESS &&
         error_class == MPI_ERR_TRUNCATE;
}

void nap_between_looks() {
  const timespec span{0, 1'000'000};
  ::nanosleep(&span, nullptr);
}

void mpi_check(int code, const char* doing) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING + 1> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw RunError("MPI failed while " + std::string(doing) + ": " +
                 (length > 0 ? std::string(text.data(), static_cast<std::size_t>(length))
                             : "error " + std::to_string(code)));
}

void MpiCalls::must(int code, const char* doing) {
  if (code == MPI_SUCCESS) return;
  broken_ = true;
  mpi_check(code, doing);
}

bool MpiCalls::done(MPI_Request& request, const char* doing) {
  int flag = 0;
  must(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), doing);
  return flag != 0;
}

void MpiCalls::give_up(MPI_Request& request, bool cancel) noexcept {
  if (broken_) return;
  broken_ = true;
  if (cancel && MPI_Cancel(&request) != MPI_SUCCESS) return;
  StallWatch watch(kEndPatience);
  int flag = 0;
  while (MPI_Test(&request, &flag, MPI_STATUS_IGNORE) == MPI_SUCCESS) {
    if (flag != 0) {
      broken_ = false;
      return;
    }
    if (watch.stalled()) return;
    ::sched_yield();
  }
}

}  // namespace mixnn
