#include "mixnn/app/report/stats.hpp"

#include <algorithm>
#include <functional>

#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::array kShown{Activity::kCompute, Activity::kSeal, Activity::kOpen, Activity::kTicket,
                            Activity::kSend,    Activity::kWait, Activity::kOther};

std::vector<const RankUsage*> of_role(const std::vector<RankUsage>& ranks, RankUsage::Role role) {
  std::vector<const RankUsage*> found;
  for (const RankUsage& rank : ranks)
    if (rank.role == role) found.push_back(&rank);
  std::ranges::sort(found, {}, &RankUsage::stage);
  return found;
}

using Number = std::function<double(const RankUsage&)>;

// One number of many ranks: the least, the median and the most.
std::array<double, 3> spread(const std::vector<const RankUsage*>& ranks, const Number& number) {
  std::vector<double> values;
  for (const RankUsage* rank : ranks) values.push_back(number(*rank));
  const auto [least, most] = std::ranges::minmax(values);
  return {least, median(values), most};
}

// A column: a number of each rank, and its digits behind the point, or fewer if they do not fit.
struct Column {
  Number number;
  int digits;
};

std::string cell_text(double number, int digits, int width) {
  std::string cell = text("%.*f", digits, number);
  for (; digits > 0 && std::ssize(cell) >= width; --digits) cell = text("%.*f", digits - 1, number);
  return text("%*s", width, cell.c_str());
}

std::string cells_text(const std::vector<Column>& columns, const RankUsage& rank, int width) {
  std::string line;
  for (const Column& column : columns) line += cell_text(column.number(rank), column.digits, width);
  return line;
}

// One line for the owner and for each host; three for all relays.
void append_rows(const std::vector<RankUsage>& ranks, const std::vector<Column>& columns, int width,
                 std::vector<std::string>& lines) {
  for (const RankUsage* rank : of_role(ranks, RankUsage::Role::kOwner))
    lines.push_back(text("%-14s", "owner") + cells_text(columns, *rank, width));
  for (const RankUsage* rank : of_role(ranks, RankUsage::Role::kHost))
    lines.push_back(text("%-14s", ("stage " + std::to_string(rank->stage + 1)).c_str()) +
                    cells_text(columns, *rank, width));
  const auto relays = of_role(ranks, RankUsage::Role::kRelay);
  if (relays.empty()) return;
  const char* const names[] = {"relays, least", "        median", "        most"};
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<Column> spreads;
    for (const Column& column : columns)
      spreads.push_back(
          {[&relays, &column, i](const RankUsage&) { return spread(relays, column.number)[i]; },
           column.digits});
    lines.push_back(text("%-14s", names[i]) + cells_text(spreads, *relays.front(), width));
  }
}

Column megabytes(std::uint64_t Usage::*field) {
  return {[field](const RankUsage& rank) { return 1e-6 * static_cast<double>(rank.last.*field); },
          3};
}

double all_wall(const RankUsage& rank) {
  double sum = 0;
  for (const double s : rank.wall_s()) sum += s;
  return sum;
}

void append_times(const std::vector<RankUsage>& ranks, std::vector<std::string>& lines) {
  constexpr int kWidth = 8;
  std::string head = text("%-14s", "");
  std::vector<Column> times, shares;
  for (const Activity activity : kShown) {
    const auto index = static_cast<std::size_t>(activity);
    head += text("%*s", kWidth, to_string(activity).c_str());
    times.push_back({[index](const RankUsage& rank) { return rank.wall_s()[index]; }, 3});
    shares.push_back({[index](const RankUsage& rank) {
                        return 100 * rank.wall_s()[index] / std::max(all_wall(rank), 1e-9);
                      },
                      1});
  }
  times.push_back({[](const RankUsage& rank) { return rank.cpu_s(); }, 3});
  lines.push_back("training, seconds of wall by activity; cpu: seconds of the process on a core");
  lines.push_back(head + text("%*s", kWidth, "cpu"));
  append_rows(ranks, times, kWidth, lines);
  lines.push_back("");
  lines.push_back("training, percent of wall");
  lines.push_back(head);
  append_rows(ranks, shares, kWidth, lines);
}

void append_memory(const std::vector<RankUsage>& ranks, std::vector<std::string>& lines) {
  constexpr int kWidth = 7;
  const auto count = [](auto number) {
    return Column{[number](const RankUsage& rank) { return static_cast<double>(number(rank)); }, 0};
  };
  const std::vector<Column> columns{
      megabytes(&Usage::parameters),
      megabytes(&Usage::optimizer),
      megabytes(&Usage::pass_bytes),
      count([](const RankUsage& rank) { return rank.last.passes; }),
      megabytes(&Usage::message_bytes),
      count([](const RankUsage& rank) { return rank.last.cells; }),
      count([](const RankUsage& rank) { return rank.last.cell_limit; }),
      {[](const RankUsage& rank) {
         return rank.epochs.empty() ? 0 : 1e-6 * static_cast<double>(rank.epochs.front().resident);
       },
       3},
      megabytes(&Usage::resident)};
  lines.push_back(
      "memory, MB; passes: micro-batches held; cells of the pool: most at once, limit;");
  lines.push_back("epoch1, end: peak resident memory after the first epoch and at the end");
  std::string head = text("%-14s", "");
  for (const char* name :
       {"params", "optim", "activ", "passes", "msgs", "cells", "limit", "epoch1", "end"})
    head += text("%*s", kWidth, name);
  lines.push_back(head);
  append_rows(ranks, columns, kWidth, lines);
  std::uint64_t most = 0;
  for (const RankUsage& rank : ranks) most = std::max(most, rank.last.window_bytes);
  if (most > 0)
    lines.push_back(text("spot checks: %.3f MB are kept by the host that keeps most",
                         1e-6 * static_cast<double>(most)));
}

}  // namespace

std::vector<std::string> stats_lines(const std::vector<RankUsage>& ranks) {
  std::vector<std::string> lines;
  append_times(ranks, lines);
  lines.push_back("");
  append_memory(ranks, lines);
  return lines;
}

Bound bound_of(const std::vector<RankUsage>& ranks, const Record& baseline, const Record& mixnn,
               const JobHosts& hosts, const LinkBounds& links_s) {
  std::vector<double> work, busiest;
  std::vector<int> ranks_of(hosts.count());
  for (const RankUsage& rank : ranks) ++ranks_of[hosts.host_of_rank[rank.rank]];
  const auto cores_of = [&](std::size_t host) {
    return std::min(static_cast<int>(hosts.cores[host]), ranks_of[host]);
  };
  for (std::size_t epoch = 0; epoch < baseline.epochs.size(); ++epoch) {
    std::vector<double> of_host(hosts.count());
    for (const RankUsage& rank : ranks)
      of_host[hosts.host_of_rank[rank.rank]] +=
          useful_seconds(rank.epochs[epoch].cpu_by_activity());
    double most = 0, all = 0;
    for (std::size_t host = 0; host < hosts.count(); ++host) {
      all += of_host[host];
      most = std::max(most, of_host[host] / std::max(cores_of(host), 1));
    }
    work.push_back(all);
    busiest.push_back(most);
  }
  Bound bound;
  bound.work_s_per_epoch = median(work);
  for (std::size_t host = 0; host < hosts.count(); ++host) bound.cores += cores_of(host);
  bound.cores_s = median(busiest);
  bound.links_s = links_s;
  bound.slowdown = bound.largest_s() / baseline.median_wall_s();
  bound.over = mixnn.median_wall_s() / bound.largest_s();
  return bound;
}

}  // namespace mixnn
