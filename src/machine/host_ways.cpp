#include "mixnn/machine/host_ways.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/machine/cores.hpp"
#include "mixnn/machine/polling_turns.hpp"
#include "mixnn/machine/seat_turns.hpp"
#include "mixnn/machine/socket_turns.hpp"

namespace mixnn {

WayToWait choose_way(const HostFacts& facts) {
  const bool crowded = facts.ranks > facts.cores;
  if (!facts.asked && !facts.all_here) return WayToWait::kSockets;
  if (facts.asked.value_or(crowded ? Waiting::kDoorbell : Waiting::kPoll) == Waiting::kPoll)
    return WayToWait::kPolling;
  const bool seats = facts.cells_shared && facts.all_here && facts.same_cores;
  return seats ? WayToWait::kSeats : WayToWait::kDoorbell;
}

namespace {

std::unique_ptr<SharedCells> share_cells(HostGroup& host, const HostSettings& settings) {
  if (!settings.share_cells || host.count() == 1) return nullptr;
  auto cells = std::make_unique<SharedCells>(host);
  if (!cells->usable()) return nullptr;
  return cells;
}

}  // namespace

HostWays make_ways(HostGroup& host, JobOnHost job) {
  const HostCores cores(host);
  const bool crowded = host.count() > cores.count();
  const HostSettings settings = settings_of_first(host);
  const std::vector<int> common = cores.common();
  HostWays ways;
  ways.cores = cores.all();
  ways.core_for_each = !crowded && cores.own() > 0;
  ways.cells = share_cells(host, settings);
  HostFacts facts;
  facts.asked = job.waiting ? job.waiting : settings.waiting;
  facts.ranks = host.count();
  facts.cores = cores.told();
  facts.cells_shared = ways.cells != nullptr;
  facts.all_here = job.all_here;
  facts.same_cores = !common.empty() && common.size() <= Seats::kMostSeats;
  HostTurns::Setup setup{
      std::move(job.under_way), crowded,
      std::min(settings.most_helpers, std::max<std::size_t>(1, cores.own()) - 1)};
  switch (choose_way(facts)) {
    case WayToWait::kPolling:
      ways.turns = std::make_unique<PollingTurns>(std::move(setup));
      break;
    case WayToWait::kDoorbell:
      ways.turns = std::make_unique<DoorbellTurns>(std::move(setup), host, job.all_here);
      break;
    case WayToWait::kSockets: {
      std::function<bool()> has_mail;
      if (ways.cells)
        has_mail = [cells = ways.cells.get(), mine = host.number()] {
          return cells->has_mail(mine);
        };
      ways.turns = std::make_unique<SocketTurns>(std::move(setup), host, std::move(has_mail));
      break;
    }
    case WayToWait::kSeats:
      ways.turns = std::make_unique<SeatTurns>(
          std::move(setup), host,
          SeatTurns::SeatSetup{
              common, settings.most_helpers,
              [cells = ways.cells.get()](int number) { return cells->has_mail(number); },
              job.any_thread,
              [cells = ways.cells.get()](std::size_t count) { cells->wait_for(count); }});
      break;
  }
  return ways;
}

}  // namespace mixnn
