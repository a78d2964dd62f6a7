#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace mixnn {

inline constexpr std::size_t kMaxClasses = 256;  // labels are bytes

struct LossSum {
  double loss = 0;  // summed over the rows, natural logarithm
  std::size_t correct =
      0;  // rows whose largest logit is the label's (the first of equal ones counts)
};

// Softmax cross-entropy of logits (rows x classes). Where `gradient` is not empty, writes
// gradient_scale * (softmax - one_hot) to it (rows x classes). May work in place (gradient ==
// logits).
LossSum softmax_cross_entropy(std::span<const float> logits, std::span<const std::uint8_t> labels,
                              std::size_t classes, float gradient_scale, std::span<float> gradient);

}  // namespace mixnn
