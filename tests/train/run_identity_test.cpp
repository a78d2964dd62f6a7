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

const std::vector<Setting> kSettings{{"--batch-size", "128"}, {"--lr", "0.1"}, {"--seed", "7"}};

RunIdentity identity(std::vector<Setting> settings = kSettings) {
  return identity_of(model(5), data(), std::move(settings));
}

// Of a checkpoint with kSettings and a run with these.
std::string given(std::vector<Setting> settings) {
  return difference(identity(), identity(std::move(settings)));
}

TEST(RunIdentity, NamesTheOptionAndBothValues) {
  EXPECT_EQ(given(kSettings), "");
  EXPECT_EQ(given({{"--batch-size", "64"}, {"--lr", "0.1"}, {"--seed", "7"}}),
            "--batch-size is 64, but the checkpoint was made with 128");
  EXPECT_EQ(given({{"--batch-size", "128"}, {"--lr", "0.2"}, {"--seed", "8"}}),
            "--lr is 0.2, but the checkpoint was made with 0.1");
  RunIdentity elsewhere = identity();
  elsewhere.blas += "x";
  EXPECT_NE(difference(identity(), elsewhere).find("OPENBLAS_CORETYPE"), std::string::npos);
}

TEST(RunIdentity, AHintEndsTheMessage) {
  EXPECT_EQ(given({{"--batch-size", "128"},
                   {.name = "--lr", .value = "0.2", .hint = "(a hint)"},
                   {"--seed", "7"}}),
            "--lr is 0.2, but the checkpoint was made with 0.1 (a hint)");
}

TEST(RunIdentity, WhatWasLeftOpenMayHaveAnyValue) {
  EXPECT_EQ(given({{"--batch-size", "128"},
                   {"--lr", "0.1"},
                   {.name = "--seed", .value = "8", .open = true}}),
            "");
}

TEST(RunIdentity, AMissingSettingIsNamedAfterValuesThatDiffer) {
  EXPECT_EQ(given({{"--batch-size", "128"}, {"--lr", "0.1"}}),
            "the checkpoint was made with --seed 7");
  EXPECT_EQ(given({{"--more", "x"}, {"--batch-size", "128"}, {"--lr", "0.1"}, {"--seed", "7"}}),
            "--more is x, but the checkpoint was made without it");
  EXPECT_EQ(given({{"--more", "x"}, {"--batch-size", "128"}, {"--lr", "0.2"}, {"--seed", "7"}}),
            "--lr is 0.2, but the checkpoint was made with 0.1");
}

TEST(RunIdentity, SeesAnotherModelAndOtherData) {
  const RunIdentity here = identity();
  EXPECT_EQ(difference(identity_of(model(6), data(), kSettings), here),
            "MODEL is another one than the checkpoint's, or cut into other stages");
  ModelSpec cut = model(5);
  cut.stages = {{FlattenSpec{}, LinearSpec{5}}, {ReluSpec{}, LinearSpec{3}}};
  EXPECT_NE(difference(identity_of(cut, data(), kSettings), here), "");
  ModelSpec renamed = model(5);
  renamed.name += "x";
  EXPECT_EQ(difference(identity_of(renamed, data(), kSettings), here), "");
  for (const int what : {0, 1, 2, 3}) {
    DataPair other = data();
    DataSet& set = what < 2 ? other.train : other.test;
    Table& table = what % 2 == 0 ? set.samples : set.labels;
    std::vector<std::byte> bytes(table.bytes().begin(), table.bytes().end());
    bytes.front() ^= std::byte{1};
    table = Table(table.type(), table.row_shape(), bytes);
    EXPECT_EQ(difference(identity_of(model(5), other, kSettings), here),
              "--data is another data set than the checkpoint's");
  }
  DataPair fewer = data();
  fewer.train.limit(1);
  EXPECT_NE(difference(here, identity_of(model(5), fewer, kSettings)).find("--limit-train) is 1"),
            std::string::npos);
}

}  // namespace
}  // namespace mixnn
