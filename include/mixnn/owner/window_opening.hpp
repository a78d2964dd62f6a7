#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/owner/owner_link.hpp"

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

// Has the rank send all of it, in messages of the usual size, so many at once as there are credits.
// Nothing may be under way.
WindowOpening open_window(OwnerLink& link, std::uint32_t rank, const OpeningSizes& sizes,
                          std::uint32_t updates);
// Messages that this takes at most.
std::uint64_t messages_of_opening(const OwnerLink& link, const OpeningSizes& sizes);

}  // namespace mixnn
