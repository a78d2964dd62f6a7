#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "mixnn/data/augmentation.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/learning_rate.hpp"

namespace mixnn {

// What decides the trained bits, together with model and data. The defaults give models/mlp.json a
// test accuracy of 0.875 on Fashion-MNIST, the mean of 8 seeds (0.874 to 0.876).
struct TrainingOptions {
  std::size_t epochs = 5;
  std::size_t batch_size = 128;
  std::size_t micro_batches = 4;
  float learning_rate = 0.1f;  // the highest
  LrDecay lr_decay = LrDecay::kLinear;
  float min_lr = 0;
  std::size_t warmup = 0;  // updates
  std::size_t lr_step_epochs = 10;
  float lr_gamma = 0.1f;
  std::size_t lr_patience = 10;  // epochs
  // For a MODEL that names no optimizer; none: SGD with these.
  std::optional<Optimizer> optimizer;
  float momentum = 0.8f;
  float weight_decay = 0.0f;
  float clip_norm = 0;  // of all gradients of a step, at most; 0: they are as they are
  // 1: each step of an epoch but the first computes with the weights before the last update, so
  // that steps overlap (docs/model.md, "Stale weights"). 0: with the newest.
  std::size_t staleness = 0;
  // Of activations and gradients between stages, and to and from the loss: kFloat32, kBfloat16 or
  // kInt8.
  ElementType wire = ElementType::kFloat32;
  std::uint64_t seed = 0;
  Augmentation augmentation;  // of training samples

  // The learning rate of update `update` (from 0) of `updates` in all; that of the last one for any
  // later. `tested`: the losses of the tests after the epochs so far.
  float learning_rate_at(std::size_t update, std::size_t updates,
                         std::span<const double> tested = {}) const {
    const LearningRate rate{lr_decay,       learning_rate, min_lr,     warmup,
                            lr_step_epochs, lr_gamma,      lr_patience};
    return rate.at(update, updates, updates / epochs, tested);
  }

  // The inputs of a step: these rows of the training set, as its epoch changes them. `step` counts
  // from the training's start.
  void gather(const DataSet& train, std::span<const std::uint32_t> rows, std::uint32_t step,
              Bytes inputs) const {
    const auto steps = static_cast<std::uint32_t>(steps_per_epoch(train.count(), batch_size));
    gather_augmented(train.samples, rows, augmentation, seed, step / steps, inputs);
  }

  Optimizer optimizer_for(const ModelSpec& model) const {
    if (model.optimizer) return *model.optimizer;
    return optimizer.value_or(Sgd{momentum, weight_decay});
  }

  // StageSpec::stale_epoch, if the training set has so many samples.
  std::uint32_t stale_epoch(std::size_t samples) const {
    return staleness == 0 ? 0 : static_cast<std::uint32_t>(steps_per_epoch(samples, batch_size));
  }

  // What one process does for itself: whole batches and the newest weights, and nothing is rounded
  // as it would be on its way.
  TrainingOptions in_one_process() const {
    TrainingOptions own = *this;
    own.micro_batches = 1;
    own.staleness = 0;
    own.wire = ElementType::kFloat32;
    return own;
  }

  // Rows of the largest micro-batch, and of the chunks in which the test set is evaluated.
  std::size_t max_rows() const { return (batch_size + micro_batches - 1) / micro_batches; }
};

}  // namespace mixnn
