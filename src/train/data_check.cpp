#include "mixnn/train/data_check.hpp"

#include "mixnn/base/error.hpp"

namespace mixnn {

void check_shape(const DataSet& data, const ModelSpec& model, const std::string& which) {
  const Table& samples = data.samples;
  if (samples.row_shape() != model.input_shape)
    throw UsageError(which + ": samples have the shape " + shape_text(samples.row_shape()) +
                     ", but the model's input is " + shape_text(model.input_shape));
}

void check_fits(const DataSet& data, const ModelSpec& model, const std::string& which) {
  check_shape(data, model, which);
  const Table& samples = data.samples;
  if (samples.type() != model.input_type)
    throw UsageError(which + ": samples are " + to_string(samples.type()) +
                     ", but the model's input is " + to_string(model.input_type));
  const std::string problem = model.criterion().label_problem(data.labels);
  if (!problem.empty()) throw UsageError(which + ": " + problem);
}

}  // namespace mixnn
