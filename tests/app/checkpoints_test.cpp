#include "mixnn/app/checkpoints.hpp"

#include <gtest/gtest.h>

#include "mixnn/app/commands/command.hpp"

namespace mixnn {
namespace {

AppOptions train_options(std::vector<const char*> more = {}) {
  std::vector<const char*> arguments{"mixnn", "train",           "m.json", "--seed",
                                     "0",     "--micro-batches", "4"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::get<AppOptions>(parse_options(static_cast<int>(arguments.size()), arguments.data()));
}

// What keeps a run with these options from going on where one without them is.
std::string refused(std::vector<const char*> more) {
  RunIdentity saved, given;
  saved.settings = settings_of(train_options());
  given.settings = settings_of(train_options(std::move(more)));
  return difference(saved, given);
}

TEST(SettingsOf, WhatDecidesTheBitsMustBeAsItWas) {
  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({"--batch-size", "64"}),
            "--batch-size is 64, but the checkpoint was made with 128");
  EXPECT_EQ(refused({"--micro-batches", "8"}),
            "--micro-batches is 8, but the checkpoint was made with 4");
  EXPECT_EQ(refused({"--lr", "0.2"}), "--lr is 0.2, but the checkpoint was made with 0.1");
  EXPECT_EQ(refused({"--lr-decay", "none"}),
            "--lr-decay is none, but the checkpoint was made with linear");
  EXPECT_EQ(refused({"--momentum", "0"}), "--momentum is 0, but the checkpoint was made with 0.8");
  EXPECT_EQ(refused({"--weight-decay", "0.5"}),
            "--weight-decay is 0.5, but the checkpoint was made with 0");
  EXPECT_EQ(refused({"--wire-dtype", "bfloat16"}),
            "--wire-dtype is bfloat16, but the checkpoint was made with float32");
  EXPECT_EQ(refused({"--seed", "3"}), "--seed is 3, but the checkpoint was made with 0");
  EXPECT_EQ(refused({"--epochs", "6"}),
            "--epochs is 6, but the checkpoint was made with 5 (the learning rate falls over all "
            "epochs; with --lr-decay none their number may change)");
}

TEST(SettingsOf, StalenessMustBeAsItWas) {
  EXPECT_EQ(refused({"--staleness", "0"}), "");
  EXPECT_EQ(refused({"--staleness", "1"}),
            "--staleness is 1, but the checkpoint was made without it");
  RunIdentity saved, given;
  saved.settings = settings_of(train_options({"--staleness", "1"}));
  given.settings = settings_of(train_options());
  EXPECT_EQ(difference(saved, given), "the checkpoint was made with --staleness 1");
}

TEST(SettingsOf, WhatDecidesNoBitMayChange) {
  EXPECT_EQ(refused({"--hops",      "2",     "--schedule", "gpipe",
                     "--padding",   "cells", "--mix",      "threshold:3",
                     "--in-flight", "9",     "--timeout",  "9",
                     "--cell-size", "4096",  "--aead",     "chacha20poly1305",
                     "--keep",      "9",     "--out",      "o",
                     "--threads",   "2"}),
            "");
}

TEST(SettingsOf, EpochsMayDifferIfTheLearningRateStays) {
  RunIdentity few, many;
  few.settings = settings_of(train_options({"--lr-decay", "none"}));
  many.settings = settings_of(train_options({"--lr-decay", "none", "--epochs", "50"}));
  EXPECT_EQ(difference(few, many), "");
}

TEST(SettingsOf, WhatWasLeftOpenIsTakenBackAndStaysMarked) {
  AppOptions options = train_options({"--seed", "random", "--micro-batches", "auto"});
  std::vector<Setting> settings = settings_of(options);
  for (Setting& setting : settings)
    setting.value = setting.name == "--seed" ? "99" : setting.name == "--lr" ? "7" : "3";
  take_open_settings(settings, options);
  EXPECT_EQ(options.training.seed, 99u);
  EXPECT_EQ(options.training.micro_batches, 3u);
  EXPECT_EQ(options.training.learning_rate, 0.1f);  // was not open
  EXPECT_EQ(options.training.batch_size, 128u);
  EXPECT_TRUE(options.automatic.micro_batches);
}

}  // namespace
}  // namespace mixnn
