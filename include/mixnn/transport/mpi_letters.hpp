#pragma once
#include <mpi.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "mixnn/base/bytes.hpp"
#include "mixnn/transport/mpi_check.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// Datagrams by messages of MPI.
class MpiLetters {
 public:
  MpiLetters(MpiCalls& calls, MPI_Comm comm, Refusals& refusals)
      : calls_(calls), comm_(comm), refusals_(refusals) {}

  void send(int to, ConstBytes bytes);
  std::optional<Datagram> poll();  // one that is too long is dropped and counted
  void flush();                    // forgets those whose sending has ended
  bool sending() const { return !sending_.empty(); }
  void close() noexcept;

 private:
  struct Letter {
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<std::byte> bytes;
  };

  MpiCalls& calls_;
  MPI_Comm comm_;
  Refusals& refusals_;
  std::vector<Letter> sending_;
};

}  // namespace mixnn
