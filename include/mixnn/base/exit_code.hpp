#pragma once

namespace mixnn {

// How the program ends (README, "Commands").
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitRunFailed = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitToBeContinued =
    75;  // EX_TEMPFAIL: checkpointed; the same job again goes on from there

}  // namespace mixnn
