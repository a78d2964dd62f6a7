#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Where layers are cut into stages, if MODEL leaves that open: between two of them, never within
// one. Only shapes and kinds decide, so that it is the same everywhere; no bit of the result
// depends on it.
struct Cut {
  std::vector<std::size_t> ends;     // of each stage: layers up to there, of all
  std::vector<double> costs;         // of each stage, for a row: multiplications and the like
  std::size_t largest_boundary = 0;  // elements of a row that travels between two stages
};

// The cut into so many stages whose heaviest stage and largest boundary cost least together. Each
// stage begins with a layer that has parameters, or with what only gives values another shape for
// it: activations and pooling stay with the layer before them. `most_stages` are possible.
Cut best_cut(const std::vector<LayerSpec>& layers, const Shape& input, std::size_t stages);
std::size_t most_stages(const std::vector<LayerSpec>& layers, const Shape& input);
inline constexpr std::size_t kUsualStages = 3;  // as many as the paper's, or as can be

// The layers of a model whose cut is open, but those that it sets apart, and their input.
struct OpenLayers {
  const std::vector<LayerSpec>& layers;
  Shape input;
};
OpenLayers open_layers(const ModelSpec& model);
// Cuts them.
void cut_into(ModelSpec& model, const Cut& cut);
std::string cut_text(const Cut& cut);  // "4 + 3 + 5 layers; 40 %, 31 %, 29 % of the work; ..."

}  // namespace mixnn
