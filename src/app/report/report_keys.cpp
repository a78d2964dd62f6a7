#include "mixnn/app/report/report_keys.hpp"

#include <array>

namespace mixnn {
namespace {

constexpr std::array kReport{
    ReportKey{"version", "program and version"},
    ReportKey{"command", "`train`, `baseline` or `compare`"},
    ReportKey{"model", "the name that MODEL gives itself"},
    ReportKey{"data", "name of the data set"},
    ReportKey{"train_samples", "samples of the training set that were used"},
    ReportKey{"test_samples", "samples of the test set that were used"},
    ReportKey{
        "optimizer",
        "`type` and settings of another optimizer than plain SGD, whose keys then are missing"},
    ReportKey{"validation_samples", "with `--validation`: samples taken out of the training set"},
    ReportKey{"normalization",
              "with `--normalize`: `mean` and `deviation` of each channel or column"},
    ReportKey{"machine",
              "`cpu`, `cores`, versions and kernels of the libraries, `build`: no host's name; "
              "`openblas_coretype` if it is set"},
    ReportKey{"ranks", "of the job: 1 owner + `stages` + `relays`"},
    ReportKey{"stages", "of the model, each on a host of its own"},
    ReportKey{"owner_stages", "others that the owner computes itself"},
    ReportKey{"relays", "ranks that are neither owner nor host"},
    ReportKey{"machines", "that ranks run on, as far as the owner knows"},
    ReportKey{"stages_on_a_machine", "of several machines: that one but the owner's has at most"},
    ReportKey{"aead", "what sealed the cells"},
    ReportKey{"cell_size", "bytes of a cell"},
    ReportKey{"cells_per_message", "of the largest message, and with uniform padding of all"},
    ReportKey{"round_s", "with `--pace`: seconds of a round"},
    ReportKey{"startup_s", "seconds of handshake and model initialization"},
    ReportKey{"lives", "of a checkpointed training: jobs that have worked on it"},
    ReportKey{"resumed_from",
              "where this job took it up: `epoch` ended epochs, and `step` steps of the next"},
    ReportKey{"baseline", "the fastest single process; the keys below"},
    ReportKey{"reference",
              "one process, one thread, the same micro-batches (compare); the keys below"},
    ReportKey{"mixnn", "the ranks (train, compare); the keys below"},
    ReportKey{"*.threads", "threads of the process"},
    ReportKey{"*.threading", "who divides products among them: `shapes`, `crew` or `openblas`"},
    ReportKey{"*.wall_s", "seconds of training, all epochs"},
    ReportKey{"*.samples_per_s", "samples trained in a second"},
    ReportKey{"*.test_accuracy", "in the last test; null if the loss knows no right answer"},
    ReportKey{"*.test_loss", "in the last test"},
    ReportKey{"*.validation_accuracy", "with `--validation`: after the last epoch"},
    ReportKey{"*.validation_loss", "with `--validation`: after the last epoch"},
    ReportKey{"*.best_epoch",
              "with `--keep-best` or `--early-stop`: the epoch, from 1, with the smallest "
              "validation loss; the next two are its"},
    ReportKey{"*.best_validation_accuracy", "after that epoch"},
    ReportKey{"*.best_validation_loss", "after that epoch"},
    ReportKey{"*.parameters_sha256",
              "SHA-256 of all parameters in stage, layer, tensor order as little-endian float32"},
    ReportKey{"*.epoch_walls_s", "seconds of training, by epoch"},
    ReportKey{"*.train_losses", "by epoch"},
    ReportKey{"*.train_accuracies", "by epoch"},
    ReportKey{"*.test_accuracies", "by epoch; with `--validation` there are the next two instead"},
    ReportKey{"*.validation_accuracies", "by epoch"},
    ReportKey{"*.validation_losses", "by epoch"},
    ReportKey{"mixnn.cells", "sent, over all links"},
    ReportKey{"mixnn.bytes_on_wire", "sent, over all links"},
    ReportKey{"mixnn.cells_forwarded", "passed on by relays"},
    ReportKey{"mixnn.cells_delivered", "taken by the ranks that they were for"},
    ReportKey{"mixnn.cells_rejected", "refused; 0 in a run that nothing disturbed"},
    ReportKey{
        "mixnn.refused",
        "messages that are not of the run, or came again: so many `messages` that came `from` "
        "a rank were dropped `by` a rank"},
    ReportKey{"mixnn.rewinds", "in rounds: times that all went back, as slots were lost"},
    ReportKey{"mixnn.bad_slots", "in rounds: that ranks reported as lost or altered"},
    ReportKey{"mixnn.late",
              "exchanges in which something due was not ready, of the `owner` and of all `others`; "
              "not by rank, which would show who has a stage"},
    ReportKey{"mixnn.windows", "of steps, after each of which hosts committed to their state"},
    ReportKey{"mixnn.challenges", "windows that a rank had to open, with or without a stage"},
    ReportKey{"mixnn.activity",
              "of each rank, by `role` and without its number: `wall_s` by activity and `cpu_s` in "
              "the training epochs, and its `memory`"},
    ReportKey{"mixnn.cpu_s", "CPU seconds of all ranks in the training epochs, by activity"},
    ReportKey{"slowdown",
              "median epoch wall of mixnn over that of the fastest baseline; training only"},
    ReportKey{"accuracy_difference",
              "between mixnn and the reference, in the last test; null without accuracies"},
    ReportKey{"bit_identical", "whether their parameters are the same, bit for bit"},
    ReportKey{
        "bound",
        "what `slowdown` must be at least, by the largest of three times of an epoch: `cores_s`, "
        "if "
        "cores did nothing but compute, seal, open and handle headers (the host with most work); "
        "`links_s`, the bytes of the busiest host's link; `chain_s`, the latencies and bytes of "
        "messages that wait for one another, in rounds of all exchanges (both 0 on one host). "
        "`schedule_s`, which is none of these, is an epoch on these links if processors took no "
        "time, simulated: what is above the bound there is the pipeline's. "
        "`link_bytes` go between all hosts in an epoch; handing them over is in none of these "
        "times. "
        "`work_s_per_epoch` is that of all ranks, on `cores`; `over` is the measured slowdown by "
        "this one"}};

constexpr std::array kPlan{
    ReportKey{"version", "program and version"},
    ReportKey{"command", "`plan`"},
    ReportKey{"model", "the name that MODEL gives itself"},
    ReportKey{"stages", "of the model, on hosts"},
    ReportKey{"owner_stages", "others that the owner computes itself"},
    ReportKey{"aead", "what would seal the cells"},
    ReportKey{"spot_check_work", "of `spot_checks`, as a share of the work of a step"},
    ReportKey{"warnings", "what the model's cut lets hosts find out"},
    ReportKey{"costs", "what was measured on this machine, in seconds; `fit_error` has no unit"},
    ReportKey{"forecasts", "one for each number of micro-batches; the keys below"},
    ReportKey{"forecasts.micro_batches", "of a step"},
    ReportKey{"forecasts.cell_size", "bytes of a cell"},
    ReportKey{"forecasts.cells_per_message", "of the largest message"},
    ReportKey{"forecasts.exchanges_per_step", "in rounds"},
    ReportKey{"forecasts.round_s", "in rounds with a pace"},
    ReportKey{"forecasts.step_s", "seconds of a step"},
    ReportKey{"forecasts.bubble", "idle share of the cores"},
    ReportKey{"forecasts.bound_s", "of a step: no schedule is faster; the largest of `bounds_s`"},
    ReportKey{"forecasts.bounds_s",
              "the work over all cores (`cores`), the bytes of the busiest host's link (`links`), "
              "the way of one micro-batch over the links (`chain`; in rounds all exchanges)"},
    ReportKey{"forecasts.cells_per_step", "sent, over all links"},
    ReportKey{"forecasts.bytes_on_wire_per_step", "sent, over all links"},
    ReportKey{"forecasts.baseline_step_s", "seconds of a step of the fastest single process"},
    ReportKey{"forecasts.slowdown", "`step_s` over `baseline_step_s`"},
    ReportKey{"forecasts.work_s", "seconds of work in a step, by kind"},
    ReportKey{"learnt",
              "what ends of messages learn of the plan from routes: in rounds bits a draw, and the "
              "probabilities with which an end and one, or two relays hold a whole path; of onions "
              "those with which they hold a crossover; of several machines what these tell of who "
              "hosts what, and how many stages one has at most"},
    ReportKey{"advised_ranks", "in rounds: a number that does not tell that of the stages"},
    ReportKey{"memory", "bytes that each rank holds at most: the owner, the stages, the relays"},
    ReportKey{"choices", "over several hosts, one after the other; the keys below"},
    ReportKey{"choices.options", "as on the command line; empty: as it is"},
    ReportKey{"choices.decides_bits", "whether trained bits follow from it"},
    ReportKey{"choices.step_s", "seconds of a step, with all choices up to this one"},
    ReportKey{"choices.slowdown", "of it"},
    ReportKey{"choices.bound_s", "of it, as `forecasts.bound_s`"},
    ReportKey{"choices.bytes_on_wire_per_step", "of it"},
    ReportKey{"cuts", "of a MODEL without stages, one for each number of them; the keys below"},
    ReportKey{"cuts.stages", "on hosts, before the owner takes ends"},
    ReportKey{"cuts.layers", "of each stage"},
    ReportKey{"cuts.heaviest", "share of the work that the heaviest stage has"},
    ReportKey{"cuts.message_bytes", "of the largest message of a micro-batch"},
    ReportKey{"cuts.cells_per_message", "of it"},
    ReportKey{"cuts.cell_size", "bytes of a cell"},
    ReportKey{"cuts.chosen", "whether it is that of `--stages`"}};

constexpr std::array kAudit{
    ReportKey{"version", "program and version"},
    ReportKey{"command", "`audit`"},
    ReportKey{"groups", "runs of the same model, settings and traffic; the keys below"},
    ReportKey{"groups.model", "the name that MODEL gives itself"},
    ReportKey{"groups.traffic", "`onion` or `rounds`"},
    ReportKey{"groups.runs", "that were audited together"},
    ReportKey{"groups.ranks", "of each job"},
    ReportKey{"groups.stages", "on hosts"},
    ReportKey{"groups.hops", "relays on every route"},
    ReportKey{"groups.batch_size", "samples of one update"},
    ReportKey{"groups.micro_batches", "parts of a batch"},
    ReportKey{"groups.steps", "of training that every run has"},
    ReportKey{"groups.findings", "by observer, evidence and steps; the keys below"},
    ReportKey{"groups.findings.observer", "its name"},
    ReportKey{"groups.findings.secret",
              "what it wants to know: `order`, its own `position`, or who is `next`"},
    ReportKey{"groups.findings.evidence", "`counts`, `times` or `both`"},
    ReportKey{"groups.findings.steps", "of training that it saw"},
    ReportKey{"groups.findings.runs", "in which there is such an observer"},
    ReportKey{"groups.findings.prior_bits", "all that there is to learn"},
    ReportKey{"groups.findings.bits", "learnt: `mean`, and `low` and `high` of the 95 % interval"},
    ReportKey{"groups.findings.top_1", "share of runs whose likeliest answer is the true one"},
    ReportKey{"groups.findings.top_1_stated", "mean probability that was stated to that answer"},
    ReportKey{"groups.findings.calibration_error",
              "mean distance of stated probabilities from the share that holds"},
    ReportKey{"groups.findings.reliability",
              "by stated probability: mean `stated`, share that holds (`real`), `claims`"},
    ReportKey{"groups.findings.permuted",
              "of the most steps: bits found if each run has the order of another"},
    ReportKey{"groups.findings.noise", "of the most steps: bits found if features are random"},
    ReportKey{"groups.findings.nothing_learnt",
              "of the most steps: whether `bits` are no more than null tests find"}};

}  // namespace

std::span<const ReportKey> report_keys() { return kReport; }
std::span<const ReportKey> plan_keys() { return kPlan; }
std::span<const ReportKey> audit_keys() { return kAudit; }

}  // namespace mixnn
