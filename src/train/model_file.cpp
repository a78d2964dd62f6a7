#include "mixnn/train/model_file.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/private_file.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kAlignment = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // as the format limits it

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

std::string read_header(std::ifstream& in, const std::string& at) {
  std::uint64_t length = 0;
  in.read(reinterpret_cast<char*>(&length), sizeof length);
  if (!in || length < 2 || length > kMaxHeaderBytes)
    throw UsageError(at + "is no safetensors file");
  std::string header(length, '\0');
  in.read(header.data(), static_cast<std::streamsize>(length));
  if (!in) throw UsageError(at + "is truncated within its header");
  return header;
}

void check_tensors(const Json& found, const Json& expected, const std::string& at) {
  for (const auto& [name, tensor] : expected.items())
    if (!found.contains(name) || nlohmann::json(found[name]) != nlohmann::json(tensor))
      throw UsageError(at + "does not fit the model: tensor " + name + " should be " +
                       tensor.dump() + ", but is " +
                       (found.contains(name) ? found[name].dump() : "missing"));
  for (const auto& [name, tensor] : found.items())
    if (name != "__metadata__" && !expected.contains(name))
      throw UsageError(at + "does not fit the model, which has no tensor " + name);
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
  const std::string at = file.string() + ": ";
  std::ifstream in(file, std::ios::binary);
  if (!in) throw UsageError(at + "cannot be opened");
  const Json found = parse_json(read_header(in, at), at + "header");
  if (!found.is_object())
    throw UsageError(at + "is no safetensors file: its header is no JSON object");
  std::size_t bytes = 0;
  check_tensors(found, describe(model, bytes), at);

  std::vector<std::vector<float>> stages;
  for (std::size_t s = 0; s < model.stages.size(); ++s) {
    stages.emplace_back(model.stage(s, 1).parameter_count());
    in.read(reinterpret_cast<char*>(stages[s].data()),
            static_cast<std::streamsize>(stages[s].size() * sizeof(float)));
    if (!in)
      throw UsageError(at + "is truncated: " + std::to_string(bytes) +
                       " bytes of tensors were expected");
  }
  if (in.peek() != std::ifstream::traits_type::eof())
    throw UsageError(at + "has bytes behind its tensors");
  return stages;
}

}  // namespace mixnn
