#include "mixnn/app/commands/command.hpp"

#include <algorithm>
#include <array>

#include "mixnn/app/commands/audit.hpp"
#include "mixnn/app/commands/baseline.hpp"
#include "mixnn/app/commands/compare.hpp"
#include "mixnn/app/commands/evaluate.hpp"
#include "mixnn/app/commands/export.hpp"
#include "mixnn/app/commands/generate.hpp"
#include "mixnn/app/commands/info.hpp"
#include "mixnn/app/commands/keygen.hpp"
#include "mixnn/app/commands/plan.hpp"
#include "mixnn/app/commands/predict.hpp"
#include "mixnn/app/commands/reference.hpp"
#include "mixnn/app/commands/roster.hpp"
#include "mixnn/app/commands/train.hpp"
#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

constexpr const char* kNodeHelp =
    "A node learns what to do from the owner, rank 0 of the job:\n"
    "  mpirun -n 1 mixnn train models/mlp.json : -n 7 mixnn node";

constexpr const char* kBaselineHelp =
    "It writes no checkpoints: Ctrl-C, SIGTERM and SIGHUP end it, and nothing is\n"
    "kept. To stop and go on later: train --checkpoint DIR.";

constexpr const char* kRosterHelp =
    "add fetches the public key of each HOST over ssh or srun, and makes that\n"
    "machine know this owner; remove takes machines out. A machine's key changes by\n"
    "mixnn keygen --replace there and mixnn roster add here: both keys are valid\n"
    "until the next change.";

void leave_to_program(AppOptions& options) {
  options.automatic.micro_batches = options.automatic.in_flight = true;
}

// Whole batches are what a single process does fastest.
void whole_batches(AppOptions& options) { options.training.micro_batches = 1; }

constexpr const char* kTrainedHelp =
    "Under mpirun the stages are hosted by the ranks, as in training; without it\n"
    "they are all in this process:\n"
    "  mixnn train models/mlp.json --out trained   (under mpirun)\n"
    "  mixnn evaluate models/mlp.json --weights trained/model.safetensors\n"
    "In the place of --weights, --checkpoint DIR takes the newest of a training's\n"
    "checkpoints, and --checkpoint FILE.manifest that one.";

// Each token follows from those before it.
void one_by_one(AppOptions& options) {
  options.training.batch_size = options.training.micro_batches = options.session.in_flight = 1;
  options.trained.top_k = 0;
}

constexpr const char* kGenerateHelp =
    "Under mpirun the stages are hosted by the ranks. With the same --seed the text\n"
    "is the same as in one process. --data is the folder of bench/make_tokens.py,\n"
    "whose meta.json has the characters:\n"
    "  mixnn generate models/gpt.json --data novels --weights gpt.safetensors \\\n"
    "    --prompt \"It was \" --temperature 0.8";

constexpr const char* kPlanHelp =
    "Under mpirun it is about that job: its ranks and hosts, and the links between\n"
    "these as they are measured; nothing is trained there either:\n"
    "  mpirun --hostfile hosts -n 8 mixnn plan models/mlp.json";

constexpr const char* kExportHelp =
    "Writes the weights of the newest checkpoint in --checkpoint DIR, or of\n"
    "--checkpoint FILE.manifest, with PyTorch's names. --out is a folder, which gets\n"
    "model.safetensors, or a file whose name ends in .safetensors:\n"
    "  mixnn export models/mlp.json --checkpoint saved --out mlp.safetensors";

constexpr const char* kAuditHelp =
    "Names of observers: all links; one relay; two relays; a host: its position;\n"
    "a host: its neighbour; a host and a relay; a host and two relays; two hosts;\n"
    "a machine.\n"
    "  bash bench/audit_runs.sh --out logs --traffic rounds\n"
    "  mixnn audit logs --picture audit.svg\n"
    "How it is measured, and how to read it: docs/audit.md.";

constexpr OptionSets kUsesTrained = kForAll | kForTrained | kForRanks | kForPeers | kForSaved;
constexpr OptionSets kAcrossRanks = kForAll | kForTraining | kForRanks | kForPeers | kForWireLogs;

const std::array kCommands{
    Command{"train", "Train MODEL across the ranks, through the relays", true,
            kAcrossRanks | kForCheckpoints | kForBest, RunsAsOwner{run_train}, leave_to_program},
    Command{"node", "Serve an owner as stage host or relay, as it says", false,
            kForAll | kForNodes | kForPeers | kForWireLogs, RunsAsNode{}, [](AppOptions&) {},
            kNodeHelp},
    Command{"baseline", "Train MODEL in one process, without MPI", true,
            kForAll | kForTraining | kForBest, RunsAlone{run_baseline}, whole_batches,
            kBaselineHelp},
    Command{"compare", "Both, epoch by epoch, with the same data and seed", true, kAcrossRanks,
            RunsAsOwner{.run = run_compare, .measures_hosts = true}, leave_to_program},
    Command{"evaluate", "Measure a trained MODEL on the test set", true,
            kUsesTrained | kForSamples | kForEvaluation,
            RunsAsOwner{run_evaluate, run_evaluate_alone}, leave_to_program, kTrainedHelp},
    Command{"predict", "Write a trained MODEL's outputs for the test set", true,
            kUsesTrained | kForSamples | kForPrediction,
            RunsAsOwner{run_predict, run_predict_alone}, leave_to_program, kTrainedHelp},
    Command{"generate", "Go on with a text, by a trained MODEL of tokens", true,
            kUsesTrained | kForGeneration,
            RunsAsOwner{run_generate, run_generate_alone, load_generator}, one_by_one,
            kGenerateHelp},
    Command{"export", "Write a checkpoint's weights as a safetensors file", true,
            kForAll | kForSaved | kForExport, RunsAlone{run_export}, [](AppOptions&) {},
            kExportHelp},
    Command{"plan", "Predict step time and slowdown, without training", true,
            kForAll | kForForecast, LooksAtHosts{plan_of_job, run_plan}, leave_to_program,
            kPlanHelp},
    Command{"info", "Show versions, CPU, AEAD and BLAS kernels", false, kForAll, Tells{info_text}},
    Command{"audit", "Measure what observers learn from wire logs", false, kForAll | kForAudit,
            RunsAlone{run_audit}, [](AppOptions&) {}, kAuditHelp,
            "Of runs: what train --wire-log wrote", "FOLDER"},
    Command{"keygen", "Make this machine's key, and print the public one", false,
            kForAll | kForKeys, RunsAlone{run_keygen}},
    Command{"roster", "Keep the list of machines that the owner trusts", false,
            kForAll | kForEnrolment, RunsAlone{run_roster}, [](AppOptions&) {}, kRosterHelp,
            "add HOST..., list, or remove HOST..."},
    Command{"reference", "Print the man page or the reference of all this", false,
            kForAll | kForReference, Tells{reference_text}}};

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command& find_command(const std::string& name) {
  const auto command = std::ranges::find_if(kCommands, [&](auto& c) { return c.name == name; });
  MIXNN_CHECK(command != kCommands.end(), "a command without a row");
  return *command;
}

AppOptions defaults_of(const Command& command) {
  AppOptions options;
  options.command = command.name;
  options.automatic.seed = options.automatic.allowance = true;
  command.set_defaults(options);
  return options;
}

}  // namespace mixnn
