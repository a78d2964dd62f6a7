#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/owner/pipeline_setting.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

// The testing phase: the test set through the hosts, forward only, in chunks of as many rows as the
// largest micro-batch of training. The owner computes the loss.
class TestingRun {
 public:
  // `updates` that the stages have made.
  TestingRun(const PipelineSetting& setting, std::uint32_t updates);

  TestResult run();

 private:
  void test(const std::vector<MessageInfo>& chunks);  // that fit one epoch's serials
  void on_outputs(Message& message);

  PipelineSetting setting_;
  std::vector<MessageInfo> chunks_;
  std::vector<LossSum> losses_;  // by chunk
  AlignedBuffer outputs_;        // of one chunk
};

}  // namespace mixnn
