#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {

// This process's part of a job, from the command line to the exit code. Rank 0 alone reads model
// and data; if any rank cannot start, all agree on it first, so that the job prints one message
// and all its processes leave alike.
class Job {
 public:
  // What its messages go by, over the transport of the job: for tests that have bad links.
  using Over = std::function<std::unique_ptr<Transport>(Transport&)>;
  explicit Job(Over over = {}) : over_(std::move(over)) {}

  // Does what the command line asks. Returns the exit code; throws what leave() is to be told.
  int run(int argc, const char* const* argv);

  // Ends this process's part with a text: an error (exit code 1 or 2, standard error), or what was
  // asked for (0, standard output). Before the job has agreed to start, the lowest rank with a text
  // prints it; afterwards this rank prints, and an error ends the whole job. Returns the exit code.
  int leave(int exit_code, const std::string& text);

 private:
  int run(const Tells& how, AppOptions& options);
  int run(const RunsAlone& how, AppOptions& options);
  int run(const RunsAsOwner& how, AppOptions& options);
  int run(const LooksAtHosts& how, AppOptions& options);
  int run(const RunsAsNode& how, AppOptions& options);
  bool join();
  int part(int exit_code);
  int serve(const AppOptions& options);
  std::optional<int> start_refused();
  Transport& transport();

  Over over_;
  Nanoseconds timeout_ = SessionOptions{}.timeout;
  std::unique_ptr<MpiRuntime> mpi_;
  std::unique_ptr<Transport> above_;  // null: nothing is over it
  bool started_ = false;
};

}  // namespace mixnn
