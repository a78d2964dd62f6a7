#include "mixnn/app/inputs.hpp"

#include "mixnn/app/options/settle.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/data/data_folder.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/train/data_check.hpp"
#include "mixnn/train/model_file.hpp"

namespace mixnn {
namespace {

DataPair load_data(const AppOptions& options) {
  const auto folder = options.data ? options.data : installed_dataset();
  if (!folder)
    throw UsageError(
        "no data set is installed: give --data DIR, a folder of MNIST or Fashion-MNIST files "
        "(Debian: apt "
        "install "
        "dataset-fashion-mnist, which is then found by itself)");
  DataPair data = load_data_folder(*folder);
  if (options.limit_train > 0) data.train.limit(options.limit_train);
  if (options.limit_test > 0) data.test.limit(options.limit_test);
  return data;
}

}  // namespace

Inputs load_inputs(AppOptions& options, int ranks) {
  Inputs inputs;
  inputs.model = load_model(options.model);
  inputs.cut = settle_stages(options, inputs.model);
  inputs.data = load_data(options);
  inputs.model.input_type = inputs.data.train.samples.type();
  settle(options, inputs.model, ranks);
  if (ranks > 0) check_session(inputs.model, options.training, options.session, ranks);
  check_outputs(options.out, options.json);
  if (!options.trace.empty()) check_output_file("--trace", options.trace);
  check_fits(inputs.data.train, inputs.model, "training set");
  check_fits(inputs.data.test, inputs.model, "test set");
  if (!options.weights.empty()) inputs.weights = load_safetensors(options.weights, inputs.model);
  return inputs;
}

SessionFacts start(Owner& owner, const Inputs& inputs) {
  return inputs.weights.empty() ? owner.start() : owner.start({}, inputs.weights);
}

}  // namespace mixnn
