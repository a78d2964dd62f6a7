// Writes wire logs of runs in rounds in virtual time, for `mixnn audit`, with or without a planted
// fault (planted_faults.hpp). Each run is a real training of a small network, in this process,
// whose plan is drawn anew; its times are those of a public clock and of jitters that were
// measured.
//   usage: virtual_runs FOLDER RUNS RANKS STAGES STEPS JITTER FAULT
// JITTER is a file of numbers, in microseconds; FAULT one of none, waits, not-opened, short-dummy,
// unbalanced, no-virtual.
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include "audit/planted_faults.hpp"
#include "audit/small_runs.hpp"
#include "mixnn/audit/wire_log_writer.hpp"

namespace mixnn::testing {
namespace {

// The period covers nearly all of the jitter, as a calibrated one does.
VirtualClock clock_of(const std::string& file) {
  VirtualClock clock;
  clock.jitter_ns.clear();
  std::ifstream in(file);
  for (double us = 0; in >> us;) clock.jitter_ns.push_back(static_cast<std::uint64_t>(us * 1000));
  if (clock.jitter_ns.empty()) throw std::runtime_error(file + " holds no numbers");
  std::vector<std::uint64_t> sorted = clock.jitter_ns;
  std::ranges::sort(sorted);
  clock.period_ns = std::max(clock.period_ns, 2 * sorted[sorted.size() * 99 / 100]);
  return clock;
}

Fault fault_of(const std::string& name) {
  for (const auto& [fault, known] : kFaults)
    if (name == known) return fault;
  throw std::runtime_error("no fault is called " + name);
}

// In the order of their times, as the log's entries are one list.
void write_rank(const std::filesystem::path& folder, const WireLog& log) {
  WireLogWriter writer(folder, log.rank, log.ranks);
  auto message = log.messages.begin();
  auto step = log.steps.begin();
  const auto until = [&](std::uint64_t time_ns) {
    while (message != log.messages.end() || step != log.steps.end()) {
      const bool message_first = step == log.steps.end() || (message != log.messages.end() &&
                                                             message->time_ns < step->time_ns);
      if ((message_first ? message->time_ns : step->time_ns) >= time_ns) return;
      message_first ? writer.add(*message++) : writer.add(*step++);
    }
  };
  for (const LoggedCell& cell : log.cells) {
    until(cell.time_ns);
    writer.add(cell);
  }
  until(~std::uint64_t{0});
  writer.close();
}

void write_runs(char** argument) {
  const std::filesystem::path folder = argument[1];
  const int runs = std::stoi(argument[2]), ranks = std::stoi(argument[3]);
  const std::size_t stages = std::stoul(argument[4]), steps = std::stoul(argument[5]);
  const VirtualClock clock = clock_of(argument[6]);
  const Fault fault = fault_of(argument[7]);
  for (int run = 0; run < runs; ++run) {
    const auto seed = static_cast<std::uint64_t>(run) + 1;
    MergedLog log =
        with_fault(small_run(TrafficKind::kRounds, stages, ranks, seed, steps), fault, clock, seed);
    log.truth.model = std::to_string(stages) + " small stages";
    const std::filesystem::path of_run = folder / ("run-" + std::to_string(run + 1));
    for (const WireLog& rank : log.ranks) write_rank(of_run, rank);
    write_wire_truth(log.truth, wire_truth_file(of_run));
  }
}

}  // namespace
}  // namespace mixnn::testing

int main(int count, char** argument) {
  try {
    if (count != 8)
      throw std::runtime_error("usage: virtual_runs FOLDER RUNS RANKS STAGES STEPS JITTER FAULT");
    mixnn::testing::write_runs(argument);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "virtual_runs: %s\n", error.what());
    return 2;
  }
}
