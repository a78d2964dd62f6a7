#pragma once
#include <cstddef>
#include <thread>
#include <vector>

#include "mixnn/crypto/aead.hpp"
#include "mixnn/machine/cores.hpp"

namespace mixnn {

// While it lives, the calling thread stays on the first of its processors, and on each of the next
// a thread seals and opens slots of its own, as ranks in rounds do: what is timed has as much of
// caches, memory and clock rate as a rank has while others work.
class BusyCores {
 public:
  // `most` processors in all, no more than ranks, and at most five: each takes some 64 MB.
  BusyCores(std::size_t most, AeadSuite suite, std::size_t ranks, std::size_t message_bytes);
  ~BusyCores();
  BusyCores(const BusyCores&) = delete;
  BusyCores& operator=(const BusyCores&) = delete;

 private:
  cpu_set_t before_{};  // what the calling thread could run on
  std::vector<std::jthread> threads_;
};

}  // namespace mixnn
