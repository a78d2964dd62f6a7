#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/forecast/run_setting.hpp"

namespace mixnn {

// Bytes that one rank holds at most. A report's `memory` says what it took.
struct RankMemory {
  std::size_t program = 0;     // the program and its libraries, as measured of a rank with no work
  std::size_t parameters = 0;  // of its stages; at the owner, which gathers them, of all
  std::size_t optimizer = 0;   // gradients, and what the optimizer keeps
  std::size_t passes = 0;      // what micro-batches leave until their backward
  std::size_t window = 0;      // kept for spot checks; of the owner: while it makes one
  std::size_t messages = 0;    // buffers
  std::size_t pool = 0;        // cells: the limit

  std::size_t sum() const;
};

struct MemoryForecast {
  RankMemory owner;  // without its data set
  std::vector<RankMemory> stages;
  RankMemory relay;
  std::size_t relays = 0;

  std::size_t sum() const;  // of all ranks
};

// From model and options alone: the same on every machine.
MemoryForecast memory_forecast(const RunSetting& setting);

}  // namespace mixnn
