#pragma once
#include <sched.h>

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options/option_row.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/checkpoint/checkpointer.hpp"
#include "mixnn/identity/identity.hpp"
#include "mixnn/transport/job_hosts.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

class WireRecorder;

// Rank 0's work in a job. `checkpoints`: null if none are wanted.
struct OwnerTask {
  const AppOptions& options;
  const Inputs& inputs;
  Checkpointer* checkpoints;
  Transport& transport;
  std::string mpi_version;           // empty: that of the build
  cpu_set_t host_cores;              // that one or more ranks of this host can use
  OwnerIdentity& identity;           // taken out for the handshake: its secrets do not outlive that
  WireRecorder* wire_log = nullptr;  // that the transport goes through; null: none
  const JobHosts* hosts = nullptr;   // where the command has them measured, and null elsewhere
};

// How a command runs.
struct Tells {  // returns a text, which a job prints once, whatever its number of ranks
  std::string (*text)(const AppOptions& options);
};
struct RunsAlone {  // in one process, without MPI; refused under mpirun
  void (*run)(AppOptions& options);
};
struct RunsAsOwner {  // as rank 0, while the other ranks serve; returns the exit code
  int (*run)(const OwnerTask& task);
  void (*run_alone)(AppOptions& options) = nullptr;  // without mpirun; null: only as rank 0
  Inputs (*load)(AppOptions& options, int ranks) = load_inputs;  // what rank 0 reads first
  bool measures_hosts = false;  // and the links between them, before it runs
};
struct LooksAtHosts {  // returns a text about the hosts of a job, whose ranks do nothing else
  std::string (*text)(AppOptions& options, const JobHosts& hosts);
  void (*run_alone)(AppOptions& options);  // without mpirun
};
struct RunsAsNode {};  // as any other rank, until the owner ends it

// Everything about one command. Parser, help, reference and job go over the rows.
struct Command {
  const char* name;
  const char* help;  // fits 80 columns beside the name
  bool takes_model;
  OptionSets takes;
  std::variant<Tells, RunsAlone, RunsAsOwner, LooksAtHosts, RunsAsNode> runs;
  void (*set_defaults)(AppOptions&) = [](AppOptions&) {};  // which differ from the libraries'
  const char* more = "";                                   // the end of its help
  const char* words = "";         // what the words behind it can be, if it takes some
  const char* called = "ACTION";  // what help calls these
};

std::span<const Command> commands();                   // in the order of the help
const Command& find_command(const std::string& name);  // there is one
AppOptions defaults_of(const Command& command);        // before the user's options

}  // namespace mixnn
