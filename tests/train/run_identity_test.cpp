#include "mixnn/train/run_identity.hpp"

#include <gtest/gtest.h>

#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"

namespace mixnn {
namespace {

ModelSpec model(std::int64_t width) {
  ModelSpec model;
  model.input_shape = {1, 2, 2};
  model.stages = {{FlattenSpec{}, LinearSpec{width}, ReluSpec{}}, {LinearSpec{3}}};
  return model;
}

DataPair data() {
  const std::vector<std::uint8_t> samples{1, 2, 3, 4, 5, 6, 7, 8}, labels{0, 1};
  const DataSet set{Table::of({1, 2, 2}, samples), Table::of({}, labels)};
  return {"d", set, set};
}

RunIdentity identity(const TrainingOptions& training = {}) {
  return identity_of(model(5), data(), training);
}

template <class Change>
std::string changed(Change change, LeftOpen open = {}) {
  RunIdentity given = identity();
  change(given);
  return difference(identity(), given, open);
}

TEST(RunIdentity, NamesTheOptionAndBothValues) {
  EXPECT_EQ(changed([](RunIdentity&) {}), "");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.batch_size = 64; }),
            "--batch-size is 64, but the checkpoint was made with 128");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.micro_batches = 8; }),
            "--micro-batches is 8, but the checkpoint was made with 4");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.learning_rate = 0.2f; }),
            "--lr is 0.2, but the checkpoint was made with 0.1");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.lr_decay = LrDecay::kNone; }),
            "--lr-decay is none, but the checkpoint was made with linear");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.momentum = 0; }),
            "--momentum is 0, but the checkpoint was made with 0.8");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.weight_decay = 0.5f; }),
            "--weight-decay is 0.5, but the checkpoint was made with 0");
  EXPECT_EQ(changed([](RunIdentity& i) { i.training.wire = ElementType::kBfloat16; }),
            "--wire-dtype is bfloat16, but the checkpoint was made with float32");
  EXPECT_NE(changed([](RunIdentity& i) { i.training.epochs = 6; }).find("--epochs is 6"),
            std::string::npos);
  EXPECT_NE(changed([](RunIdentity& i) { i.blas += "x"; }).find("OPENBLAS_CORETYPE"),
            std::string::npos);
}

TEST(RunIdentity, TheModelIsTheSameWhateverTheTypeOfActivations) {
  TrainingOptions rounded;
  rounded.wire = ElementType::kBfloat16;
  EXPECT_EQ(identity(rounded).model, identity().model);
}

TEST(RunIdentity, SgdOfTheModelCountsAsThatOfTheOptions) {
  ModelSpec own = model(5);
  own.optimizer = Sgd{0.5f, 0.25f};
  TrainingOptions same;
  same.momentum = 0.5f;
  same.weight_decay = 0.25f;
  EXPECT_EQ(difference(identity(same), identity_of(own, data(), {})), "");
  EXPECT_NE(difference(identity(), identity_of(own, data(), {})), "");
}

TEST(RunIdentity, NamesAnotherOptimizer) {
  EXPECT_EQ(changed([](RunIdentity& i) { i.optimizer = R"({"type":"other"})"; }),
            "the optimizer is {\"type\":\"other\"}, but the checkpoint was made with sgd");
}

TEST(RunIdentity, TheSeedCountsOnlyWhereItWasGiven) {
  const auto other = [](RunIdentity& i) { i.training.seed = 3; };
  EXPECT_EQ(changed(other), "--seed is 3, but the checkpoint was made with 0");
  EXPECT_EQ(changed(other, {.seed = true}), "");
}

TEST(RunIdentity, MicroBatchesCountOnlyWhereTheyWereGiven) {
  const auto other = [](RunIdentity& i) { i.training.micro_batches = 2; };
  EXPECT_EQ(changed(other, {.seed = true}),
            "--micro-batches is 2, but the checkpoint was made with 4");
  EXPECT_EQ(changed(other, {.micro_batches = true}), "");
}

TEST(RunIdentity, EpochsMayDifferWhereTheLearningRateStays) {
  TrainingOptions few, many;
  few.lr_decay = many.lr_decay = LrDecay::kNone;
  many.epochs = 50;
  EXPECT_EQ(difference(identity(few), identity(many)), "");
}

TEST(RunIdentity, SeesAnotherModelAndOtherData) {
  const RunIdentity here = identity();
  EXPECT_EQ(difference(identity_of(model(6), data(), {}), here),
            "MODEL is another one than the checkpoint's");
  ModelSpec cut = model(5);
  cut.stages = {{FlattenSpec{}, LinearSpec{5}}, {ReluSpec{}, LinearSpec{3}}};
  EXPECT_NE(difference(identity_of(cut, data(), {}), here), "");
  ModelSpec renamed = model(5);
  renamed.name += "x";
  EXPECT_EQ(difference(identity_of(renamed, data(), {}), here), "");
  for (const int what : {0, 1, 2, 3}) {
    DataPair other = data();
    DataSet& set = what < 2 ? other.train : other.test;
    Table& table = what % 2 == 0 ? set.samples : set.labels;
    std::vector<std::byte> bytes(table.bytes().begin(), table.bytes().end());
    bytes.front() ^= std::byte{1};
    table = Table(table.type(), table.row_shape(), bytes);
    EXPECT_EQ(difference(identity_of(model(5), other, {}), here),
              "--data is another data set than the checkpoint's");
  }
  DataPair fewer = data();
  fewer.train.limit(1);
  EXPECT_NE(difference(here, identity_of(model(5), fewer, {})).find("--limit-train) is 1"),
            std::string::npos);
}

}  // namespace
}  // namespace mixnn
