#pragma once
#include <variant>

#include "mixnn/layers/loss/binary_cross_entropy.hpp"
#include "mixnn/layers/loss/cross_entropy.hpp"
#include "mixnn/layers/loss/mse.hpp"

namespace mixnn {

// What a training makes small: one of the kinds (kind.hpp says what each has), one a line.
using Loss = std::variant<  //
    CrossEntropy,           //
    Mse,                    //
    BinaryCrossEntropy>;

std::string loss_name(const Loss& loss);
// Its name, or an object with its "type" and settings; throws UsageError that lists the known ones.
Loss loss_from_json(const JsonValue& json);
nlohmann::json loss_to_json(const Loss& loss);  // the object

// A loss of outputs of one shape.
class Criterion {
 public:
  Criterion(const Loss& loss, Shape output) : loss_(loss), output_(std::move(output)) {}

  const Shape& output() const { return output_; }  // a row's
  std::size_t values() const { return static_cast<std::size_t>(element_count(output_)); }
  std::string output_problem() const;
  std::string label_problem(const Table& labels) const;
  Table example_labels(std::size_t count) const;
  // Of the labels of a whole batch: what makes the sum of its rows' gradients their mean.
  float gradient_scale(const Labels& batch) const;
  LossSum sum(std::span<const float> outputs, const Labels& labels, float gradient_scale,
              std::span<float> gradient) const;

 private:
  Loss loss_;
  Shape output_;
};

}  // namespace mixnn
