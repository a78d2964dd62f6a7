#include "mixnn/train/baseline.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "mixnn/base/error.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/data/data_folder.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

const DataPair& digits() {
  static const DataPair data =
      load_data_folder(std::string(MIXNN_SOURCE_DIR) + "/tests/data/digits");
  return data;
}

const ModelSpec& digits_model() {
  static const ModelSpec model = load_model(std::string(MIXNN_SOURCE_DIR) + "/models/digits.json");
  return model;
}

// The same layers in one stage.
ModelSpec joined(const ModelSpec& model) {
  ModelSpec whole = model;
  whole.stages.assign(1, {});
  for (const auto& stage : model.stages)
    whole.stages[0].insert(whole.stages[0].end(), stage.begin(), stage.end());
  return whole;
}

TrainingOptions options(std::size_t batch_size, std::size_t micro_batches) {
  TrainingOptions o;
  o.batch_size = batch_size;
  o.micro_batches = micro_batches;
  o.weight_decay = 1e-4f;
  o.seed = 3;
  return o;
}

std::string trained(const ModelSpec& model, const TrainingOptions& o) {
  Baseline baseline(model, digits(), o);
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) baseline.train_epoch(epoch);
  return parameters_sha256(baseline.parameters());
}

TEST(Baseline, LearnsDigits) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    TrainingOptions o = options(32, 4);
    o.seed = seed;
    Baseline baseline(digits_model(), digits(), o);
    const TestResult before = baseline.test();
    EpochResult last;
    for (std::uint32_t epoch = 0; epoch < 10; ++epoch) last = baseline.train_epoch(epoch);
    const TestResult after = baseline.test();
    EXPECT_LT(before.accuracy, 0.5);
    EXPECT_NEAR(before.loss, std::log(10.0), 0.3);
    EXPECT_GT(after.accuracy, 0.9);
    EXPECT_LT(after.loss, 0.4);
    EXPECT_GT(last.train_accuracy, 0.93);
    EXPECT_EQ(last.samples, 1437u);
  }
}

TEST(Baseline, ALastUpdateThatDivergesIsSeenByTheTest) {
  TrainingOptions o = options(1437, 1);  // one update
  o.learning_rate = 1e30f;
  Baseline baseline(digits_model(), digits(), o);
  EXPECT_TRUE(std::isfinite(baseline.train_epoch(0).train_loss));
  EXPECT_THROW(baseline.test(), RunError);
}

TEST(Baseline, HasTheSameBitsHoweverTheNetworkIsSplit) {
  EXPECT_EQ(trained(digits_model(), options(50, 3)),
            trained(joined(digits_model()), options(50, 3)));
}

TEST(Baseline, HasTheSameBitsAgainAndOthersForAnotherSeed) {
  const std::string first = trained(digits_model(), options(64, 4));
  EXPECT_EQ(trained(digits_model(), options(64, 4)), first);
  TrainingOptions other = options(64, 4);
  other.seed = 4;
  EXPECT_NE(trained(digits_model(), other), first);
}

// One step by hand with fresh passes for each micro-batch, all forwards before all backwards, as
// hosts do it.
TEST(Baseline, HasTheBitsOfStagesThatKeepAllMicroBatchesInFlight) {
  const TrainingOptions o = options(50, 3);
  const ModelSpec& model = digits_model();
  DataPair data = digits();
  data.train.limit(110);  // two whole batches and one of 10 rows
  const BlasThreadsScope one_thread(1);
  Baseline baseline(model, data, o);
  baseline.train_epoch(0);

  std::vector<Stage> stages;
  const auto initial = initial_parameters(model, o.seed);
  for (std::size_t s = 0; s < model.stages.size(); ++s) {
    stages.emplace_back(
        model.stage(s, static_cast<std::int64_t>(o.max_rows()), o.optimizer_for(model)));
    std::ranges::copy(initial[s], stages[s].parameters().begin());
  }
  const auto order = epoch_order(110, o.seed, 0);
  for (std::size_t i = 0; i < steps_per_epoch(110, 50); ++i) {
    const Step step = step_at(order, i, 50, 3);
    struct MicroBatch {
      std::vector<std::byte> input;
      std::vector<Pass> passes;
      std::vector<float> gradient;
    };
    std::vector<MicroBatch> all;
    auto rest = step.samples;
    for (const std::size_t rows : step.micro_batch_rows) {
      MicroBatch m;
      m.input.resize(rows * 64);
      data.train.samples.gather(rest.first(rows), m.input);
      ConstBytes x = m.input;
      for (Stage& stage : stages) {
        m.passes.push_back(stage.make_pass());
        x = stage.forward(m.passes.back(), x, rows, {});
      }
      m.gradient.resize(rows * 10);
      const std::span<const float> logits(reinterpret_cast<const float*>(x.data()), rows * 10);
      model.criterion().sum(logits, Labels(data.train.labels, rest.first(rows)),
                            1.0f / static_cast<float>(step.samples.size()), m.gradient);
      rest = rest.subspan(rows);
      all.push_back(std::move(m));
    }
    for (std::size_t m = all.size(); m-- > 0;) {  // backwards may run in any order
      Bytes gradient = std::as_writable_bytes(std::span(all[m].gradient));
      for (std::size_t s = stages.size(); s-- > 0;)
        gradient = stages[s].input_gradient(all[m].passes[s], gradient);
    }
    for (std::size_t s = 0; s < stages.size(); ++s) {
      for (MicroBatch& m : all) stages[s].accumulate(m.passes[s]);
      stages[s].update({i + 1, o.learning_rate_at(i, o.epochs * steps_per_epoch(110, 50))});
    }
  }
  for (std::size_t s = 0; s < stages.size(); ++s)
    EXPECT_TRUE(std::ranges::equal(stages[s].parameters(), baseline.parameters()[s]))
        << "stage " << s;
}

