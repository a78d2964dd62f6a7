// Trains a model with the whole-batch baseline and prints the wall time of each epoch as JSON.
//   baseline_epochs MODEL DATA BATCH_SIZE MICRO_BATCHES EPOCHS THREADS SEED [LEARNING_RATE
//   MOMENTUM]
#include <iostream>
#include <nlohmann/json.hpp>

#include "mixnn/app/restart.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/data/data_folder.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/subnormals.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/train/data_check.hpp"
#include "mixnn/train/thread_choice.hpp"

namespace {

using namespace mixnn;

int run(const std::vector<std::string>& arguments) {
  const ModelSpec model = load_model(arguments[0]);
  const DataPair data = load_data_folder(arguments[1]);
  check_fits(data.train, model, "training data");
  check_fits(data.test, model, "test data");
  TrainingOptions options;
  options.batch_size = std::stoul(arguments[2]);
  options.micro_batches = std::stoul(arguments[3]);
  options.epochs = std::stoul(arguments[4]);
  options.seed = std::stoull(arguments[6]);
  if (arguments.size() == 9) {  // constant, as its peer's
    options.lr_decay = LrDecay::kNone;
    options.learning_rate = std::stof(arguments[7]);
    options.momentum = std::stof(arguments[8]);
  }
  const std::vector<int> threads{std::stoi(arguments[5])};
  Baseline baseline(model, data, options, fastest_threading(model, data, options, threads));
  nlohmann::json walls = nlohmann::json::array();
  for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch)
    walls.push_back(baseline.train_epoch(epoch).wall_s);
  const TestResult test = baseline.test();
  std::cout << nlohmann::json{{"walls_s", walls},
                              {"threads", baseline.threading().threads},
                              {"threading", to_string(baseline.threading().by)},
                              {"test_accuracy", test.accuracy.value()},
                              {"test_loss", test.loss},
                              {"parameters_sha256", parameters_sha256(baseline.parameters())},
                              {"blas", blas_version()},
                              {"blas_core", blas_core()},
                              {"build_type", MIXNN_BUILD_TYPE}}
            << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  mixnn::restart_with_better_blas_core(argv);
  mixnn::flush_subnormals();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 7 && arguments.size() != 9) {
    std::cerr << "usage: baseline_epochs MODEL DATA BATCH_SIZE MICRO_BATCHES EPOCHS THREADS SEED "
                 "[LEARNING_RATE MOMENTUM]\n";
    return 2;
  }
  return run(arguments);
} catch (const std::exception& error) {
  std::cerr << "baseline_epochs: " << error.what() << "\n";
  return 1;
}
