#include "mixnn/transport/mpi_host.hpp"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>

#include "mixnn/base/error.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {
namespace {

// The cores that some rank of `host` may use: each rank may be bound to a core of its own, or none to any.
int usable_cores(MPI_Comm host) {
  cpu_set_t mine, all;
  CPU_ZERO(&mine);
  if (::sched_getaffinity(0, sizeof mine, &mine) != 0)
    for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu)
      CPU_SET(static_cast<std::size_t>(cpu), &mine);
  mpi_check(MPI_Allreduce(&mine, &all, sizeof mine, MPI_BYTE, MPI_BOR, host), "counting the host's cores");
  return CPU_COUNT(&all);
}

}  // namespace

MpiHost::MpiHost(MPI_Comm ranks) {
  int all = 0;
  mpi_check(MPI_Comm_size(ranks, &all), "asking for the number of ranks");
  mpi_check(MPI_Comm_split_type(ranks, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &comm_),
            "finding the host's ranks");
  mpi_check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "setting the error handler");
  mpi_check(MPI_Comm_size(comm_, &ranks_), "finding the host's ranks");
  cores_ = usable_cores(comm_);

  MPI_Group everybody = MPI_GROUP_NULL, here = MPI_GROUP_NULL;
  mpi_check(MPI_Comm_group(ranks, &everybody), "finding the host's ranks");
  mpi_check(MPI_Comm_group(comm_, &here), "finding the host's ranks");
  std::vector<int> numbers(static_cast<std::size_t>(all));
  std::iota(numbers.begin(), numbers.end(), 0);
  number_.assign(numbers.size(), -1);
  mpi_check(MPI_Group_translate_ranks(everybody, all, numbers.data(), here, number_.data()),
            "finding the host's ranks");
  for (int& number : number_)
    if (number == MPI_UNDEFINED) number = -1;
  MPI_Group_free(&everybody);
  MPI_Group_free(&here);
}

Waiting MpiHost::choose_waiting() const {
  enum { kByCores, kAskedPoll, kAskedDoorbell, kWrong };
  int asked = kByCores;
  if (const char* value = std::getenv("MIXNN_WAIT"); value != nullptr && *value != '\0')
    asked = value == std::string_view("poll")       ? kAskedPoll
            : value == std::string_view("doorbell") ? kAskedDoorbell
                                                    : kWrong;
  mpi_check(MPI_Bcast(&asked, 1, MPI_INT, 0, comm_), "choosing how to wait");
  if (asked == kWrong) throw UsageError("MIXNN_WAIT must be 'doorbell' or 'poll'");
  if (asked == kByCores) return ranks_ > cores_ ? Waiting::kDoorbell : Waiting::kPoll;
  return asked == kAskedPoll ? Waiting::kPoll : Waiting::kDoorbell;
}

void MpiHost::free() noexcept {
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

}  // namespace mixnn
