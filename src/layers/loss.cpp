#include "mixnn/layers/loss.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "mixnn/base/check.hpp"

namespace mixnn {

LossSum softmax_cross_entropy(std::span<const float> logits, std::span<const std::uint8_t> labels,
                              std::size_t classes, float gradient_scale,
                              std::span<float> gradient) {
  MIXNN_CHECK(classes <= kMaxClasses && logits.size() == labels.size() * classes,
              "one row of logits for each label");
  MIXNN_CHECK(gradient.empty() || gradient.size() == logits.size(), "size of the gradient");
  LossSum result;
  std::array<float, kMaxClasses> exponentials{};
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::span<const float> z = logits.subspan(row * classes, classes);
    const std::size_t label = labels[row];
    MIXNN_CHECK(label < classes, "a label is one of the classes");
    // Subtracting the largest logit changes nothing but keeps the exponentials finite.
    const auto largest = std::max_element(z.begin(), z.end());
    const float shift = *largest;
    float sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += exponentials[c] = std::exp(z[c] - shift);
    result.loss += std::log(static_cast<double>(sum)) - (static_cast<double>(z[label]) - shift);
    if (static_cast<std::size_t>(largest - z.begin()) == label) ++result.correct;
    if (gradient.empty()) continue;
    const std::span<float> g = gradient.subspan(row * classes, classes);
    const float factor = gradient_scale / sum;
    for (std::size_t c = 0; c < classes; ++c) g[c] = exponentials[c] * factor;
    g[label] -= gradient_scale;
  }
  return result;
}

}  // namespace mixnn
