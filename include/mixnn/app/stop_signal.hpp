#pragma once
#include <optional>
#include <string>

namespace mixnn {

// What a scheduler says before it takes a job's processors away, SIGUSR1 or SIGTERM, and what a
// person says: Ctrl-C (SIGINT), or a terminal that is closed (SIGHUP). Of a job's processes only
// rank 0 acts on it. srun passes all of them on to every rank; mpirun passes SIGUSR1 on, and makes
// SIGTERM of the others.

// From here on SIGUSR1 ends no process of a job: it is only remembered.
void remember_stop_signals();
// Rank 0 of a run that can be checkpointed: SIGTERM, SIGINT and SIGHUP are remembered, too, unless
// they were ignored before (nohup).
void remember_ends();
// A node: whoever stops the owner means it, too, and the owner ends it.
void ignore_stop_signals();
// The name of the signal that has come, until it is forgotten.
std::optional<std::string> stop_signal();
void forget_stop_signal();
// For what cannot be stopped and gone on with. If a signal has come, says so, with `why`, and ends
// this process by that signal, as if it had not been remembered: shells see what it was.
void end_if_told(const std::string& why);

}  // namespace mixnn
