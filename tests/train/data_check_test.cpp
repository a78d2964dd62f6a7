#include "mixnn/train/data_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mixnn/base/error.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;

std::string fit_error(const DataSet& data, const ModelSpec& model) {
  try {
    check_fits(data, model, "training set");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CheckFits, NamesTheSetAndWhatDiffers) {
  const DataSet data = testing::small_data(20, {1, 3, 5}, 10, 1);
  ModelSpec model = testing::small_model({1, 3, 5}, {4, 10});
  EXPECT_EQ(fit_error(data, model), "accepted");
  EXPECT_EQ(fit_error(data, testing::small_model({1, 28, 28}, {4, 10})),
            "training set: samples have the shape [1, 3, 5], but the model's input is [1, 28, 28]");
  EXPECT_THAT(fit_error(data, testing::small_model({1, 3, 5}, {4, 2})),
              HasSubstr(", but the model has 2 classes"));
  model.input_type = ElementType::kFloat32;
  EXPECT_EQ(fit_error(data, model),
            "training set: samples are uint8, but the model's input is float32");
}

}  // namespace
}  // namespace mixnn
