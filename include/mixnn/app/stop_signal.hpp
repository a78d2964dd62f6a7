#pragma once
#include <optional>
#include <string>

namespace mixnn {

// What a scheduler says before it takes a job's processors away: SIGUSR1, or SIGTERM. Of a job's
// processes only rank 0 acts on it; mpirun passes SIGUSR1 on to all, and srun both.

// From here on SIGUSR1 ends no process of a job: it is only remembered.
void remember_stop_signals();
// Rank 0 of a run that can be checkpointed: SIGTERM is remembered, too.
void remember_terminate();
// A node: whoever stops the owner means it, too, and the owner ends it.
void ignore_stop_signals();
// The name of the signal that has come, until it is forgotten.
std::optional<std::string> stop_signal();
void forget_stop_signal();

}  // namespace mixnn
