#include "mixnn/app/commands/plan.hpp"
#include "mixnn/app/report/plan/plan_json.hpp"
#include "mixnn/app/report/plan/plan_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "mixnn/app/options/settle.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AppOptions plan_options(std::vector<const char*> more) {
  std::vector<const char*> arguments{"mixnn", "plan", MIXNN_SOURCE_DIR "/models/digits.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::get<AppOptions>(parse_options(static_cast<int>(arguments.size()), arguments.data()));
}

double chosen_bytes(const PlanResult& plan) {
  for (const Forecast& f : plan.forecasts)
    if (f.micro_batches == plan.options.training.micro_batches) return f.bytes_on_wire;
  return 0;
}

TEST(Plan, TableFits80ColumnsAndMarksTheChosenOne) {
  const AppOptions given =
      plan_options({"--ranks", "8", "--hosts", "2", "--cores", "64", "--bandwidth", "1000",
                    "--latency", "50", "--micro-batches", "3"});
  const PlanResult plan = make_plan(given);
  EXPECT_EQ(plan.options.training.micro_batches, 3u);
  EXPECT_FALSE(plan.options.automatic.micro_batches);
  const std::string text = plan_text(plan);
  EXPECT_THAT(text, HasSubstr("2 hosts of 64 cores, 1000 Mbit/s, 50 us"));
  EXPECT_THAT(text, HasSubstr("\n*             3 "));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_EQ(plan_json(plan)["forecasts"].size(), plan.forecasts.size());
  EXPECT_EQ(plan_json(plan)["micro_batches"], 3);
}

TEST(Plan, SaysWhatLinksOfAJobGiveAMessageAlone) {
  JobHosts hosts{.host_of_rank = {0, 0, 0, 1, 1, 1, 1}, .cores = {4, 4}};
  hosts.latency_s = 50e-6;
  hosts.bytes_per_second = 125e6;
  const PlanResult full = make_plan(plan_options({}), hosts);
  hosts.lone_byte_s = 1e-6;
  const PlanResult slow = make_plan(plan_options({}), hosts);
  EXPECT_THAT(plan_text(full), HasSubstr("2 hosts of 4 cores, 1000 Mbit/s, 50 us, as measured"));
  EXPECT_THAT(plan_text(full), Not(HasSubstr("a message alone")));
  EXPECT_THAT(plan_text(slow), HasSubstr("a message alone has 8 Mbit/s of each link"));
  EXPECT_GT(slow.chosen().links_s.chain, 2 * full.chosen().links_s.chain);
}

TEST(Plan, WarnsOfAStageOfOneLayerAndOfACutThatNarrows) {
  const PlanResult plan = make_plan(plan_options({"--micro-batches", "1"}));
  EXPECT_THAT(plan_text(plan), HasSubstr("warning    stage 2 has one layer with parameters,"));
  EXPECT_THAT(plan_text(plan), HasSubstr("stage 1 has 64 outputs and the layer behind it 32,"));
  EXPECT_EQ(plan_json(plan)["warnings"].size(), 3u);
}

TEST(Plan, SaysWhatRanksThatShareCoresPay) {
  const AppOptions shared = plan_options({"--ranks", "7", "--cores", "2"}),
                   own = plan_options({"--cores", "7"});
  const PlanResult plan = make_plan(shared);
  EXPECT_THAT(plan_text(plan), HasSubstr("us to change from one to the next"));
  EXPECT_GT(plan_json(plan)["costs"]["process_change_s"], 0);
  EXPECT_THAT(plan_text(make_plan(own)), Not(HasSubstr("us to change from one to the next")));
}

TEST(Plan, TakesAsFewRanksAsThereMustBe) {
  const PlanResult plan = make_plan(plan_options({"--hops", "2", "--batch-size", "1"}));
  EXPECT_EQ(plan.options.plan.ranks, 6u);
  EXPECT_TRUE(plan.options.automatic.micro_batches);
  EXPECT_EQ(plan.options.training.micro_batches, 1u);
  EXPECT_EQ(plan.forecasts.size(), 1u);
}

// Of a network whose activations are its largest tensors.
TEST(Plan, ShorterTypesShortenWhatIsOnTheWire) {
  const auto given = [](const char* type, const char* padding) {
    AppOptions options =
        plan_options({"--ranks", "9", "--batch-size", "16", "--micro-batches", "2", "--cell-size",
                      "4096", "--padding", padding, "--wire-dtype", type});
    options.model = MIXNN_SOURCE_DIR "/models/wide.json";
    return options;
  };
  for (const char* const padding : {"uniform", "cells"}) {
    const AppOptions whole = given("float32", padding), half = given("bfloat16", padding);
    const PlanResult a = make_plan(whole), b = make_plan(half),
                     c = make_plan(given("int8", padding));
    EXPECT_NEAR(chosen_bytes(b), 0.5 * chosen_bytes(a), 0.1 * chosen_bytes(a)) << padding;
    EXPECT_LT(chosen_bytes(c), 0.8 * chosen_bytes(b))
        << padding << ": inputs are as long as before";
    EXPECT_EQ(plan_json(a)["wire_dtype"], "float32");
    EXPECT_EQ(plan_json(b)["wire_dtype"], "bfloat16");
    EXPECT_THAT(plan_text(b), HasSubstr("bfloat16 between stages"));
    EXPECT_THAT(plan_text(a), Not(HasSubstr("float")));
  }
}

