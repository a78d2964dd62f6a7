#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/loss.hpp"
#include "mixnn/role/traffic.hpp"
#include "mixnn/train/options.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

// The testing phase: the test set through the hosts, forward only, in chunks of as many rows as the largest
// micro-batch of training. The owner computes the loss.
class TestingRun {
 public:
  struct Setting {
    OwnerLink& link;
    Chain chain;
    const DataSet& data;
    std::size_t classes;
    const TrainingOptions& training;
  };
  // `updates` that the stages have made.
  TestingRun(const Setting& setting, std::uint32_t updates);

  TestResult run();

 private:
  void test(const std::vector<MessageInfo>& chunks);  // that fit one epoch's serials
  void on_logits(Message& message);

  Setting setting_;
  std::vector<MessageInfo> chunks_;
  std::vector<LossSum> losses_;  // by chunk
  AlignedBuffer logits_;         // of one chunk
};

}  // namespace mixnn
