#include "mixnn/machine/mpi_host_memory.hpp"

#include <cstring>
#include <memory>

#include "mixnn/base/check.hpp"
#include "mixnn/machine/mpi_check.hpp"

namespace mixnn {

MpiHostMemory::MpiHostMemory(MPI_Comm host, std::size_t bytes) {
  constexpr const char* kDoing = "sharing memory on a host";
  const bool first = mpi_number(host) == 0;
  auto given = first ? static_cast<MPI_Aint>(bytes + kAlignment) : MPI_Aint{0};
  void* memory = nullptr;
  int unit = 1;
  mpi_check(MPI_Win_allocate_shared(given, 1, MPI_INFO_NULL, host, &memory, &window_), kDoing);
  mpi_check(MPI_Win_shared_query(window_, 0, &given, &unit, &memory), kDoing);
  // The pages may lie elsewhere in each process, but they are aligned alike in all.
  auto room = static_cast<std::size_t>(given);
  MIXNN_CHECK(std::align(kAlignment, bytes, memory, room) != nullptr, "no room in shared memory");
  data_ = static_cast<std::byte*>(memory);
  if (first) std::memset(data_, 0, bytes);
  mpi_check(MPI_Barrier(host), kDoing);
}

void MpiHostMemory::free() noexcept {
  if (window_ != MPI_WIN_NULL) MPI_Win_free(&window_);
}

int mpi_number(MPI_Comm host) {
  int number = 0;
  mpi_check(MPI_Comm_rank(host, &number), "asking for the rank");
  return number;
}

int mpi_ranks(MPI_Comm host) {
  int ranks = 1;
  mpi_check(MPI_Comm_size(host, &ranks), "asking for the number of ranks");
  return ranks;
}

}  // namespace mixnn
