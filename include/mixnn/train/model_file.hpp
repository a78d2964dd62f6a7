#pragma once
#include <filesystem>
#include <vector>

#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Trained parameters as a safetensors file (https://github.com/huggingface/safetensors#format): the
// length of a JSON header as a 64-bit number, the header, and the tensors as little-endian float32,
// aligned to 8 bytes. Names and shapes are those of one flat PyTorch nn.Sequential over all layers
// of all stages: "1.weight", "1.bias", "3.weight", ... The header's __metadata__ holds "format":
// "pt", "name", and "stages": the stage of each layer, such as "0,0,0,1,1,2".
//
// `stages` are the parameters by stage, each in (layer, weight, bias) order. The file appears
// complete or not at all, readable by its owner alone (0600): it is written beside its place,
// flushed to the disk, and renamed. Throws RunError.
void save_safetensors(const std::filesystem::path& file, const ModelSpec& model,
                      const std::vector<std::vector<float>>& stages);

// Reads such a file for this model, whoever wrote it: tensors may lie in any order, and be F16,
// BF16 or F64. Throws UsageError that names the file and what does not fit.
std::vector<std::vector<float>> load_safetensors(const std::filesystem::path& file,
                                                 const ModelSpec& model);

}  // namespace mixnn
