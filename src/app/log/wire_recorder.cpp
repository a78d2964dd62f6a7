#include "mixnn/app/log/wire_recorder.hpp"

#include <utility>

#include "mixnn/app/report/output_files.hpp"
#include "mixnn/audit/wire_truth.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

WireTruth truth_of(const AppOptions& options, const SessionFacts& facts,
                   const std::vector<RankTrace>& ranks) {
  WireTruth truth;
  truth.machines = facts.machines.of;
  truth.apart = facts.spread.apart;
  truth.model = options.model.stem().string();
  truth.traffic = options.session.in_rounds() ? "rounds" : "onion";
  truth.ranks = static_cast<std::uint32_t>(ranks.size());
  truth.batch = static_cast<std::uint32_t>(options.training.batch_size);
  truth.micro_batches = static_cast<std::uint32_t>(options.training.micro_batches);
  truth.hops = static_cast<std::uint32_t>(options.session.hops);
  for (const RankTrace& rank : ranks) {
    if (rank.role == RankUsage::Role::kHost) {
      if (truth.hosts.size() <= rank.stage) truth.hosts.resize(rank.stage + 1);
      truth.hosts[rank.stage] = rank.rank;
    }
    WireTruth::RankClock clock;
    if (rank.other_host)
      clock = {rank.offset.count(), static_cast<std::uint64_t>(rank.round_trip.count())};
    truth.clocks.push_back(clock);
  }
  return truth;
}

}  // namespace

void WireRecorder::check(const std::filesystem::path& folder) {
  check_output_folder("--wire-log", folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".wire")
      throw UsageError("--wire-log " + folder.string() +
                       ": holds the log of another run, such as " +
                       entry.path().filename().string() + "; name another folder");
}

WireRecorder::WireRecorder(const std::filesystem::path& folder, Transport& transport)
    : folder_(folder),
      writer_(folder, static_cast<std::uint32_t>(transport.rank()),
              static_cast<std::uint32_t>(transport.size())),
      tapped_(
          transport, [this](const TappedTransport::Cell& cell) { add(cell, false); },
          [this](const TappedTransport::Cell& cell) { add(cell, true); }) {}

void WireRecorder::add(const TappedTransport::Cell& cell, bool sent) {
  writer_.add(
      logged_cell(now(), static_cast<std::uint32_t>(cell.peer), sent, cell.taken, cell.bytes));
}

Node::Seen WireRecorder::handed_out() {
  return [this](const MessageInfo& info, std::size_t) {
    writer_.add(LoggedMessage{now(), LoggedMessage::Way::kHandedOut, info.label});
  };
}

Node::Said WireRecorder::said() {
  return [this](const Label& label) {
    writer_.add(LoggedMessage{now(), LoggedMessage::Way::kAnswered, label});
  };
}

ProgressHook WireRecorder::steps(ProgressHook next) {
  if (steps_ == 0) mark_step();
  return [this, next = std::move(next)](const Progress& now) {
    mark_step();
    if (next) next(now);
  };
}

void WireRecorder::close(const AppOptions& options, const SessionFacts& facts,
                         const std::vector<RankTrace>& ranks) {
  close();
  write_wire_truth(truth_of(options, facts, ranks), wire_truth_file(folder_));
}

}  // namespace mixnn
