#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/owner/requests.hpp"

namespace mixnn {

// What a rank opens of a window that has ended: the state that it began with, and what came to it.
struct WindowOpening {
  std::vector<float> state;
  std::vector<std::vector<std::byte>> inputs, gradients;  // by micro-batch
};

// How much of it: of all ranks as much, by public numbers.
struct OpeningSizes {
  std::size_t state = 0;          // floats, of the largest stage rounded up
  std::size_t micro_batches = 0;  // of the window
};

// Asks the rank of one place for all of it, in messages of the usual size. Nothing may be under
// way. `places`: rank by place.
WindowOpening open_window(OwnerLink& link, const std::vector<std::uint32_t>& places,
                          std::size_t place, const OpeningSizes& sizes, std::uint32_t updates);

}  // namespace mixnn