TEST(Plan, InRoundsHasExchangesAndSaysWhatRoutesTell) {
  const AppOptions given = plan_options({"--traffic", "rounds", "--ranks", "7", "--cores", "2"});
  const PlanResult plan = make_plan(given);
  const std::string text = plan_text(plan);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(text, HasSubstr("exchanges"));
  EXPECT_THAT(text, HasSubstr("advised: 8 ranks"));
  EXPECT_THAT(text, HasSubstr("an end and a relay that hold a whole path    never"));
  EXPECT_THAT(text, HasSubstr("a host, of its own position                  0.6 bits of 1.58"));
  EXPECT_THAT(text, HasSubstr("draws                                        one for the run"));
  const Json json = plan_json(plan);
  EXPECT_EQ(json["traffic"], "rounds");
  EXPECT_EQ(json["advised_ranks"], 8);
  EXPECT_EQ(json["learnt"]["whole_path_by_relays"][0], 0.0);
  for (const Json& forecast : json["forecasts"]) {
    EXPECT_EQ(forecast["exchanges_per_step"].get<int>(),
              forecast["micro_batches"].get<int>() + 2 * 7 - 3);
    EXPECT_GT(forecast["step_s"], 0);
  }
}

TEST(Plan, OfTwoHopsInRoundsSaysWhatTheyCost) {
  const PlanResult plan =
      make_plan(plan_options({"--traffic", "rounds", "--ranks", "8", "--hops", "2"}));
  EXPECT_THAT(plan_text(plan), HasSubstr("0.22 bits a draw"));
}

TEST(Plan, InRoundsTakesAsFewRanksAsThereMustBe) {
  EXPECT_EQ(make_plan(plan_options({"--traffic", "rounds"})).options.plan.ranks, 5u);
  EXPECT_THROW(make_plan(plan_options({"--traffic", "rounds", "--ranks", "4"})), UsageError);
  EXPECT_THROW(
      make_plan(plan_options({"--traffic", "rounds", "--redraw", "batch", "--staleness", "1"})),
      UsageError);
}

TEST(Plan, OfOnionsSaysThatTimesTellTheOrder) {
  const PlanResult plan = make_plan(plan_options({"--ranks", "8", "--micro-batches", "1"}));
  EXPECT_THAT(plan_text(plan), HasSubstr("the order of the stages"));
  EXPECT_DOUBLE_EQ(plan_json(plan)["learnt"]["crossover_by_relays"][1].get<double>(), 0.25);
}

TEST(Plan, SaysWhatSharedMachinesTell) {
  const std::vector<const char*> given{"--ranks", "8", "--micro-batches", "1", "--hosts"};
  const auto on = [&](const char* hosts) {
    std::vector<const char*> words = given;
    words.push_back(hosts);
    return make_plan(plan_options(words));
  };
  EXPECT_THAT(plan_text(on("4")),
              HasSubstr("anybody, of who hosts what                   1.5 bits of 7.71\n"));
  EXPECT_THAT(plan_text(on("4")),
              HasSubstr("a host, of its next one                      0.39 bits of 2.58\n"));
  EXPECT_EQ(plan_json(on("4"))["learnt"]["stages_on_a_machine"], 1);
  EXPECT_NEAR(plan_json(on("4"))["learnt"]["bits_of_machines"].get<double>(), 1.544, 0.001);
  EXPECT_THAT(plan_text(on("2")), HasSubstr("up to 3 stages"));
  EXPECT_THAT(plan_text(on("8")), HasSubstr("of 7.71\n"));
  EXPECT_THAT(plan_text(on("1")), Not(HasSubstr("shares a machine")));
}

TEST(Plan, RefusesTooFewRanks) {
  EXPECT_THROW(make_plan(plan_options({"--ranks", "6"})), UsageError);
  EXPECT_THROW(plan_options({"--epochs", "3"}), UsageError);
  EXPECT_THROW(plan_options({"--bandwidth", "0"}), UsageError);
}

TEST(Settle, LeavesAloneWhatWasGiven) {
  const ModelSpec model = load_model(MIXNN_SOURCE_DIR "/models/mlp.json");
  AppOptions given = plan_options({"--micro-batches", "5", "--in-flight", "7"});
  settle(given, model, 8);
  EXPECT_EQ(given.training.micro_batches, 5u);
  EXPECT_EQ(given.session.in_flight, 7u);
  AppOptions left = plan_options({"--micro-batches", "auto"});
  settle(left, model, 8);
  EXPECT_EQ(left.training.micro_batches, 2u);
  settle(left, model, 3);  // too few ranks: said later, by check_session
  EXPECT_EQ(left.training.micro_batches, 1u);
}

PlanResult whole_plan_of(const char* model, const std::vector<const char*>& more) {
  std::vector<const char*> arguments{"mixnn", "plan", model};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return make_plan(
      std::get<AppOptions>(parse_options(static_cast<int>(arguments.size()), arguments.data())));
}

