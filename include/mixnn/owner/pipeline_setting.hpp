#pragma once
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/owner/traffic.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// What the owner drives the pipeline with, in training and in testing. All must outlive it.
struct PipelineSetting {
  OwnerLink& link;
  Chain chain;
  const DataSet& data;
  Criterion criterion;
  const TrainingOptions& training;

  // The outputs of so many rows, or their gradient, as they travel. The message must be large
  // enough.
  Bytes outputs_of(Message& message, std::size_t rows) const {
    return message.payload.as<std::byte>(rows * criterion.values() * element_bytes(training.wire));
  }
};

}  // namespace mixnn
