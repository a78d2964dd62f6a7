#include "mixnn/app/inputs.hpp"

#include "mixnn/app/given_weights.hpp"
#include "mixnn/app/log/training_log.hpp"
#include "mixnn/app/log/wire_recorder.hpp"
#include "mixnn/app/options/settle.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/data/data_folder.hpp"
#include "mixnn/data/sample_file.hpp"
#include "mixnn/data/validation.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/train/data_check.hpp"

namespace mixnn {
namespace {

DataRequest request_of(const AppOptions& options, const ModelSpec& model) {
  const Table labels = model.criterion().example_labels(1);
  return {.format = options.data_format,
          .target = options.target,
          .input_shape = model.input_shape,
          .labels_classes = is_integer(labels.type()),
          .label_shape = labels.row_shape()};
}

DataPair load_data(const AppOptions& options, const ModelSpec& model) {
  const auto folder = options.data ? options.data : installed_dataset();
  if (!folder)
    throw UsageError(
        "no data set is installed: give --data DIR, a folder of MNIST or Fashion-MNIST files "
        "(Debian: apt "
        "install "
        "dataset-fashion-mnist, which is then found by itself)");
  DataPair data = load_data_folder(*folder, request_of(options, model));
  if (options.limit_train > 0) data.train.limit(options.limit_train);
  if (options.limit_test > 0) data.test.limit(options.limit_test);
  return data;
}

// Samples of --input in the place of the test set. What they are normalized by may need the
// training set.
DataPair load_input(const AppOptions& options, const ModelSpec& model) {
  const std::filesystem::path& file = options.trained.input;
  DataPair data;
  data.test.samples = load_samples(file, model.input_shape, options.target);
  check_shape(data.test, model, file.string());
  if (options.limit_test > 0) data.test.limit(options.limit_test);
  if (options.normalize.how == Normalize::How::kComputed)
    data.train = load_data(options, model).train;
  data.name = file.filename().string();
  return data;
}

// What is normalized needs no scale any more, which has been applied before.
void apply_normalization(Inputs& inputs, const AppOptions& options) {
  if (options.normalize.how == Normalize::How::kNone) return;
  const float scale = inputs.model.input_scale;
  inputs.normalization = options.normalize.how == Normalize::How::kComputed
                             ? normalization_of(inputs.data.train.samples, scale)
                             : options.normalize.by;
  normalize(inputs.data, *inputs.normalization, scale);
  if (!options.trained.input.empty()) inputs.data.train = {};
  inputs.model.input_type = ElementType::kFloat32;
  inputs.model.input_scale = 1;
}

ElementType usual_input_type(const ModelSpec& model) {
  if (model.stages.front().front()->takes_indices()) return ElementType::kUint16;
  return model.input_shape.size() >= 3 ? ElementType::kUint8 : ElementType::kFloat32;
}

}  // namespace

std::string settle_input_type(const AppOptions& options, ModelSpec& model) {
  const bool normalized = options.normalize.how != Normalize::How::kNone;
  if (options.data) {
    const DataPair data = load_data(options, model);
    check_shape(data.train, model, "training set");
    model.input_type = data.train.samples.type();
  } else {
    model.input_type = usual_input_type(model);
  }
  if (normalized) {
    model.input_type = ElementType::kFloat32;
    model.input_scale = 1;
  }
  return to_string(model.input_type) + (normalized     ? ", normalized"
                                        : options.data ? ", as the data set has them"
                                                       : ", as is usual; --data DIR says it");
}

void check_augmentation(const Inputs& inputs, const Augmentation& how) {
  if (how.any() && inputs.model.input_shape.size() != 3)
    throw UsageError("--augment is for pictures [C, H, W], but MODEL's input is " +
                     shape_text(inputs.model.input_shape));
}

Inputs load_inputs(AppOptions& options, int ranks) {
  Inputs inputs;
  const ModelSpec written = load_model(options.model);
  inputs.model = written;
  inputs.cut = settle_stages(options, inputs.model);
  inputs.weights = given_weights(options, written, inputs.model);
  const bool by_file = !options.trained.input.empty();
  inputs.data = by_file ? load_input(options, inputs.model) : load_data(options, inputs.model);
  inputs.model.input_type = inputs.data.test.samples.type();
  if (!by_file) check_shape(inputs.data.train, inputs.model, "training set");
  apply_normalization(inputs, options);
  check_augmentation(inputs, options.training.augmentation);
  settle(options, inputs.model, ranks);
  if (ranks > 0) check_session(inputs.model, options.training, options.session, ranks);
  check_outputs(options.out, options.json);
  if (!options.keep_best.empty()) check_output_file("--keep-best", options.keep_best);
  if (!options.trace.empty()) check_output_file("--trace", options.trace);
  if (!options.wire_log.empty()) WireRecorder::check(options.wire_log);
  TrainingLog::check(options);
  if (by_file) {
    check_samples(inputs.data.test, inputs.model, options.trained.input.string());
  } else {
    check_fits(inputs.data.train, inputs.model, "training set");
    check_fits(inputs.data.test, inputs.model, "test set");
  }
  return inputs;
}

void draw_validation(Inputs& inputs, const AppOptions& options) {
  if (options.validation > 0)
    split_validation(inputs.data, options.validation, options.training.seed);
}

SessionFacts start(Owner& owner, const Inputs& inputs) {
  return inputs.weights.empty() ? owner.start() : owner.start({}, inputs.weights);
}

}  // namespace mixnn
