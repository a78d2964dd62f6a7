#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/layers/layer_spec.hpp"
#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/layers/optimizer/optimizer.hpp"
#include "mixnn/tensor/element_type.hpp"
#include "mixnn/tensor/encoding.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// What a stage is told and all that it is told: its own operations, nothing of its neighbours or
// its position (P1, P2).
struct StageSpec {
  ElementType input_type = ElementType::kFloat32;  // of inputs, and of their gradient
  // Whether anybody wants that gradient. Not of raw inputs, the samples of a data set in their own
  // type: x = scale * number.
  bool input_gradient = true;
  ElementType output_type = ElementType::kFloat32;  // of outputs and their gradient
  float scale = 1.0f;                               // of raw inputs
  Shape input_shape;                                // of one sample
  std::vector<LayerSpec> layers;
  std::vector<std::uint64_t> keys;  // one for each layer that draws, in order
  std::int64_t max_rows = 0;        // of a micro-batch
  Optimizer optimizer;
  bool clipped = false;  // updates wait for the scale of their gradients
  // Steps of an epoch, if all but its first compute with the weights before the last update
  // (layers/stale_weights.hpp); 0: each with the newest.
  std::uint32_t stale_epoch = 0;

  Shape output_shape() const;
  Encoding input_encoding() const { return {input_type, input_shape}; }
  Encoding output_encoding() const { return {output_type, output_shape()}; }
  std::size_t input_bytes(std::size_t rows) const;  // of one message
  std::size_t output_bytes(std::size_t rows) const;
  std::size_t parameter_count() const;
  // Of each parameter: itself, the optimizer's slots, and what it was before the last update, if
  // that is used.
  std::size_t state_of_parameter() const;
  std::size_t state_count() const { return state_of_parameter() * parameter_count(); }
  // Whether this step, counted from the training's first, may begin before the update ahead of it.
  bool overlaps(std::uint32_t step) const { return stale_epoch > 0 && step % stale_epoch != 0; }
  std::vector<ParameterTensor> parameter_tensors() const;  // in the parameters' order
  double multiplications() const;                          // of one row's forward
};

// Stages at both ends of a network that the owner computes itself.
struct OwnStages {
  std::size_t first = 0, last = 0;

  std::size_t count() const { return first + last; }
  bool operator==(const OwnStages&) const = default;
};

// A whole network, as MODEL describes it (JSON schema: docs/model.md).
struct ModelSpec {
  std::string name;
  Shape input_shape;
  float input_scale = 1.0f;
  ElementType input_type = ElementType::kUint8;  // the data set's
  Loss loss;
  std::vector<std::vector<LayerSpec>> stages;
  OwnStages own;    // of these; at least one stage lies between them. No bit depends on it.
  OwnStages apart;  // if the cut is open: stages that MODEL sets apart, whoever computes them
  // The last layer's weight is the first one's table. Both are at the owner.
  bool tied = false;
  bool cut_open = false;  // MODEL leaves it open how what lies between these, one stage, is cut
  std::optional<Optimizer> optimizer;  // none: the options say which

  std::size_t hosted_stages() const { return stages.size() - own.count(); }
  Criterion criterion() const { return {loss, boundaries().back()}; }
  // Input shape of every stage, and after the last the output shape: stages.size() + 1 shapes.
  std::vector<Shape> boundaries() const;
  // The specification of one stage. Only the first stage takes raw inputs; `wire` is the type of
  // all that stages say to each other and to the owner: kFloat32, kBfloat16 or kInt8. From `seed`
  // come the keys of layers that draw, each by its index in the model.
  StageSpec stage(std::size_t index, std::int64_t max_rows, const Optimizer& stage_optimizer = {},
                  ElementType wire = ElementType::kFloat32, std::uint64_t seed = 0) const;
};

}  // namespace mixnn
