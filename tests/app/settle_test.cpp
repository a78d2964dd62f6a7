#include "mixnn/app/options/settle.hpp"

#include <gtest/gtest.h>

#include "mixnn/app/checkpoints.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/owner/session_check.hpp"

namespace mixnn {
namespace {

// As the command line and MODEL say; ranks are those of a baseline.
AppOptions settled(std::vector<const char*> more, const ModelSpec& model = {}) {
  std::vector<const char*> arguments{"mixnn", "baseline", "m.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  AppOptions options =
      std::get<AppOptions>(parse_options(static_cast<int>(arguments.size()), arguments.data()));
  settle(options, model, 0);
  return options;
}

std::string unsettled(std::vector<const char*> more, const ModelSpec& model = {}) {
  try {
    settled(std::move(more), model);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "settled";
}

AppOptions settled_in_rounds(std::vector<const char*> more, const ModelSpec& model, int ranks) {
  std::vector<const char*> arguments{"mixnn", "train", "m.json", "--traffic", "rounds"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  AppOptions options =
      std::get<AppOptions>(parse_options(static_cast<int>(arguments.size()), arguments.data()));
  settle(options, model, ranks);
  return options;
}

// What answers have time for, and so how many messages may be under way.
TEST(Settle, AnAllowanceFollowsFromThePaceUnlessItIsGiven) {
  const auto rounds = [](std::vector<const char*> more) {
    more.insert(more.end(), {"--micro-batches", "4"});
    return settled_in_rounds(std::move(more), {}, 8).session;
  };
  EXPECT_EQ(rounds({}).allowance, 1u);
  EXPECT_EQ(rounds({"--pace", "1000"}).allowance, 2u);
  EXPECT_EQ(rounds({"--pace", "auto"}).allowance, 2u);
  EXPECT_EQ(rounds({"--pace", "1000", "--allowance", "6"}).allowance, 6u);
  EXPECT_EQ(rounds({}).in_flight, 4u * 4 + 2 * 8);
  EXPECT_EQ(rounds({"--allowance", "3"}).in_flight, 4u * 4 + 3 * 2 * 8);
}

// One host's forwards and backwards share its circuits to the owner.
TEST(Settle, OneHostInRoundsHasAsManyMicroBatchesAsItsCircuitsTake) {
  ModelSpec model = load_model(MIXNN_SOURCE_DIR "/models/mlp.json");
  const auto micro_batches = [&](std::vector<const char*> more) {
    more.insert(more.end(), {"--batch-size", "512"});
    const AppOptions options = settled_in_rounds(std::move(more), model, 5);
    EXPECT_NO_THROW(check_session(model, options.training, options.session, 5));
    return options.training.micro_batches;
  };
  EXPECT_EQ(micro_batches({}), 16u);
  model.own = {1, 1};
  EXPECT_EQ(micro_batches({}), 4u);
  EXPECT_EQ(micro_batches({"--allowance", "2"}), 8u);
}

TEST(Settle, WithoutAWordItIsPlainSgdByItsOwnOptions) {
  const AppOptions plain = settled({"--momentum", "0.5"});
  EXPECT_EQ(plain.optimizer, std::nullopt);
  EXPECT_EQ(plain.training.optimizer_for({}), Optimizer(Sgd{0.5f, 0}));
  EXPECT_EQ(plain.training.learning_rate, 0.1f);
}

TEST(Settle, MakesTheOptimizerOfTheOptions) {
  EXPECT_EQ(settled({"--nesterov"}).optimizer, Optimizer(Sgd{0.8f, 0, true}));
  EXPECT_EQ(settled({"--optimizer", "adam", "--weight-decay", "0.5"}).optimizer,
            Optimizer(Adam{{.weight_decay = 0.5f}}));
  const AppOptions all = settled({"--optimizer", "adamw", "--betas", "0.5,0.75", "--eps", "0.25",
                                  "--decay", "matrices", "--lr", "0.5"});
  EXPECT_EQ(all.optimizer, Optimizer(AdamW{{0.5, 0.75, 0.25f, 0.01f, true}}));
  EXPECT_EQ(all.training.optimizer_for({}), *all.optimizer);
  EXPECT_EQ(all.training.learning_rate, 0.5f);
}

TEST(Settle, TheRateOfAdamIsSmallIfNoneIsGiven) {
  EXPECT_EQ(settled({"--optimizer", "adamw"}).training.learning_rate, 0.001f);
  ModelSpec model;
  model.optimizer.emplace(Adam{});
  EXPECT_EQ(settled({}, model).training.learning_rate, 0.001f);
  EXPECT_EQ(settled({"--nesterov"}).training.learning_rate, 0.1f);
}

TEST(Settle, RefusesWhatTheOptimizerDoesNotTake) {
  EXPECT_EQ(unsettled({"--betas", "0.9,0.99"}), "--betas is for --optimizer adam and adamw");
  EXPECT_EQ(unsettled({"--optimizer", "adam", "--momentum", "0.9"}),
            "--momentum is for --optimizer sgd");
  EXPECT_EQ(unsettled({"--nesterov", "--momentum", "0"}), "--nesterov needs a --momentum above 0");
  ModelSpec model;
  model.optimizer.emplace(AdamW{});
  for (const char* flag : {"--optimizer", "--momentum", "--weight-decay", "--eps"})
    EXPECT_EQ(
        unsettled({flag, flag == std::string("--optimizer") ? "sgd" : "0.5"}, model),
        flag + std::string(" is for a MODEL without an optimizer; m.json names its own, adamw"));
  EXPECT_EQ(unsettled({"--betas", "0.9"}),
            "--betas must be two numbers with a comma between them, got '0.9'");
  EXPECT_EQ(unsettled({"--betas", "0.9,1"}), "--betas must be a number from 0 to below 1, got '1'");
}

TEST(Settle, RefusesRatesThatContradictEachOther) {
  EXPECT_EQ(unsettled({"--optimizer", "adamw", "--min-lr", "0.01"}),
            "--min-lr must be at most the learning rate of 0.001, got 0.01");
  EXPECT_EQ(unsettled({"--lr-decay", "one-cycle", "--warmup", "5"}),
            "--warmup is for other schedules: --lr-decay one-cycle begins with its own");
  EXPECT_EQ(unsettled({"--lr-gamma", "0.5"}), "--lr-gamma is for --lr-decay step and plateau");
  EXPECT_EQ(unsettled({"--lr-patience", "5"}), "--lr-patience is for --lr-decay plateau");
  EXPECT_EQ(unsettled({"--lr-decay", "plateau", "--lr-step-epochs", "5"}),
            "--lr-step-epochs is for --lr-decay step");
  EXPECT_EQ(unsettled({"--lr-decay", "plateau", "--lr-patience", "0", "--lr-gamma", "0.5"}),
            "settled");
  EXPECT_EQ(unsettled({"--lr-decay", "step", "--lr-gamma", "0.5", "--lr-step-epochs", "3",
                       "--warmup", "5"}),
            "settled");
}

TEST(Settle, TheBestEpochIsByAValidationSetAlone) {
  for (const auto& [flag, value] :
       {std::pair("--early-stop", "3"), std::pair("--keep-best", "b")}) {
    EXPECT_EQ(unsettled({flag, value}),
              flag + std::string(" goes by the loss of the validation set, and there is none: give "
                                 "--validation, such as 0.1"));
    EXPECT_EQ(unsettled({flag, value, "--validation", "0.1"}), "settled");
  }
  EXPECT_EQ(
      unsettled({"--validation", "0.1", "--out", "o", "--keep-best", "./o/model.safetensors"}),
      "--keep-best ./o/model.safetensors: --out writes the last epoch's weights there; give "
      "another name");
}

std::string differs(std::vector<const char*> saved, std::vector<const char*> given) {
  saved.insert(saved.end(), {"--seed", "1"});
  given.insert(given.end(), {"--seed", "1"});
  RunIdentity was, is;
  was.settings = settings_of(settled(std::move(saved)));
  is.settings = settings_of(settled(std::move(given)));
  return difference(was, is);
}

TEST(Settle, TheOptimizerAndItsRateBelongToARun) {
  EXPECT_EQ(differs({"--optimizer", "adamw"}, {"--optimizer", "adamw"}), "");
  EXPECT_NE(differs({"--optimizer", "adamw"}, {}), "");
  EXPECT_NE(differs({"--optimizer", "adamw"}, {"--optimizer", "adam"}), "");
  EXPECT_NE(differs({"--optimizer", "adamw"}, {"--optimizer", "adamw", "--betas", "0.9,0.99"}), "");
  EXPECT_NE(differs({}, {"--nesterov"}), "");
  EXPECT_EQ(differs({"--warmup", "3"}, {}), "the checkpoint was made with --warmup 3");
  EXPECT_EQ(differs({"--lr-decay", "step"}, {"--lr-decay", "step", "--lr-gamma", "0.5"}),
            "--lr-gamma is 0.5, but the checkpoint was made with 0.1");
  EXPECT_EQ(differs({"--lr-decay", "step"}, {"--lr-decay", "step", "--epochs", "50"}), "");
}

}  // namespace
}  // namespace mixnn
