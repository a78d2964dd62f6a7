#pragma once
#include <mpi.h>

#include <cstddef>

namespace mixnn {

// Memory that the ranks of one host share, zeroed, aligned to two cache lines (processors fetch
// lines in pairs) and laid out alike in all of them. Made by the host's first rank; collective.
class MpiHostMemory {
 public:
  MpiHostMemory(MPI_Comm host, std::size_t bytes);
  MpiHostMemory(const MpiHostMemory&) = delete;
  MpiHostMemory& operator=(const MpiHostMemory&) = delete;

  static constexpr std::size_t kAlignment = 128;
  std::byte* data() const { return data_; }
  void free() noexcept;  // collective

 private:
  MPI_Win window_ = MPI_WIN_NULL;
  std::byte* data_ = nullptr;
};

// One T for each rank of a host. T is lock-free atomics all over, for which zero is a good
// beginning.
template <class T>
class MpiHostArray {
 public:
  MpiHostArray(MPI_Comm host, int ranks)
      : memory_(host, sizeof(T) * static_cast<std::size_t>(ranks)) {
    static_assert(alignof(T) <= MpiHostMemory::kAlignment);
  }
  T& operator[](int number) const { return reinterpret_cast<T*>(memory_.data())[number]; }
  void free() noexcept { memory_.free(); }

 private:
  MpiHostMemory memory_;
};

int mpi_number(MPI_Comm host);  // this rank's
int mpi_ranks(MPI_Comm host);

}  // namespace mixnn
