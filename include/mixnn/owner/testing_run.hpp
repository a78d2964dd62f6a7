#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/owner/pipeline_setting.hpp"
#include "mixnn/train/evaluation.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

// The testing phase: the test set through the hosts, forward only, in chunks of as many rows as the
// largest micro-batch of training. The owner computes the loss, and its own stages.
class TestingRun {
 public:
  // `updates` that the stages have made. `number`: another one each time, so that no label comes
  // again.
  TestingRun(const PipelineSetting& setting, std::uint32_t updates, std::uint32_t number);

  TestResult run();
  // What comes from the hosts, in the order of the samples.
  void outputs(const OutputSink& sink);
  // In their place: so many samples of one row each, as `next` gives them, one after the other.
  void one_by_one(std::size_t count, const NextSample& next, const OutputSink& sink);

 private:
  using GiveChunk = std::function<ConstBytes(const MessageInfo&)>;
  using TakeChunk = std::function<void(std::size_t chunk, std::span<const float> outputs)>;
  GiveChunk samples() const;  // of the set
  // What comes is taken in the order in which it comes.
  void all_chunks(const GiveChunk& give, const TakeChunk& take);
  void test(const std::vector<MessageInfo>& chunks, const GiveChunk& give,
            const TakeChunk& take);                            // of one epoch's serials
  ConstBytes inputs_of(ConstBytes samples, std::size_t rows);  // that hosts are sent
  std::span<const float> outputs_in(Message& message);

  PipelineSetting setting_;
  std::uint32_t updates_, number_;
  std::vector<MessageInfo> chunks_;
  AlignedBuffer outputs_;  // of one chunk
};

}  // namespace mixnn
