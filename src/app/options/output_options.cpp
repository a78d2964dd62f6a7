#include "mixnn/app/options/output_options.hpp"

#include "mixnn/app/options/option_table.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kMostRanks = 100'000;

const Choice<PredictionForm> kPredictionForms{{{PredictionForm::kAuto, "auto"},
                                               {PredictionForm::kClasses, "classes"},
                                               {PredictionForm::kProbabilities, "probabilities"},
                                               {PredictionForm::kOutputs, "outputs"}}};

}  // namespace

std::vector<OptionRow> machine_options() {
  return {
      {.flag = "--ranks",
       .help = "1 owner + stages + relays",
       .sets = kForForecast,
       .value = value_of(
           Whole{1, kMostRanks, "fewest"}, [](auto& o) -> auto& { return o.plan.ranks; }),
       .takes = "N",
       .report = "ranks"},
      {.flag = "--cores",
       .help = "Of each host, shared by its ranks",
       .sets = kForForecast,
       .value = value_of(
           Whole{1, kMostRanks, "here"}, [](auto& o) -> auto& { return o.plan.cores; }),
       .takes = "N",
       .report = "cores"},
      {.flag = "--hosts",
       .help = "Ranks are spread evenly over them",
       .sets = kForForecast,
       .value = value_of(
           Whole{1, kMostRanks}, [](auto& o) -> auto& { return o.plan.hosts; }),
       .report = "hosts"},
      {.flag = "--bandwidth",
       .help = "Mbit/s of a host's link to others",
       .sets = kForForecast,
       .value = value_of(
           Real{0, 1e9, true}, [](auto& o) -> auto& { return o.plan.bandwidth_mbit; }),
       .takes = "MBIT",
       .report = "bandwidth_mbit"},
      {.flag = "--latency",
       .help = "From host to host",
       .sets = kForForecast,
       .value = value_of(
           Real{0, 1e9}, [](auto& o) -> auto& { return o.plan.latency_us; }),
       .takes = "MICROSECONDS",
       .report = "latency_us"},
  };
}

std::vector<OptionRow> output_options() {
  return {
      {.flag = "--out",
       .help = "Receives report.json, model.safetensors",
       .sets = kForTraining | kForExport,
       .value = value_of(
           Path{"DIR"}, [](auto& o) -> auto& { return o.out; }),
       .unset = "none"},
      {.flag = "--json",
       .help = "Receives the report alone",
       .sets = kForTraining | kForForecast | kForTrained | kForAudit,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.json; }),
       .unset = "none"},
      {.flag = "--keep-best",
       .help = "Receives the weights of the best epoch",
       .sets = kForBest,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.keep_best; }),
       .unset = "none"},
      {.flag = "--top-k",
       .help = "Right, or drawn, if among the K largest",
       .sets = kForEvaluation | kForGeneration,
       .value = value_of(
           Whole{1, 65536, "all"}, [](auto& o) -> auto& { return o.trained.top_k; }),
       .takes = "K"},
      {.flag = "--input",
       .help = "Samples in their place: .npy, .csv, IDX",
       .sets = kForPrediction,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.trained.input; }),
       .unset = "the test set"},
      {.flag = "--predictions",
       .help = "Receives a row for each sample: .csv, .npy",
       .sets = kForPrediction,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.trained.predictions; }),
       .unset = "none"},
      {.flag = "--as",
       .help = "What a row of them has",
       .sets = kForPrediction,
       .value = value_of(
           kPredictionForms, [](auto& o) -> auto& { return o.trained.form; })},
      {.flag = "--log",
       .help = "Receives every step and epoch: .jsonl, .csv",
       .sets = kForTraining,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.log; }),
       .unset = "none"},
      {.flag = "--tensorboard",
       .help = "Receives the same for TensorBoard",
       .sets = kForTraining,
       .value = value_of(
           Path{"DIR"}, [](auto& o) -> auto& { return o.tensorboard; }),
       .unset = "none"},
      {.flag = "--trace",
       .help = "Receives who did what when, for Perfetto",
       .sets = kForTraining,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.trace; }),
       .unset = "none"},
      {.flag = "--trace-events",
       .help = "Events of each rank in the trace, at most",
       .sets = kForTraining,
       .value = value_of(
           Whole{1, kMaxTraceEvents}, [](auto& o) -> auto& { return o.trace_events; })},
      {.flag = "--wire-log",
       .help = "Receives what traffic hides, for an audit",
       .sets = kForWireLogs,
       .value = value_of(
           Path{"DIR"}, [](auto& o) -> auto& { return o.wire_log; }),
       .unset = "none"},
      {.flag = "--insecure-trace",
       .help = "Trace even with ranks on other hosts",
       .sets = kForRanks,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.insecure_trace; })},
      {.flag = "--stats",
       .help = "Print time and memory by role",
       .sets = kForRanks,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.stats; })},
      {.flag = "--quiet",
       .help = "Print nothing but errors",
       .sets = kForAll,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.quiet; })},
      {.flag = "--man",
       .help = "Print the man page, as mdoc",
       .sets = kForReference,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.reference.man; })},
      {.flag = "--markdown",
       .help = "Print the reference, as Markdown",
       .sets = kForReference,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.reference.markdown; })},
  };
}

}  // namespace mixnn
