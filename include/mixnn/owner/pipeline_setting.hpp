#pragma once
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/owner/own_end.hpp"
#include "mixnn/owner/owner_link.hpp"
#include "mixnn/owner/traffic.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// What the owner drives the pipeline with, in training and in testing. All must outlive it.
struct PipelineSetting {
  OwnerLink& link;
  Chain chain;
  OwnEnds& own;
  const DataSet& data;
  Criterion criterion;
  const TrainingOptions& training;

  // Of the network's outputs, and their gradient.
  Encoding encoding() const { return {training.wire, criterion.output()}; }
  // The last host's outputs of so many rows, or their gradient, as they travel; the first host's
  // input gradient. The message must be large enough.
  Bytes outputs_of(Message& message, std::size_t rows) const {
    return message.payload.as<std::byte>(rows * chain.row_bytes.outputs.back());
  }
  ConstBytes input_gradient_of(const Message& message, std::size_t rows) const {
    return message.payload.as<std::byte>(rows * chain.row_bytes.input_gradient);
  }
};

}  // namespace mixnn
