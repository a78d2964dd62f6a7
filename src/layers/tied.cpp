#include "mixnn/layers/tied.hpp"

#include <algorithm>

namespace mixnn {
namespace {

struct Ends {
  std::vector<ParameterTensor> first, last;  // of the first and the last layer
};

Ends tensors_of(const ModelSpec& model) {
  Ends ends;
  ends.first = model.stages.front().front()->parameter_tensors(model.input_shape);
  Shape shape = model.boundaries()[model.stages.size() - 1];
  each_with_shape(model.stages.back(), shape, [&](const LayerSpec& layer, const Shape& input) {
    ends.last = layer->parameter_tensors(input);
  });
  return ends;
}

}  // namespace

std::string tied_problem(const ModelSpec& model) {
  if (model.own.first == 0 || model.own.last == 0)
    return "needs the first and the last layer at the owner, as they are one tensor";
  if (model.stages.front().front()->type() != "embedding" ||
      model.stages.back().back()->type() != "linear")
    return "needs an embedding as the first layer, and a linear as the last";
  const Ends ends = tensors_of(model);
  if (ends.last.size() != 1) return "needs a last layer without bias";
  if (ends.first.front().shape != ends.last.front().shape)
    return "needs as many outputs as the table has rows, from as many features: the table is " +
           shape_text(ends.first.front().shape) + ", the last weight " +
           shape_text(ends.last.front().shape);
  return {};
}

std::size_t tied_parameters(const ModelSpec& model) {
  if (!model.tied) return 0;
  return static_cast<std::size_t>(element_count(tensors_of(model).first.front().shape));
}

bool tied_are_equal(const ModelSpec& model, const std::vector<std::vector<float>>& stages) {
  const std::size_t count = tied_parameters(model);
  return std::ranges::equal(std::span(stages.front()).first(count),
                            std::span(stages.back()).last(count));
}

void share_gradient(Stage& first, Stage& last, std::size_t parameters) {
  const std::span<float> a = first.gradients().first(parameters),
                         b = last.gradients().last(parameters);
  for (std::size_t i = 0; i < parameters; ++i) a[i] = b[i] = a[i] + b[i];
}

}  // namespace mixnn