TEST(Baseline, TrainsAlmostAlikeWhereWhatPassesBetweenStagesIsRounded) {
  TrainingOptions o = options(60, 1);
  Baseline exact(digits_model(), digits(), o);
  const EpochResult a = exact.train_epoch(0);
  for (const ElementType wire : {ElementType::kBfloat16, ElementType::kInt8}) {
    o.wire = wire;
    Baseline rounded(digits_model(), digits(), o);
    const EpochResult b = rounded.train_epoch(0);
    EXPECT_NE(a.train_loss, b.train_loss);
    EXPECT_NEAR(a.train_loss, b.train_loss, 0.01 * a.train_loss) << to_string(wire);
    EXPECT_NE(exact.parameters(), rounded.parameters());
  }
}

TEST(Baseline, MicroBatchesGiveNearlyTheGradientOfTheWholeBatch) {
  TrainingOptions o = options(60, 1);
  Baseline whole(digits_model(), digits(), o);
  whole.train_epoch(0);
  o.micro_batches = 7;
  Baseline split(digits_model(), digits(), o);
  split.train_epoch(0);
  const auto a = whole.parameters(), b = split.parameters();
  for (std::size_t s = 0; s < a.size(); ++s)
    for (std::size_t i = 0; i < a[s].size(); ++i) ASSERT_NEAR(a[s][i], b[s][i], 1e-4);
}

TEST(Baseline, TestsTheValidationSetIfThereIsOneAndAnyOtherThatIsGiven) {
  DataPair pair = digits();
  pair.validation = pair.test.first(100);
  Baseline baseline(digits_model(), pair, options(60, 1));
  baseline.train_epoch(0);
  const TestResult validation = baseline.test(), test = baseline.test(pair.test);
  EXPECT_NE(validation.loss, test.loss);
  EXPECT_EQ(validation.loss, baseline.test(pair.validation).loss);
  pair.validation = {};
  EXPECT_EQ(baseline.test().loss, test.loss);
}

TEST(Baseline, TellsItsProgress) {
  Baseline baseline(digits_model(), digits(), options(100, 4));
  std::vector<Progress> told;
  const EpochResult result = baseline.train_epoch(0, [&](const Progress& p) { told.push_back(p); });
  ASSERT_EQ(told.size(), 15u);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].step, i + 1);
    EXPECT_EQ(told[i].steps, 15u);
    EXPECT_EQ(told[i].samples, std::min<std::size_t>(100 * (i + 1), 1437));
    EXPECT_EQ(told[i].total_samples, 1437u);
  }
  EXPECT_EQ(told.back().loss, result.train_loss);
}

TEST(Baseline, EndsWhereTheLossIsNoNumber) {
  TrainingOptions o = options(32, 4);
  o.learning_rate = 1e30f;
  Baseline baseline(digits_model(), digits(), o);
  EXPECT_THROW(baseline.train_epoch(0), RunError);
}

TEST(Baseline, LeavesTheNumberOfBlasThreadsAsItWas) {
  const BlasThreadsScope one(1);
  const Threading openblas{2, Threading::By::kOpenBlas};
  Baseline baseline(digits_model(), digits(), options(32, 1), openblas);
  baseline.train_epoch(0, [](const Progress&) { EXPECT_EQ(blas_threads(), 2); });
  baseline.test();
  EXPECT_EQ(blas_threads(), 1);
  EXPECT_EQ(baseline.threading(), openblas);
}

}  // namespace
}  // namespace mixnn
