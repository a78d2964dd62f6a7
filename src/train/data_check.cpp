#include "mixnn/train/data_check.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

void check_tokens(const Table& samples, std::size_t below, const std::string& which) {
  if (!is_integer(samples.type()))
    throw UsageError(which + ": samples are " + to_string(samples.type()) +
                     ", but the model's embedding takes tokens, uint8 or uint16");
  const std::size_t count = samples.bytes().size() / element_bytes(samples.type());
  const std::size_t row = count / std::max<std::size_t>(1, samples.rows());
  for (std::size_t i = 0; i < count; ++i)
    if (const std::size_t token = integer_at(samples.type(), samples.bytes(), i); token >= below)
      throw UsageError(which + ": sample " + std::to_string(i / row) + " has the token " +
                       std::to_string(token) + ", but the model's embedding takes those below " +
                       std::to_string(below));
}

}  // namespace

void check_shape(const DataSet& data, const ModelSpec& model, const std::string& which) {
  const Table& samples = data.samples;
  if (samples.row_shape() != model.input_shape)
    throw UsageError(which + ": samples have the shape " + shape_text(samples.row_shape()) +
                     ", but the model's input is " + shape_text(model.input_shape));
}

void check_samples(const DataSet& data, const ModelSpec& model, const std::string& which) {
  check_shape(data, model, which);
  const Table& samples = data.samples;
  if (samples.type() != model.input_type)
    throw UsageError(which + ": samples are " + to_string(samples.type()) +
                     ", but the model's input is " + to_string(model.input_type));
  const LayerDescription& first = *model.stages.front().front();
  if (first.takes_indices()) check_tokens(samples, first.indices_below(), which);
}

void check_fits(const DataSet& data, const ModelSpec& model, const std::string& which) {
  check_samples(data, model, which);
  const std::string problem = model.criterion().label_problem(data.labels);
  if (!problem.empty()) throw UsageError(which + ": " + problem);
}

}  // namespace mixnn
