#include "mixnn/train/model_file.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/private_file.hpp"
#include "mixnn/layers/tied.hpp"
#include "mixnn/train/safetensors.hpp"

namespace mixnn {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kAlignment = 8;

// All tensors of the model as the header describes them, in the order of the parameters, and the
// bytes of them all.
Json describe(const ModelSpec& model, std::size_t& bytes) {
  Json tensors = Json::object();
  std::size_t index = 0;
  bytes = 0;
  Shape shape = model.input_shape;
  for (const auto& layers : model.stages)
    for (const LayerSpec& layer : layers) {
      for (const ParameterTensor& tensor : layer->parameter_tensors(shape)) {
        const std::size_t begin = bytes;
        bytes += static_cast<std::size_t>(element_count(tensor.shape)) * sizeof(float);
        tensors[std::to_string(index) + "." + tensor.name] = {
            {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, bytes}}};
      }
      shape = layer->output_shape(shape);
      ++index;
    }
  return tensors;
}

std::string stage_of_each_layer(const ModelSpec& model) {
  std::string text;
  for (std::size_t s = 0; s < model.stages.size(); ++s)
    for (std::size_t l = 0; l < model.stages[s].size(); ++l) {
      if (!text.empty()) text += ',';
      text += std::to_string(s);
    }
  return text;
}

std::string kind_text(const std::string& dtype, const Shape& shape) {
  return dtype + " " + shape_text(shape);
}

// PyTorch counts the batches that a batch norm has seen, and uses the count for nothing here.
bool is_batch_count(const std::string& name) { return name.ends_with("num_batches_tracked"); }

void check_tensors(const SafetensorsFile& found, const Json& expected) {
  for (const auto& [name, tensor] : expected.items()) {
    const Shape shape = tensor["shape"].get<Shape>();
    const auto there = found.tensors().find(name);
    if (there == found.tensors().end() || there->second.shape != shape)
      found.fail("does not fit the model: tensor " + name + " should be " +
                 kind_text("F32", shape) + ", but is " +
                 (there == found.tensors().end()
                      ? "missing"
                      : kind_text(there->second.dtype, there->second.shape)));
  }
  for (const auto& [name, tensor] : found.tensors())
    if (!expected.contains(name) && !is_batch_count(name))
      found.fail("does not fit the model, which has no tensor " + name);
}

}  // namespace

void save_safetensors(const std::filesystem::path& file, const ModelSpec& model,
                      const std::vector<std::vector<float>>& stages) {
  std::size_t bytes = 0, given = 0;
  Json header = {
      {"__metadata__",
       {{"format", "pt"}, {"name", model.name}, {"stages", stage_of_each_layer(model)}}}};
  header.update(describe(model, bytes));
  for (const auto& stage : stages) given += stage.size() * sizeof(float);
  MIXNN_CHECK(stages.size() == model.stages.size() && given == bytes,
              "the parameters are those of the model");

  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  const std::uint64_t length = text.size();
  PrivateFile out(file);
  out.write(bytes_of(std::span(&length, 1)));
  out.write(bytes_of(text));
  for (const auto& stage : stages) out.write(bytes_of(std::span(stage)));
  out.commit();
}

std::vector<std::vector<float>> load_safetensors(const std::filesystem::path& file,
                                                 const ModelSpec& model) {
  SafetensorsFile found(file);
  std::size_t bytes = 0;
  const Json expected = describe(model, bytes);
  check_tensors(found, expected);

  std::vector<std::vector<float>> stages(model.stages.size());
  auto name = expected.items().begin();
  Shape shape = model.input_shape;
  for (std::size_t s = 0; s < stages.size(); ++s)
    shape =
        each_with_shape(model.stages[s], shape, [&](const LayerSpec& layer, const Shape& input) {
          for (std::size_t left = layer->parameter_tensors(input).size(); left > 0; --left, ++name)
            std::ranges::copy(found.floats(name.key()), std::back_inserter(stages[s]));
        });
  if (!tied_are_equal(model, stages))
    throw UsageError(file.string() + ": the first and the last tensor differ, but MODEL ties them");
  return stages;
}

}  // namespace mixnn
