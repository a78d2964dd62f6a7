#pragma once
#include <filesystem>

#include "mixnn/app/options/options.hpp"
#include "mixnn/audit/wire_log_writer.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/owner/rank_trace.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/transport/tapped_transport.hpp"

namespace mixnn {

// One rank's log of its traffic (--wire-log). Whatever works through its transport is written down.
class WireRecorder {
 public:
  // Sees that the folder can be written to and holds no other run's log. Throws UsageError.
  static void check(const std::filesystem::path& folder);

  // `transport` must outlive it. Throws FileError, as all that writes.
  WireRecorder(const std::filesystem::path& folder, Transport& transport);

  Transport& transport() { return tapped_; }
  // For a node.
  Node::Seen handed_out();
  Node::Said said();
  // For the owner: writes down when each step ends, from now on, and calls `next`.
  ProgressHook steps(ProgressHook next);

  // The last: what comes afterwards is not written down.
  void close() { writer_.close(); }
  // The same for the owner, with the truth. `ranks`: of Owner::trace().
  void close(const AppOptions& options, const SessionFacts& facts,
             const std::vector<RankTrace>& ranks);

 private:
  std::uint64_t now() const { return static_cast<std::uint64_t>(clock_.now().count()); }
  void add(const TappedTransport::Cell& cell, bool sent);
  void mark_step() { writer_.add(LoggedStep{now(), steps_++}); }

  const std::filesystem::path folder_;
  SteadyClock clock_;
  WireLogWriter writer_;
  TappedTransport tapped_;
  std::uint64_t steps_ = 0;
};

}  // namespace mixnn
