#include "mixnn/app/options/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;

std::variant<AppOptions, Notice> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mixnn");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

AppOptions options(std::vector<const char*> arguments) {
  return std::get<AppOptions>(parse(std::move(arguments)));
}

std::string error(std::vector<const char*> arguments) {
  try {
    parse(std::move(arguments));
  } catch (const UsageError& failure) {
    return failure.what();
  }
  return "no error";
}

TEST(Options, DefaultsAreThoseOfTheLibraries) {
  const AppOptions given = options({"train", "m.json"});
  EXPECT_EQ(given.command, "train");
  EXPECT_EQ(given.model, "m.json");
  EXPECT_FALSE(given.data);
  EXPECT_EQ(given.training.epochs, TrainingOptions().epochs);
  EXPECT_EQ(given.training.micro_batches, TrainingOptions().micro_batches);
  EXPECT_EQ(given.session.hops, SessionOptions().hops);
  EXPECT_EQ(given.session.timeout, SessionOptions().timeout);
  EXPECT_EQ(given.threads, 0);
  EXPECT_FALSE(given.quiet);
}

TEST(Options, CheckpointsAreForTrainAlone) {
  const AppOptions given =
      options({"train", "m.json", "--checkpoint", "d", "--checkpoint-every", "3e",
               "--checkpoint-key", "k", "--keep", "5", "--resume", "must", "--seed", "1"});
  EXPECT_EQ(given.checkpoint.folder, "d");
  EXPECT_EQ(given.checkpoint.every.unit, CheckpointOptions::Interval::Unit::kEpochs);
  EXPECT_EQ(given.checkpoint.every.count, 3u);
  EXPECT_EQ(given.checkpoint.key, "k");
  EXPECT_EQ(given.checkpoint.keep, 5u);
  EXPECT_EQ(given.checkpoint.resume, ResumeMode::kMust);
  EXPECT_FALSE(given.automatic.seed);
  EXPECT_TRUE(options({"train", "m.json"}).automatic.seed);
  EXPECT_TRUE(options({"train", "m.json"}).checkpoint.folder.empty());
  for (const char* bad : {"m", "10", "0e", "10h", "-1b", "1.5m", ""})
    EXPECT_THAT(error({"train", "m.json", "--checkpoint-every", bad}),
                HasSubstr("--checkpoint-every must be"))
        << bad;
  EXPECT_THAT(error({"train", "m.json", "--resume", "yes"}),
              HasSubstr("--resume must be auto, never, must or older"));
  EXPECT_THAT(error({"compare", "m.json", "--checkpoint", "d"}),
              HasSubstr("unexpected argument: "));
  EXPECT_THAT(std::get<Notice>(parse({"train", "--help"})).text, HasSubstr("Checkpoints:"));
}

TEST(Options, ATrainingMayStopEarlyAndKeepItsBestEpoch) {
  for (const char* command : {"train", "baseline"}) {
    const AppOptions given = options({command, "m.json", "--early-stop", "3", "--keep-best", "b"});
    EXPECT_EQ(given.early_stop, 3u);
    EXPECT_EQ(given.keep_best, "b");
    EXPECT_EQ(options({command, "m.json", "--early-stop", "never"}).early_stop, 0u);
  }
  EXPECT_THAT(error({"compare", "m.json", "--early-stop", "3"}), HasSubstr("unexpected argument"));
}

TEST(Options, WeightsComeFromAFileOrACheckpoint) {
  for (const char* command : {"evaluate", "predict", "generate", "export"}) {
    const AppOptions given =
        options({command, "m.json", "--checkpoint", "d", "--checkpoint-key", "k"});
    EXPECT_EQ(given.checkpoint.folder, "d");
    EXPECT_EQ(given.checkpoint.key, "k");
    EXPECT_THAT(error({command, "m.json", "--resume", "must"}), HasSubstr("unexpected argument"));
  }
  EXPECT_EQ(options({"predict", "m.json", "--input", "x.npy"}).trained.input, "x.npy");
}

