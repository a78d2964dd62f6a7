#include "mixnn/audit/audit.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "mixnn/audit/inference/null_tests.hpp"
#include "mixnn/audit/inference/question.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

using Group = std::vector<const WatchedRun*>;

std::vector<Group> grouped(const std::vector<WatchedRun>& runs) {
  std::map<std::tuple<std::string, std::string, std::size_t, std::uint32_t, std::uint32_t,
                      std::uint32_t, std::uint32_t>,
           Group>
      groups;
  for (const WatchedRun& watched : runs)
    groups[{watched.run.model, watched.run.traffic, watched.run.hosts.size(), watched.ranks,
            watched.hops, watched.batch, watched.micro_batches}]
        .push_back(&watched);
  std::vector<Group> all;
  for (auto& [key, group] : groups) all.push_back(std::move(group));
  return all;
}

AuditedGroup begin_group(const Group& runs) {
  const WatchedRun& first = *runs.front();
  if (runs.size() < kFewestRuns)
    throw UsageError(text("%s over %s, %u ranks: ", first.run.model.c_str(),
                          first.run.traffic.c_str(), first.ranks) +
                     counted(runs.size(), "run") + " of the same settings; an audit needs " +
                     std::to_string(kFewestRuns) +
                     " or more, better 50: train them with --wire-log, or by bench/audit_runs.sh");
  AuditedGroup group{first.run,  first.ranks, first.batch, first.micro_batches,
                     first.hops, runs.size(), {}};
  for (const WatchedRun* watched : runs)
    group.run.steps = std::min(group.run.steps, watched->run.steps);
  return group;
}

// Candidates by stage.
std::vector<std::uint32_t> order_of(const std::vector<std::uint32_t>& hosts, const Sight& sight) {
  std::vector<std::uint32_t> order;
  for (const std::uint32_t host : hosts)
    order.push_back(static_cast<std::uint32_t>(std::ranges::find(sight.candidates, host) -
                                               sight.candidates.begin()));
  return order;
}

// The sights of that number in all runs that have one.
std::vector<SeenRun> seen_by(const Group& runs, std::size_t sight) {
  std::vector<SeenRun> seen;
  for (const WatchedRun* watched : runs)
    if (const std::optional<Sight>& one = watched->sights[sight])
      seen.push_back({*one, order_of(watched->run.hosts, *one)});
  return seen;
}

struct Task {
  const Group* runs;
  std::size_t sight;
  Finding* finding;
  bool last;  // of the observer's numbers of steps
};

void do_task(const Task& task) {
  const std::vector<SeenRun> seen = seen_by(*task.runs, task.sight);
  Finding& finding = *task.finding;
  finding.runs = seen.size();
  if (seen.size() < kFewestRuns) return;
  const PlanSecret secret = finding.observer.secret;
  finding.judgement = judge(*posterior_of(secret, seen));
  if (!task.last) return;
  finding.permuted = null_bits(secret, seen, with_permuted_orders);
  finding.noise = null_bits(secret, seen, with_noise);
}

// All threads take what is next. After a failure nothing more is begun, and it is thrown.
void do_all(const std::vector<Task>& tasks, unsigned threads,
            const std::function<void(double)>& progress) {
  std::atomic<std::size_t> next = 0;
  std::mutex telling;
  std::size_t done = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t i; (i = next++) < tasks.size();) {
        do_task(tasks[i]);
        const std::lock_guard lock(telling);
        progress(static_cast<double>(++done) / static_cast<double>(tasks.size()));
      }
    } catch (...) {
      next = tasks.size();
      const std::lock_guard lock(telling);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

// The findings that a group is to have, and the tasks that make them.
void plan_group(const Group& runs, const AuditRequest& request, AuditedGroup& group,
                std::vector<Task>& tasks) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < request.steps.size(); ++i)
    if (request.steps[i] == kAllSteps || request.steps[i] < group.run.steps ||
        (request.steps[i] == group.run.steps && request.steps.back() != kAllSteps))
      columns.push_back(i);
  if (columns.empty())
    throw UsageError("--steps: the runs of " + group.run.model + " over " + group.run.traffic +
                     " have " + counted(group.run.steps, "step") + "; give fewer, or all");
  const std::size_t evidences = std::size(kEvidences);
  group.findings.reserve(request.observers.size() * evidences * columns.size());
  for (std::size_t o = 0; o < request.observers.size(); ++o)
    for (std::size_t e = 0; e < evidences; ++e)
      for (const std::size_t column : columns) {
        const std::uint64_t steps = request.steps[column];
        Finding& finding = group.findings.emplace_back();
        finding.observer = request.observers[o];
        finding.evidence = kEvidences[e];
        finding.steps = steps == kAllSteps ? group.run.steps : steps;
        tasks.push_back({&runs, (o * request.steps.size() + column) * evidences + e, &finding,
                         column == columns.back()});
      }
}

}  // namespace

std::vector<AuditedGroup> audit(const std::vector<WatchedRun>& runs, const AuditRequest& request,
                                unsigned threads, const std::function<void(double)>& progress) {
  const std::vector<Group> groups = grouped(runs);
  std::vector<AuditedGroup> audited;
  for (const Group& group : groups) audited.push_back(begin_group(group));
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < groups.size(); ++i) plan_group(groups[i], request, audited[i], tasks);
  do_all(tasks, threads, progress);
  for (AuditedGroup& group : audited)
    std::erase_if(group.findings, [](const Finding& f) { return f.runs < kFewestRuns; });
  return audited;
}

}  // namespace mixnn
