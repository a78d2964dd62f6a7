// Samples and labels of other types than bytes: nothing between data set and loss asks.
#include <gtest/gtest.h>

#include "job/loopback_job.hpp"

namespace mixnn {
namespace {

// The same numbers in another type.
template <class T>
Table as(const Table& bytes) {
  std::vector<T> values;
  for (const std::byte b : bytes.bytes()) values.push_back(std::to_integer<std::uint8_t>(b));
  return Table::of(bytes.row_shape(), values);
}

template <class Sample, class Label>
DataPair as(const DataPair& bytes) {
  return {bytes.name,
          {as<Sample>(bytes.train.samples), as<Label>(bytes.train.labels)},
          {as<Sample>(bytes.test.samples), as<Label>(bytes.test.labels)}};
}

TEST(DataTypes, TrainAcrossRanksToTheBitsOfTheSameNumbersAsBytes) {
  const Shape input{1, 4, 5};
  ModelSpec model = testing::small_model(input, {16, 4});
  const DataPair bytes = testing::small_pair(50, 23, input, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  SessionOptions session;
  session.hops = 1;
  const testing::TrainedJob reference = testing::train_reference(model, bytes, training);
  for (const DataPair& data :
       {as<std::uint16_t, std::uint8_t>(bytes), as<float, std::uint8_t>(bytes),
        as<std::uint8_t, std::uint16_t>(bytes)}) {
    model.input_type = data.train.samples.type();
    testing::LoopbackJob job(5);
    testing::expect_same(testing::train(job, model, data, training, session), reference);
    testing::expect_same(testing::train_reference(model, data, training), reference);
  }
}

}  // namespace
}  // namespace mixnn
