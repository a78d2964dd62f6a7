#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Reads and checks MODEL (JSON schema: docs/model.md). Throws UsageError that names the file and
// the JSON path, such as `models/x.json: stages[1].layers[0].out_features: must be between 1 and
// 65536, got 0`.
ModelSpec load_model(const std::filesystem::path& file);
ModelSpec parse_model(std::string_view text, std::string_view source);

// The JSON text that a host receives; the owner writes it and the host reads it.
std::string stage_spec_to_json(const StageSpec& spec);
StageSpec stage_spec_from_json(std::string_view text);  // throws RunError where it is malformed

}  // namespace mixnn
