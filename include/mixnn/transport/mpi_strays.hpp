#pragma once
#include <mpi.h>

#include <array>
#include <cstddef>
#include <vector>

#include "mixnn/transport/mpi_check.hpp"
#include "mixnn/transport/refusals.hpp"

namespace mixnn {

// Takes in and throws away what nobody waits for once cells travel: messages of any tag but that of
// cells. Unread, they would fill this rank's memory.
class MpiStrays {
 public:
  MpiStrays(MpiCalls& calls, MPI_Comm comm) : calls_(calls), comm_(comm) {}

  // A bounded number of them; counts each for the rank that it came from. How many.
  std::size_t drop(Refusals& refusals);
  void close() noexcept;

 private:
  // Messages in one call: Open MPI reads thousands at once, and as many must go before it reads
  // more.
  static constexpr std::size_t kAtOnce = 1 << 16;
  static constexpr std::size_t kOpen = 16;  // long ones whose sender is not through
  bool drop_one(Refusals& refusals);
  void end_receives();

  MpiCalls& calls_;
  MPI_Comm comm_;
  std::array<std::byte, 4096> short_;
  std::vector<MPI_Request> receiving_;
};

}  // namespace mixnn
