#pragma once
#include <cstddef>
#include <thread>
#include <vector>

#include "mixnn/crypto/aead.hpp"

namespace mixnn {

// While it lives, threads seal and open slots of their own as ranks in rounds do: what is timed
// beside them has as much of caches, memory and clock rate as a rank has while others work.
class BusyCores {
 public:
  BusyCores(std::size_t threads, AeadSuite suite, std::size_t ranks, std::size_t message_bytes);

 private:
  std::vector<std::jthread> threads_;
};

}  // namespace mixnn
