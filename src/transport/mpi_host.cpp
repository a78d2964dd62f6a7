#include "mixnn/transport/mpi_host.hpp"

#include <cstring>
#include <memory>
#include <numeric>

#include "mixnn/base/check.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {

MpiHost::MpiHost(MPI_Comm ranks) {
  constexpr const char* kDoing = "finding the host's ranks";
  mpi_check(MPI_Comm_split_type(ranks, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &comm_), kDoing);
  mpi_check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "setting the error handler");
  int count = 0;
  mpi_check(MPI_Comm_size(comm_, &count), kDoing);
  mpi_check(MPI_Comm_rank(comm_, &mine_), kDoing);
  rank_.resize(static_cast<std::size_t>(count));
  find_numbers(ranks);
}

void MpiHost::find_numbers(MPI_Comm ranks) {
  constexpr const char* kDoing = "finding the host's ranks";
  int all = 0;
  mpi_check(MPI_Comm_size(ranks, &all), "asking for the number of ranks");
  MPI_Group everybody = MPI_GROUP_NULL, here = MPI_GROUP_NULL;
  mpi_check(MPI_Comm_group(ranks, &everybody), kDoing);
  mpi_check(MPI_Comm_group(comm_, &here), kDoing);
  std::vector<int> numbers(static_cast<std::size_t>(all));
  std::iota(numbers.begin(), numbers.end(), 0);
  number_.assign(numbers.size(), -1);
  mpi_check(MPI_Group_translate_ranks(everybody, all, numbers.data(), here, number_.data()),
            kDoing);
  for (std::size_t rank = 0; rank < number_.size(); ++rank) {
    int& number = number_[rank];
    if (number == MPI_UNDEFINED)
      number = -1;
    else
      rank_[static_cast<std::size_t>(number)] = static_cast<int>(rank);
  }
  MPI_Group_free(&everybody);
  MPI_Group_free(&here);
}

void MpiHost::barrier(const char* doing) { mpi_check(MPI_Barrier(comm_), doing); }

void MpiHost::broadcast(Bytes bytes, const char* doing) {
  mpi_check(MPI_Bcast(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, comm_), doing);
}

void MpiHost::gather(ConstBytes mine, Bytes all, const char* doing) {
  MIXNN_CHECK(all.size() == mine.size() * rank_.size(), "no room for the bytes of each rank");
  const int bytes = static_cast<int>(mine.size());
  mpi_check(MPI_Allgather(mine.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, comm_), doing);
}

// Made by the host's first rank.
std::byte* MpiHost::share(std::size_t bytes, const char* doing) {
  auto given = mine_ == 0 ? static_cast<MPI_Aint>(bytes + kAlignment) : MPI_Aint{0};
  void* memory = nullptr;
  int unit = 1;
  MPI_Win window = MPI_WIN_NULL;
  mpi_check(MPI_Win_allocate_shared(given, 1, MPI_INFO_NULL, comm_, &memory, &window), doing);
  windows_.push_back(window);
  mpi_check(MPI_Win_shared_query(window, 0, &given, &unit, &memory), doing);
  // The pages may lie elsewhere in each process, but they are aligned alike in all.
  auto room = static_cast<std::size_t>(given);
  MIXNN_CHECK(std::align(kAlignment, bytes, memory, room) != nullptr, "no room in shared memory");
  if (mine_ == 0) std::memset(memory, 0, bytes);
  mpi_check(MPI_Barrier(comm_), doing);
  return static_cast<std::byte*>(memory);
}

void MpiHost::free() noexcept {
  for (; !windows_.empty(); windows_.pop_back()) MPI_Win_free(&windows_.back());
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

}  // namespace mixnn
