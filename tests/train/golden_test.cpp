// Forward, loss, gradients and three steps of SGD against PyTorch: tests/golden/make_golden.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "mixnn/data/batching.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using Json = nlohmann::json;
constexpr double kTolerance = 3e-6;

struct GoldenCase {
  std::string file;
  std::size_t micro_batches;
};

void expect_near(std::span<const float> got, const Json& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i].get<double>(), kTolerance) << what << i;
}

class Golden : public testing::TestWithParam<GoldenCase> {
 protected:
  Golden() {
    std::ifstream in(std::string(MIXNN_SOURCE_DIR) + "/tests/golden/" + GetParam().file);
    golden_ = Json::parse(in);
    inputs_ = golden_["inputs"].get<std::vector<std::uint8_t>>();
    labels_ = Table::of({}, golden_["labels"].get<std::vector<std::uint8_t>>());
    model_ = parse_model(golden_["model"].dump(), GetParam().file);
    for (std::size_t s = 0; s < model_.stages.size(); ++s) {
      stages_.emplace_back(model_.stage(s, 6, Sgd{golden_["momentum"], golden_["weight_decay"]}));
      std::ranges::copy(golden_["parameters"][s].get<std::vector<float>>(),
                        stages_[s].parameters().begin());
      passes_.push_back(stages_[s].make_pass());
    }
  }

  // Forward, loss, backward and accumulation of the whole batch in micro-batches.
  void compute_gradients() {
    logits_.clear();
    loss_ = 0;
    std::size_t first = 0;
    const std::size_t row_bytes = inputs_.size() / labels_.rows();
    for (const std::size_t rows : micro_batch_rows(labels_.rows(), GetParam().micro_batches)) {
      ConstBytes x = std::as_bytes(std::span(inputs_).subspan(first * row_bytes, rows * row_bytes));
      for (std::size_t s = 0; s < stages_.size(); ++s)
        x = stages_[s].forward(passes_[s], x, rows, {});
      const std::span<const float> y = Encoding(ElementType::kFloat32, {1}).decoded(x, {});
      logits_.insert(logits_.end(), y.begin(), y.end());
      std::vector<float> gradient(y.size());
      const float scale = 1.0f / static_cast<float>(labels_.rows());
      loss_ += model_.criterion().sum(y, Labels(labels_, first, rows), scale, gradient).loss;
      Bytes dy = std::as_writable_bytes(std::span(gradient));
      for (std::size_t s = stages_.size(); s-- > 0;) {
        dy = stages_[s].input_gradient(passes_[s], dy);
        stages_[s].accumulate(passes_[s]);
      }
      first += rows;
    }
  }

  Json golden_;
  ModelSpec model_;
  std::vector<std::uint8_t> inputs_;
  Table labels_;
  std::vector<Stage> stages_;
  std::vector<Pass> passes_;
  std::vector<float> logits_;
  double loss_ = 0;
};

TEST_P(Golden, MatchesPyTorch) {
  compute_gradients();
  expect_near(logits_, golden_["logits"], "logit ");
  EXPECT_NEAR(loss_ / static_cast<double>(labels_.rows()), golden_["loss"].get<double>(),
              kTolerance);
  for (std::size_t s = 0; s < stages_.size(); ++s)
    expect_near(stages_[s].gradients(), golden_["gradients"][s],
                "gradient of stage " + std::to_string(s) + " ");
  for (std::size_t step = 0; step < 3; ++step) {
    if (step > 0) compute_gradients();
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      stages_[s].update({step + 1, golden_["learning_rate"]});
      expect_near(stages_[s].parameters(), golden_["after"][step][s],
                  "step " + std::to_string(step) + " stage " + std::to_string(s) + " parameter ");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Golden,
                         testing::Values(GoldenCase{"mlp.json", 1}, GoldenCase{"mlp.json", 4},
                                         GoldenCase{"uneven.json", 1},
                                         GoldenCase{"uneven.json", 2}));

}  // namespace
}  // namespace mixnn