TEST(Options, GenerateTakesOneTokenAfterTheOther) {
  const AppOptions plain = options({"generate", "m.json"});
  EXPECT_EQ(plain.training.max_rows(), 1u);
  EXPECT_EQ(plain.session.in_flight, 1u);
  EXPECT_EQ(plain.trained.top_k, 0u);
  const AppOptions given =
      options({"generate", "m.json", "--prompt", "a b", "--prompt-tokens", "1,2", "--tokens", "9",
               "--temperature", "0.5", "--top-k", "7", "--seed", "4"});
  EXPECT_EQ(given.generation.prompt, "a b");
  EXPECT_EQ(given.generation.prompt_tokens, "1,2");
  EXPECT_EQ(given.generation.tokens, 9u);
  EXPECT_EQ(given.generation.temperature, 0.5);
  EXPECT_EQ(given.trained.top_k, 7u);
  EXPECT_EQ(given.training.seed, 4u);
  for (const char* flag : {"--batch-size", "--in-flight", "--limit-test"})
    EXPECT_THAT(error({"generate", "m.json", flag, "2"}), HasSubstr("unexpected argument")) << flag;
}

TEST(Options, BaselineTakesWholeBatchesUnlessToldOtherwise) {
  EXPECT_EQ(options({"baseline", "m.json"}).training.micro_batches, 1u);
  EXPECT_EQ(options({"baseline", "m.json", "--micro-batches", "4"}).training.micro_batches, 4u);
}

