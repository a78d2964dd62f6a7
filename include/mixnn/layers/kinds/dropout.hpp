#pragma once
#include "mixnn/layers/pointwise.hpp"
#include "mixnn/tensor/dropout.hpp"

namespace mixnn {

// In training y = x / (1 - p), or 0 with probability p; else y = x. What it leaves out follows from
// its key, the step and the row of the batch, and is drawn again in the backward.
class Dropout final : public LayerWithoutParameters {
 public:
  Dropout(std::uint64_t key, float p, Products products)
      : key_(key), rate_(p), products_(products) {}
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  void drop(const Occasion& occasion, ConstMatrix from, Matrix to) const;

  std::uint64_t key_;
  DropoutRate rate_;
  Products products_;
};

class DropoutSpec final : public SameShapeDescription {
 public:
  static constexpr std::string_view kType = "dropout";
  static DropoutSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit DropoutSpec(float p = 0.5f) : p_(p) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
  bool draws() const override { return true; }

 private:
  float p_;
};

}  // namespace mixnn
