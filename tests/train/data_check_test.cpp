#include "mixnn/train/data_check.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "mixnn/base/error.hpp"
#include "mixnn/layers/kinds/embedding.hpp"
#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"

namespace mixnn {
namespace {

std::string fit_error(const DataSet& data, const ModelSpec& model) {
  try {
    check_fits(data, model, "training set");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

ModelSpec fitted_model(const Shape& input, std::int64_t classes) {
  ModelSpec model;
  model.input_shape = input;
  model.stages = {{FlattenSpec(), LinearSpec(classes)}};
  return model;
}

TEST(CheckFits, NamesTheSetAndWhatDiffers) {
  std::vector<std::uint8_t> labels(20);
  std::iota(labels.begin(), labels.end(), std::uint8_t{0});
  const DataSet data{Table::of({1, 3, 5}, std::vector<std::uint8_t>(20 * 15)),
                     Table::of({}, labels)};
  ModelSpec model = fitted_model({1, 3, 5}, 20);
  EXPECT_EQ(fit_error(data, model), "accepted");
  EXPECT_EQ(fit_error(data, fitted_model({1, 28, 28}, 20)),
            "training set: samples have the shape [1, 3, 5], but the model's input is [1, 28, 28]");
  EXPECT_EQ(fit_error(data, fitted_model({1, 3, 5}, 7)),
            "training set: sample 7 has the label 7, but the model has 7 classes");
  model.input_type = ElementType::kFloat32;
  EXPECT_EQ(fit_error(data, model),
            "training set: samples are uint8, but the model's input is float32");
}

TEST(CheckFits, NamesTheTokenThatTheEmbeddingDoesNotHave) {
  const Table labels = Table::of({}, std::vector<std::uint8_t>(2));
  ModelSpec model;
  model.input_shape = {3};
  model.input_type = ElementType::kUint16;
  model.stages = {{EmbeddingSpec(300, 2), FlattenSpec(), LinearSpec(2)}};
  const auto samples = [](std::uint16_t last) {
    return Table::of({3}, std::vector<std::uint16_t>{299, 0, 1, 2, 3, last});
  };
  EXPECT_EQ(fit_error({samples(299), labels}, model), "accepted");
  EXPECT_EQ(fit_error({samples(300), labels}, model),
            "training set: sample 1 has the token 300, but the model's embedding takes those below "
            "300");
  model.input_type = ElementType::kFloat32;
  EXPECT_EQ(fit_error({Table::of({3}, std::vector<float>(6)), labels}, model),
            "training set: samples are float32, but the model's embedding takes tokens, uint8 or "
            "uint16");
}

}  // namespace
}  // namespace mixnn
