#include "mixnn/forecast/calibration_inputs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "mixnn/layers/kinds/embedding.hpp"
#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/train/data_check.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

TEST(CalibrationInputs, AreTheSameEveryTimeAndNotZeros) {
  const std::vector<std::byte> bytes = random_bytes(1000);
  EXPECT_EQ(bytes, random_bytes(1000));
  EXPECT_LT(std::ranges::count(bytes, std::byte{0}), 30);
}

TEST(CalibrationInputs, DataFitsTheModel) {
  const ModelSpec model = testing::small_model({1, 4, 4}, {8, 3});
  const DataPair data = random_data(model, 20);
  EXPECT_EQ(data.train.count(), 20u);
  EXPECT_EQ(data.train.samples.bytes().size(), 20u * 16);
  EXPECT_NO_THROW(check_fits(data.train, model, "random"));
  ModelSpec floats = model;
  floats.input_type = ElementType::kFloat32;
  EXPECT_NO_THROW(check_fits(random_data(floats, 20).train, floats, "random"));
  ModelSpec tokens = model;
  tokens.input_shape = {4};
  tokens.stages = {{EmbeddingSpec(5, 2), FlattenSpec(), LinearSpec(3)}};
  for (const ElementType type : {ElementType::kUint8, ElementType::kUint16}) {
    tokens.input_type = type;
    EXPECT_NO_THROW(check_fits(random_data(tokens, 20).train, tokens, "random"));
  }
}

TEST(RowsFor, KeepsTheMultiplicationsFew) {
  EXPECT_EQ(rows_for(1e3, 1e9, 128), 128u);  // all of a small network's batch
  EXPECT_EQ(rows_for(1e6, 1e8, 512), 100u);
  EXPECT_EQ(rows_for(1e9, 1e8, 512), 16u);  // too few would measure something else
  EXPECT_EQ(rows_for(1e9, 1e8, 8), 8u);
  EXPECT_EQ(rows_for(0, 1e8, 8), 8u);
}

}  // namespace
}  // namespace mixnn
