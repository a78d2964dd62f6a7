#include "mixnn/app/commands/plan.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/machine.hpp"
#include "mixnn/app/options/settle.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/report/plan/plan_json.hpp"
#include "mixnn/app/report/plan/plan_text.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/forecast/calibrate.hpp"
#include "mixnn/forecast/rounds/calibrate_rounds.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/weak_cuts.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

constexpr double kMegabit = 1e6 / 8;  // bytes

AeadSuite suite_of(AeadChoice choice) {
  if (choice == AeadChoice::kChaCha20Poly1305) return AeadSuite::kChaCha20Poly1305;
  if (aes256gcm_available()) return AeadSuite::kAes256Gcm;
  if (choice == AeadChoice::kAes256Gcm)
    throw UsageError("--aead aes256gcm: this CPU does not have it");
  return AeadSuite::kChaCha20Poly1305;
}

// 1 .. 32, in rounds 64, and the chosen one; as many as one stage may have.
std::vector<std::size_t> rows_of_table(const AppOptions& options, std::size_t stages) {
  const std::size_t chosen = options.training.micro_batches;
  std::vector<std::size_t> counts = micro_batch_candidates(options.training.batch_size);
  counts.resize(std::min<std::size_t>(counts.size(), options.session.in_rounds() ? 7 : 6));
  if (options.session.in_rounds() && stages == 1)
    std::erase_if(counts, [&](std::size_t m) {
      return m > most_micro_batches_of_one_host(options.plan.ranks, options.session.allowance);
    });
  if (std::ranges::find(counts, chosen) == counts.end()) counts.push_back(chosen);
  std::ranges::sort(counts);
  return counts;
}

double three_digits(double value) {
  const double unit = std::pow(10, std::floor(std::log10(std::max(value, 1e-3))) - 2);
  return std::round(value / unit) * unit;
}

// What a job has cannot be given besides.
AppOptions on_hosts(const AppOptions& given, const JobHosts& hosts) {
  AppOptions options = given;
  PlanOptions& where = options.plan;
  const PlanOptions none;
  for (const auto& [flag, is_given] : {std::pair{"--ranks", where.ranks != none.ranks},
                                       {"--cores", where.cores != none.cores},
                                       {"--hosts", where.hosts != none.hosts},
                                       {"--bandwidth", where.bandwidth_mbit != none.bandwidth_mbit},
                                       {"--latency", where.latency_us != none.latency_us}})
    if (is_given)
      throw UsageError(std::string(flag) +
                       ": under mpirun plan looks at the job itself; leave it out, or start plan "
                       "without mpirun");
  where.ranks = hosts.host_of_rank.size();
  where.hosts = hosts.count();
  where.cores = std::ranges::min(hosts.cores);
  if (hosts.count() == 1) return options;
  where.bandwidth_mbit = three_digits(hosts.bytes_per_second / kMegabit);
  where.latency_us = three_digits(hosts.latency_s * 1e6);
  return options;
}

// `hosts`: of the job, if there is one.
PlanResult planned(const AppOptions& given, const JobHosts& hosts) {
  PlanResult plan;
  plan.options = given;
  plan.measured = !hosts.host_of_rank.empty();
  plan.machines.host_of_rank = hosts.host_of_rank;
  plan.machines.lone_byte = hosts.lone_byte_s;
  AppOptions& options = plan.options;
  PlanOptions& where = options.plan;
  ModelSpec model = load_model(options.model);
  plan.inputs = settle_input_type(options, model);
  const ModelSpec open = model;
  settle_stages(options, model);
  plan.model = model.name;
  plan.stages = model.hosted_stages();
  plan.own = model.own;
  for (std::size_t i = 0; i < plan.stages; ++i)
    plan.largest_stage =
        std::max(plan.largest_stage, model.stage(model.own.first + i, 1, {}).parameter_count());
  plan.warnings = weak_cut_texts(weak_cuts(model));
  if (where.ranks == 0) where.ranks = ranks_needed(options.session, plan.stages);
  where.hosts = std::min(where.hosts, where.ranks);
  const int usable = usable_cpus();
  if (where.cores == 0) where.cores = static_cast<std::size_t>(usable);
  plan.machines.hosts = where.hosts;
  plan.machines.cores = where.cores;
  RoundPace& pace = options.session.pace;
  pace.crowded = pace.is_on() && plan.machines.share_cores(where.ranks);
  settle(options, model, static_cast<int>(where.ranks));
  check_session(model, options.training, options.session, static_cast<int>(where.ranks));
  plan.cuts = cut_choices(open, options);
  check_outputs({}, options.json);
  plan.machines.bytes_per_second = where.bandwidth_mbit * kMegabit;
  plan.machines.latency = where.latency_us * 1e-6;
  const AeadSuite suite = suite_of(options.session.aead);
  plan.aead = to_string(suite);
  plan.costs = calibrate(model, options.training, suite,
                         std::min(usable, static_cast<int>(plan.machines.cores)));
  if (options.session.in_rounds())
    calibrate_rounds(plan.costs, model, options.training, suite,
                     {where.ranks, std::min<std::size_t>(where.cores, usable_cpus()),
                      message_sizes(model, options.training, options.session).capacity()});
  RunSetting setting{model, options.training, options.session, where.ranks, plan.machines};
  plan.memory = memory_forecast(setting);
  for (const std::size_t m : rows_of_table(options, plan.stages)) {
    setting.training.micro_batches = m;
    plan.forecasts.push_back(forecast(setting, plan.costs));
  }
  setting.training.micro_batches = options.training.micro_batches;
  plan.choices = link_choices(setting, plan.costs);
  plan.spot_check_work = spot_check_work(setting, plan.chosen(), measured_hash_speed());
  return plan;
}

}  // namespace

PlanResult make_plan(const AppOptions& options) { return planned(options, {}); }

PlanResult make_plan(const AppOptions& options, const JobHosts& hosts) {
  return planned(on_hosts(options, hosts), hosts);
}

namespace {

// The text, if it is wanted.
std::string told(const AppOptions& options, const PlanResult& plan) {
  if (!options.json.empty()) write_file(options.json, report_text(plan_json(plan)));
  return options.quiet ? "" : plan_text(plan);
}

}  // namespace

void run_plan(AppOptions& options) {
  print_lines(told(options, make_plan(options)));
  check_printed();
}

std::string plan_of_job(AppOptions& options, const JobHosts& hosts) {
  return told(options, make_plan(options, hosts));
}

}  // namespace mixnn
