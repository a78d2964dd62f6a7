#pragma once
#include <cstdint>
#include <span>

#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// Passes over memory that are no matrix product. Every value is computed alone, or added up in row
// order, and nothing is contracted: whatever vector width the processor has, the bits are those of
// the plain loop. Sizes must agree.

// out = scale * number; of floats `out` may be them.
void scale_bytes(std::span<const std::uint8_t> bytes, float scale, std::span<float> out);
void scale_words(std::span<const std::uint16_t> words, float scale, std::span<float> out);
void scale_floats(std::span<const float> floats, float scale, std::span<float> out);

// A float's upper half, rounded to nearest, ties to even (NaN stays NaN), and back.
void round_to_bfloat16(std::span<const float> values, std::span<std::uint16_t> halves);
void widen_bfloat16(std::span<const std::uint16_t> halves, std::span<float> values);

// Whole numbers from -127 to 127, and a scale for each row (encoding.hpp), and back: scale *
// number.
void round_to_int8(ConstMatrix values, std::span<float> scales, std::span<std::int8_t> numbers);
void widen_int8(std::span<const std::int8_t> numbers, std::span<const float> scales, Matrix values);

void add_bias(std::span<const float> bias, Matrix y);       // y = y + bias, for every row
void add_bias_relu(std::span<const float> bias, Matrix y);  // y = max(0, y + bias), for every row

// y = max(0, x). Not-a-number stays so, here and in add_bias_relu, for the loss to show it.
void relu(std::span<const float> x, std::span<float> y);
void relu(std::span<float> x);  // in place
// result = gradient where the output y of the relu is positive, else 0. `result` may be `gradient`.
void relu_mask(std::span<const float> y, std::span<const float> gradient, std::span<float> result);

void add_column_sums(ConstMatrix m, std::span<float> sums);  // sums += every row, first to last

struct SgdStep {
  float learning_rate = 0, momentum = 0, weight_decay = 0;
  bool nesterov = false;  // only with momentum
};
// PyTorch's SGD: g += weight_decay * p; v = momentum * v + g; p -= learning_rate * v, or with
// nesterov p -= learning_rate * (g + momentum * v); and then g = 0. Without momentum v is neither
// read nor written.
void sgd_update(const SgdStep& step, std::span<float> parameters, std::span<float> velocity,
                std::span<float> gradients);

struct AdamStep {
  float beta1 = 0, one_minus_beta1 = 0, beta2 = 0, one_minus_beta2 = 0;
  float step_size = 0, root_of_correction = 0, eps = 0;
  float penalty = 0, shrink = 1;
};
// p = shrink * p; g += penalty * p; m = beta1 * m + one_minus_beta1 * g; v = beta2 * v +
// one_minus_beta2 * g * g; p -= step_size * m / (sqrt(v) / root_of_correction + eps); and then
// g = 0.
void adam_update(const AdamStep& step, std::span<float> parameters, std::span<float> m,
                 std::span<float> v, std::span<float> gradients);

}  // namespace mixnn