TEST(Options, ReadsEveryOption) {
  const AppOptions given = options({"compare",
                                    "m.json",
                                    "--data",
                                    "d",
                                    "--epochs",
                                    "7",
                                    "--batch-size",
                                    "64",
                                    "--lr",
                                    "0.5",
                                    "--lr-decay",
                                    "none",
                                    "--momentum",
                                    "0",
                                    "--hops",
                                    "2",
                                    "--weight-decay",
                                    "1e-4",
                                    "--seed",
                                    "18446744073709551615",
                                    "--cell-size",
                                    "4096",
                                    "--micro-batches",
                                    "8",
                                    "--padding",
                                    "cells",
                                    "--aead",
                                    "chacha20poly1305",
                                    "--schedule",
                                    "gpipe",
                                    "--mix",
                                    "threshold:3:20",
                                    "--timeout",
                                    "1.5",
                                    "--data-format",
                                    "csv",
                                    "--target",
                                    "price",
                                    "--validation",
                                    "0.25",
                                    "--normalize",
                                    "0.5,-1/2,3e-1",
                                    "--augment",
                                    "crop,flip",
                                    "--limit-train",
                                    "10",
                                    "--limit-test",
                                    "20",
                                    "--out",
                                    "o",
                                    "--json",
                                    "j",
                                    "--clip-norm",
                                    "0.75",
                                    "--staleness",
                                    "1",
                                    "--lr-patience",
                                    "3",
                                    "--log",
                                    "l.csv",
                                    "--tensorboard",
                                    "t",
                                    "--quiet",
                                    "--in-flight",
                                    "4",
                                    "--threads",
                                    "2",
                                    "--wire-dtype",
                                    "bfloat16"});
  EXPECT_EQ(given.data, "d");
  EXPECT_EQ(given.training.epochs, 7u);
  EXPECT_EQ(given.training.batch_size, 64u);
  EXPECT_EQ(given.training.micro_batches, 8u);
  EXPECT_EQ(given.training.learning_rate, 0.5f);
  EXPECT_EQ(given.training.lr_decay, LrDecay::kNone);
  EXPECT_EQ(given.training.momentum, 0.0f);
  EXPECT_EQ(given.training.weight_decay, 1e-4f);
  EXPECT_EQ(given.training.seed, 18446744073709551615u);
  EXPECT_EQ(given.session.hops, 2u);
  EXPECT_EQ(given.session.cell_bytes, 4096u);
  EXPECT_EQ(given.session.padding, Padding::kCells);
  EXPECT_EQ(given.session.aead, AeadChoice::kChaCha20Poly1305);
  EXPECT_EQ(given.session.schedule, ScheduleKind::kGpipe);
  EXPECT_EQ(given.session.mix, MixStrategy(ThresholdMix{3, std::chrono::milliseconds(20)}));
  EXPECT_EQ(given.session.timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(given.session.in_flight, 4u);
  EXPECT_EQ(given.data_format, "csv");
  EXPECT_EQ(given.target, "price");
  EXPECT_EQ(given.validation, 0.25);
  EXPECT_EQ(given.normalize.how, Normalize::How::kGiven);
  EXPECT_EQ(given.normalize.by, (Normalization{{0.5f, -1}, {2, 0.3f}}));
  EXPECT_EQ(printed("--normalize", given), "0.5,-1/2,0.3");
  EXPECT_EQ(given.training.augmentation, (Augmentation{true, true}));
  EXPECT_EQ(given.limit_train, 10u);
  EXPECT_EQ(given.limit_test, 20u);
  EXPECT_EQ(given.out, "o");
  EXPECT_EQ(given.json, "j");
  EXPECT_EQ(given.training.clip_norm, 0.75f);
  EXPECT_EQ(given.training.staleness, 1u);
  EXPECT_EQ(given.training.lr_patience, 3u);
  EXPECT_EQ(given.log, "l.csv");
  EXPECT_EQ(given.tensorboard, "t");
  EXPECT_EQ(given.threads, 2);
  EXPECT_EQ(given.training.wire, ElementType::kBfloat16);
  EXPECT_TRUE(given.quiet);
}

TEST(Options, NormalizesByAsManyMeansAsDeviations) {
  EXPECT_EQ(options({"train", "m.json", "--normalize", "none"}).normalize.how,
            Normalize::How::kNone);
  EXPECT_EQ(options({"train", "m.json", "--normalize", "train"}).normalize.how,
            Normalize::How::kComputed);
  for (const char* wrong : {"all", "1,2/3", "1/0", "1/-1", "/", "1,/1,1", "1/2/3", "nan/1"})
    EXPECT_THAT(error({"train", "m.json", "--normalize", wrong}), HasSubstr("--normalize must be"))
        << wrong;
}

TEST(Options, MicroBatchesAndInFlightAreLeftToTheProgramUnlessGiven) {
  EXPECT_TRUE(options({"train", "m.json", "--batch-size", "1"}).automatic.micro_batches);
  EXPECT_TRUE(options({"compare", "m.json"}).automatic.in_flight);
  EXPECT_FALSE(options({"baseline", "m.json"}).automatic.micro_batches);
  EXPECT_FALSE(options({"train", "m.json", "--micro-batches", "2"}).automatic.micro_batches);
  EXPECT_FALSE(options({"train", "m.json", "--in-flight", "2"}).automatic.in_flight);
  EXPECT_TRUE(options({"train", "m.json", "--micro-batches", "auto"}).automatic.micro_batches);
  EXPECT_THAT(error({"train", "m.json", "--micro-batches", "Auto"}),
              HasSubstr("must be a whole number"));
}

TEST(Options, APaceIsOffOrAutomaticOrATimeOfARound) {
  EXPECT_FALSE(options({"train", "m.json"}).session.pace.is_on());
  EXPECT_FALSE(options({"train", "m.json", "--pace", "off"}).session.pace.is_on());
  EXPECT_TRUE(options({"train", "m.json", "--pace", "auto"}).session.pace.automatic);
  EXPECT_EQ(options({"train", "m.json", "--pace", "2500"}).session.pace.period,
            std::chrono::microseconds(2500));
  for (const char* bad : {"0", "-1", "1.5", "slow", "", "60000001"})
    EXPECT_THAT(error({"train", "m.json", "--pace", bad}), HasSubstr("--pace must be")) << bad;
  EXPECT_TRUE(options({"train", "m.json"}).automatic.allowance);
  EXPECT_EQ(options({"train", "m.json", "--allowance", "3"}).session.allowance, 3u);
  EXPECT_THAT(error({"train", "m.json", "--allowance", "65"}), HasSubstr("--allowance must be"));
}

TEST(Options, PlanTakesWhatChangesAForecast) {
  const AppOptions given = options({"plan", "m.json", "--ranks", "9", "--cores", "4", "--hosts",
                                    "3", "--bandwidth", "2.5e3", "--latency", "0", "--hops", "2"});
  EXPECT_EQ(given.command, "plan");
  EXPECT_EQ(given.plan.ranks, 9u);
  EXPECT_EQ(given.plan.cores, 4u);
  EXPECT_EQ(given.plan.hosts, 3u);
  EXPECT_EQ(given.plan.bandwidth_mbit, 2500);
  EXPECT_EQ(given.plan.latency_us, 0);
  EXPECT_EQ(given.session.hops, 2u);
  EXPECT_THAT(error({"plan", "m.json", "--epochs", "2"}), HasSubstr("unexpected argument"));
  EXPECT_THAT(error({"plan"}), HasSubstr("MODEL is missing"));
  const std::string help = std::get<Notice>(parse({"plan", "--help"})).text;
  for (const OptionRow* row : options_in(kForForecast)) EXPECT_THAT(help, HasSubstr(row->flag));
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Options, IdentitiesAreForAllRanksAndTheRosterForItsOwner) {
  EXPECT_EQ(options({"node", "--identity", "munge"}).identity.choice, IdentityChoice::kMunge);
  EXPECT_TRUE(options({"node", "--require-identities"}).identity.required);
  EXPECT_EQ(options({"train", "m.json", "--roster", "r"}).identity.roster, "r");
  EXPECT_THAT(error({"node", "--owner-identity", "k"}), HasSubstr("unexpected argument"));
  EXPECT_THAT(error({"train", "m.json", "--identity", "keys"}),
              HasSubstr("--identity must be auto, none or munge"));

  const AppOptions roster = options({"roster", "add", "a", "b", "--by", "srun"});
  EXPECT_EQ(roster.words, (std::vector<std::string>{"add", "a", "b"}));
  EXPECT_EQ(roster.enrolment.by, Channel::kSrun);
  EXPECT_EQ(roster.enrolment.rank_limit, 0u);
  EXPECT_TRUE(options({"keygen", "--replace"}).enrolment.replace);
  EXPECT_THAT(error({"keygen", "more"}), HasSubstr("unexpected argument"));
}

TEST(Options, TheLastOfARepeatedOptionCounts) {
  EXPECT_EQ(options({"train", "m.json", "--epochs", "2", "--epochs=3"}).training.epochs, 3u);
}

TEST(Options, SeedIsRandomByDefault) {
  EXPECT_NE(options({"train", "m.json"}).training.seed, options({"train", "m.json"}).training.seed);
  for (int i = 0; i < 64; ++i)  // a reader of the report may have doubles only
    EXPECT_LT(options({"train", "m.json"}).training.seed, std::uint64_t{1} << 53);
}

TEST(Options, EnvironmentFormsComeSecond) {
  setenv("MIXNN_BATCH_SIZE", "32", 1);
  setenv("MIXNN_EPOCHS", "many", 1);
  EXPECT_EQ(options({"train", "m.json", "--epochs", "2"}).training.batch_size, 32u);
  EXPECT_EQ(options({"train", "m.json", "--epochs", "2", "--batch-size", "16"}).training.batch_size,
            16u);
  EXPECT_EQ(error({"train", "m.json"}),
            "MIXNN_EPOCHS must be a whole number from 1 to 1000000, got 'many'");
  unsetenv("MIXNN_BATCH_SIZE");
  unsetenv("MIXNN_EPOCHS");
}

TEST(Options, RejectsWithTheNameTheRangeAndWhatItGot) {
  const auto with = [](const char* flag, const char* value) {
    return error({"train", "m.json", flag, value});
  };
  EXPECT_EQ(with("--epochs", "0"), "--epochs must be a whole number from 1 to 1000000, got '0'");
  EXPECT_EQ(with("--epochs", "-3"), "--epochs must be a whole number from 1 to 1000000, got '-3'");
  EXPECT_EQ(with("--epochs", "3x"), "--epochs must be a whole number from 1 to 1000000, got '3x'");
  EXPECT_EQ(with("--epochs", ""), "--epochs must be a whole number from 1 to 1000000, got ''");
  EXPECT_EQ(with("--batch-size", "99999999999999999999"),
            "--batch-size must be a whole number from 1 to 1048576, got '99999999999999999999'");
  EXPECT_EQ(with("--lr", "0"), "--lr must be a number above 0 and below 1e+30, got '0'");
  EXPECT_EQ(with("--lr", "nan"), "--lr must be a number above 0 and below 1e+30, got 'nan'");
  EXPECT_EQ(with("--momentum", "1"), "--momentum must be a number from 0 to below 1, got '1'");
  EXPECT_EQ(with("--hops", "6"), "--hops must be a whole number from 0 to 5, got '6'");
  EXPECT_EQ(with("--seed", "\"12"), "--seed must be a whole number below 2^64, got '\"12'");
  EXPECT_EQ(options({"train", "m.json", "--seed", "\"18446744073709551615\""}).training.seed,
            18446744073709551615u);  // as jq prints it
  EXPECT_EQ(with("--seed", "-1"), "--seed must be a whole number below 2^64, got '-1'");
  EXPECT_EQ(with("--padding", "none"), "--padding must be uniform or cells, got 'none'");
  EXPECT_EQ(with("--aead", "rot13"),
            "--aead must be auto, aes256gcm or chacha20poly1305, got 'rot13'");
  EXPECT_THAT(with("--mix", "threshold:x"),
              HasSubstr("--mix: the threshold must be a whole number"));
  EXPECT_THAT(with("--mix", "stir"), HasSubstr("--mix must be shuffle, threshold:N"));
  EXPECT_THAT(with("--timeout", "0"), HasSubstr("--timeout must be a number above 0"));
  EXPECT_THAT(with("--cell-size", "big"), HasSubstr("--cell-size must be"));
  EXPECT_THAT(with("--threads", "0"), HasSubstr("--threads must be"));
  EXPECT_EQ(with("--out", ""), "--out must not be empty");
  EXPECT_EQ(error({"train", "m.json", "--batch-size", "2", "--micro-batches", "4"}),
            "--micro-batches must be at most the batch size of 2, got 4");
}

TEST(Options, SaysWhatIsMissingOrTooMuch) {
  EXPECT_THAT(error({}),
              HasSubstr("COMMAND is missing: one of train, node, baseline, compare, evaluate, "
                        "predict, generate, export, plan, info"));
  EXPECT_THAT(error({"trian"}), HasSubstr("unknown command 'trian'"));
  EXPECT_THAT(error({"--bogus"}), HasSubstr("unexpected argument: --bogus"));
  EXPECT_THAT(error({"train"}), HasSubstr("MODEL is missing"));
  EXPECT_EQ(error({"train", "m.json", "--bogus"}),
            "unexpected argument: --bogus; see mixnn train --help");
  EXPECT_THAT(error({"train", "m.json", "more"}), HasSubstr("unexpected argument: more"));
  EXPECT_EQ(error({"train", "m.json", "--epochs"}),
            "--epochs needs a value; see mixnn train --help");
}

TEST(Options, NodeTakesNothingThatTellsOfTheModel) {
  EXPECT_EQ(options({"node"}).command, "node");
  EXPECT_TRUE(options({"node", "--quiet"}).quiet);
  EXPECT_THAT(error({"node", "m.json"}), HasSubstr("unexpected argument: m.json"));
  EXPECT_THAT(error({"node", "--hops", "2"}), HasSubstr("unexpected argument"));
}

TEST(Options, HelpIsGroupedCompleteAndFits80Columns) {
  for (const char* command : {"train", "baseline", "compare"}) {
    const std::string help = std::get<Notice>(parse({command, "--help"})).text;
    for (const OptionRow* row : options_in(kForTraining)) EXPECT_THAT(help, HasSubstr(row->flag));
    for (const char* group : {"Data:", "Training:", "Protection", "Run:", "Output:"})
      EXPECT_THAT(help, HasSubstr(group));
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST(Options, VersionAndGeneralHelp) {
  EXPECT_EQ(std::get<Notice>(parse({"--version"})).text, version_text() + "\n");
  EXPECT_THAT(std::get<Notice>(parse({"--help"})).text, HasSubstr("compare"));
}

}  // namespace
}  // namespace mixnn
