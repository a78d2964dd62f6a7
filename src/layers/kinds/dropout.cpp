#include "mixnn/layers/kinds/dropout.hpp"

#include <algorithm>

#include "mixnn/tensor/row_parts.hpp"

namespace mixnn {

extern const LayerKind dropout_kind = kind_of<DropoutSpec>();

void Dropout::drop(const Occasion& occasion, ConstMatrix from, Matrix to) const {
  each_rows(products_, to.rows, to.cols, [&](std::size_t first, std::size_t rows) {
    for (std::size_t row = first; row < first + rows; ++row) {
      const float* const x = from.data + row * to.cols;
      float* const y = to.data + row * to.cols;
      if (occasion.training)
        drop_out({key_, occasion.step, occasion.first_row + static_cast<std::uint32_t>(row)}, rate_,
                 0, x, y, to.cols);
      else
        std::copy_n(x, to.cols, y);
    }
  });
}

void Dropout::forward(const LayerCall& call) const { drop(call.occasion, call.x.floats(), call.y); }

void Dropout::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (!dx.empty()) drop(call.occasion, dy, dx);
}

DropoutSpec DropoutSpec::read(const JsonValue& json) {
  json.expect_keys({"type"}, {"p"});
  return json.has("p") ? DropoutSpec(json.member("p").number(0, 1)) : DropoutSpec();
}

std::vector<LayerExample> DropoutSpec::examples() {
  return {{DropoutSpec(), {70}}, {DropoutSpec(0.25f), {2, 3, 4}}};
}

void DropoutSpec::write(nlohmann::json& json) const { json["p"] = p_; }

std::unique_ptr<Layer> DropoutSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Dropout>(setting.key, p_, setting.products);
}

}  // namespace mixnn
