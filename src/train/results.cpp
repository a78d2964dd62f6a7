#include "mixnn/train/results.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/crypto/hash.hpp"

namespace mixnn {

void check_finite(const TestResult& test, std::size_t epochs) {
  if (!std::isfinite(test.loss))
    throw RunError("the loss is no longer a finite number in the test after epoch " +
                   std::to_string(epochs) +
                   ", though it was in all steps: its last update diverged; try a smaller --lr");
}

void check_finite(const std::vector<std::vector<float>>& stages, std::size_t epochs) {
  for (std::size_t stage = 0; stage < stages.size(); ++stage)
    if (!std::ranges::all_of(stages[stage], [](float x) { return std::isfinite(x); }))
      throw RunError("the parameters of stage " + std::to_string(stage + 1) +
                     " are no longer finite numbers after " + counted(epochs, "epoch") +
                     ", though every loss until then was; try a smaller --lr");
}

std::string parameters_sha256(const std::vector<std::vector<float>>& stages) {
  Sha256 hash;
  for (const std::vector<float>& stage : stages) hash.update(bytes_of(std::span(stage)));
  return to_hex(hash.finish());
}

}  // namespace mixnn
