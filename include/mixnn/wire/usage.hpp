#pragma once
#include <cstdint>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/codec.hpp"

namespace mixnn {

// What a rank has used since the start of the run: in every report, so of one size for all ranks.
struct Usage {
  ActivityTimes wall{};        // nanoseconds by activity
  std::uint64_t cpu = 0;       // nanoseconds, of the whole process
  std::uint64_t resident = 0;  // peak, bytes
  std::uint64_t parameters =
      0;  // bytes of the stage's; 0: no stage, as all that follow up to pass_bytes
  std::uint64_t optimizer = 0;  // bytes of gradients and optimizer state
  std::uint64_t passes = 0;     // micro-batches whose activations it has memory for
  std::uint64_t pass_bytes = 0;
  std::uint64_t window_bytes = 0;   // of what it keeps for spot checks
  std::uint64_t message_bytes = 0;  // of buffers for messages
  std::uint64_t cells = 0;          // that its pool ever had at once
  std::uint64_t cell_limit = 0;     // of the pool

  bool operator==(const Usage&) const = default;
};
void describe(auto& codec, Of<Usage> auto& u) {
  codec.numbers(u.wall);
  codec.numbers(u.cpu, u.resident, u.parameters, u.optimizer, u.passes, u.pass_bytes,
                u.window_bytes, u.message_bytes, u.cells, u.cell_limit);
}

}  // namespace mixnn