PlanResult plan_of(const char* model, std::vector<const char*> more) {
  more.insert(more.end(), {"--cores", "1", "--batch-size", "4"});
  return whole_plan_of(model, more);
}

constexpr const char* kGpt = MIXNN_SOURCE_DIR "/models/gpt.json";

TEST(Plan, ShowsEveryCutOfLayersAndMarksTheChosenOne) {
  const PlanResult plan = plan_of(kGpt, {"--stages", "2", "--micro-batches", "2"});
  ASSERT_GE(plan.cuts.size(), 6u);
  for (const CutChoice& cut : plan.cuts) {
    EXPECT_EQ(cut.chosen, cut.layers.size() == 2);
    EXPECT_GE(cut.heaviest, 1.0 / static_cast<double>(cut.layers.size()) - 1e-9);
    EXPECT_EQ(cut.message_bytes, 2u * 64 * 128 * sizeof(float)) << "two rows of logits";
    EXPECT_GE(cut.cells * cut.cell_bytes, cut.message_bytes);
  }
  EXPECT_EQ(plan.cuts.front().layers.size(), 1u);
  EXPECT_DOUBLE_EQ(plan.cuts.front().heaviest, 1);
  EXPECT_LT(plan.cuts[3].heaviest, plan.cuts[1].heaviest);
  EXPECT_THAT(plan_text(plan), HasSubstr("\n*      2       "));
  std::istringstream lines(plan_text(plan));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  const Json json = plan_json(plan)["cuts"];
  EXPECT_EQ(json.size(), plan.cuts.size());
  EXPECT_EQ(json[1]["chosen"], true);
  EXPECT_EQ(json[1]["message_bytes"], 65536);
}

std::vector<std::string> names_of(const std::vector<LinkChoice>& choices) {
  std::vector<std::string> names;
  for (const LinkChoice& choice : choices) names.push_back(choice.options);
  return names;
}

TEST(Plan, ShowsWhatEachChoiceBringsOverSlowLinks) {
  constexpr const char* kMlp = MIXNN_SOURCE_DIR "/models/mlp.json";
  const std::vector<const char*> cloud{"--ranks", "8",         "--hosts", "4",           "--cores",
                                       "2",       "--latency", "250",     "--bandwidth", "1000"};
  const PlanResult plan = whole_plan_of(kMlp, cloud);
  EXPECT_THAT(names_of(plan.choices),
              ::testing::ElementsAre("", "--padding cells", "--wire-dtype bfloat16",
                                     "--wire-dtype int8", "--owner-ends both", "--staleness 1"));
  for (const Forecast& f : plan.forecasts)
    if (f.micro_batches == plan.options.training.micro_batches) {
      EXPECT_EQ(plan.choices.front().forecast.step_s, f.step_s) << "as it is";
    }
  EXPECT_LT(plan.choices.back().forecast.slowdown, plan.choices.front().forecast.slowdown / 2);
  for (std::size_t i = 1; i < 5; ++i)
    EXPECT_LT(plan.choices[i].forecast.bytes_on_wire, plan.choices[i - 1].forecast.bytes_on_wire);
  EXPECT_TRUE(plan.choices[2].bits);
  EXPECT_FALSE(plan.choices[4].bits);
  std::istringstream lines(plan_text(plan));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_EQ(plan_json(plan)["choices"].size(), plan.choices.size());

  std::vector<const char*> made = cloud;
  made.insert(made.end(), {"--traffic", "rounds", "--wire-dtype", "int8"});
  EXPECT_THAT(names_of(whole_plan_of(kMlp, made).choices),
              ::testing::ElementsAre("", "--owner-ends both"))
      << "with one stage on hosts nothing overlaps in rounds";
  EXPECT_TRUE(whole_plan_of(kMlp, {"--ranks", "8"}).choices.empty());
}

TEST(Plan, ShowsNoCutsOfAModelThatHasItsStages) {
  const PlanResult plan = make_plan(plan_options({"--micro-batches", "1"}));
  EXPECT_TRUE(plan.cuts.empty());
  EXPECT_FALSE(plan_json(plan).contains("cuts"));
}

TEST(Plan, TakesInputsOfTheTypeThatTheyWillHave) {
  EXPECT_THAT(plan_text(plan_of(kGpt, {})), HasSubstr("uint16, as is usual"));
  EXPECT_THAT(plan_text(make_plan(plan_options({}))), HasSubstr("uint8, as is usual"));
  EXPECT_THAT(plan_text(plan_of(MIXNN_SOURCE_DIR "/models/letters.json", {})),
              HasSubstr("float32, as is usual"));
  const char* const digits = MIXNN_SOURCE_DIR "/tests/data/digits";
  EXPECT_THAT(plan_text(make_plan(plan_options({"--data", digits}))),
              HasSubstr("uint8, as the data set has them"));
  const PlanResult normalized = make_plan(plan_options({"--data", digits, "--normalize", "train"}));
  EXPECT_THAT(plan_text(normalized), HasSubstr("float32, normalized"));
}

}  // namespace
}  // namespace mixnn
