#include "mixnn/layers/kinds/flatten.hpp"

#include "mixnn/layers/image.hpp"
#include "mixnn/tensor/transpose.hpp"

namespace mixnn {
namespace {

// Of every row, a matrix of so many columns.
void transpose_rows(ConstMatrix from, Matrix to, std::size_t columns, const Products& products) {
  products.parts(from.rows, [&](std::size_t row) {
    transpose(as_matrix(rows_of(from, row, 1).values(), from.cols / columns, columns),
              rows_of(to, row, 1).values());
  });
}

}  // namespace

extern const LayerKind flatten_kind = kind_of<FlattenSpec>();

void FlattenImages::forward(const LayerCall& call) const {
  transpose_rows(call.x.floats(), call.y, channels_, products_);
}

void FlattenImages::input_gradient(const LayerCall&, Matrix dy, Matrix dx) const {
  if (!dx.empty()) transpose_rows(dy, dx, pixels_, products_);
}

FlattenSpec FlattenSpec::read(const JsonValue& json) {
  json.expect_keys({"type"});
  return {};
}

std::vector<LayerExample> FlattenSpec::examples() {
  return {{FlattenSpec(), {2, 3, 4}}, {FlattenSpec(), {3, 4}}, {FlattenSpec(), {1, 3, 4}}};
}

void FlattenSpec::write(nlohmann::json&) const {}

std::string FlattenSpec::shape_problem(const Shape&) const { return {}; }

Shape FlattenSpec::output_shape(const Shape& input) const { return {element_count(input)}; }

std::vector<ParameterTensor> FlattenSpec::parameter_tensors(const Shape&) const { return {}; }

double FlattenSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> FlattenSpec::make(const LayerSetting& setting) const {
  if (!channels_last_differs(setting.input)) return nullptr;
  return std::make_unique<FlattenImages>(channels_of(setting.input), plane_of(setting.input),
                                         setting.products);
}

}  // namespace mixnn
