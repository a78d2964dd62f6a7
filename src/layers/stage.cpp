#include "mixnn/layers/stage.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {
namespace {

std::size_t features(const Shape& shape) { return static_cast<std::size_t>(element_count(shape)); }

// A layer as the stage runs it, and what it needs to know of it.
struct Step {
  std::unique_ptr<Layer> layer;
  std::size_t inputs = 0, outputs = 0;
};

// Leaves out flatten, which moves nothing, and lets a linear layer do the relu behind it.
std::vector<Step> make_steps(const StageSpec& spec, Products products) {
  std::vector<Step> steps;
  Shape shape = spec.input_shape;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const std::size_t inputs = features(shape);
    shape = output_shape(spec.layers[i], shape);
    const std::size_t outputs = features(shape);
    if (std::holds_alternative<LinearSpec>(spec.layers[i])) {
      const bool relu =
          i + 1 < spec.layers.size() && std::holds_alternative<ReluSpec>(spec.layers[i + 1]);
      const auto then = relu ? Linear::Then::kRelu : Linear::Then::kNothing;
      steps.push_back({std::make_unique<Linear>(inputs, outputs, then, products), inputs, outputs});
      if (relu) ++i;
    } else if (std::holds_alternative<ReluSpec>(spec.layers[i])) {
      steps.push_back({std::make_unique<Relu>(), inputs, outputs});
    }
  }
  if (steps.empty())
    steps.push_back({std::make_unique<Flatten>(), features(shape), features(shape)});
  return steps;
}

}  // namespace

// What one step leaves: its output y, and the gradients of its output (of the step behind, or the
// caller's) and input.
struct StepState {
  AlignedBuffer y, dx;
  Matrix dy;
};

struct Pass::State {
  std::size_t rows = 0;
  bool forward_done = false, gradient_done = false;
  ConstBytes input;
  std::vector<StepState> steps;
  // Where what goes in and out is not float32: the result and its gradient, that of the input.
  AlignedBuffer encoded_output, decoded_gradient, encoded_gradient;
};

Pass::Pass(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pass::Pass(Pass&&) noexcept = default;
Pass& Pass::operator=(Pass&&) noexcept = default;
Pass::~Pass() = default;

struct Stage::State {
  StageSpec spec;
  Products products;
  std::vector<Step> steps;
  std::size_t input_features = 0;
  // The first step that has to know the gradient of its output, and the first whose input gradient
  // is wanted: behind raw inputs nothing is, up to the first layer with parameters.
  std::size_t first_backward = 0, first_gradient = 0;
  AlignedBuffer state, gradients;  // state: parameters, then the optimizer's slots
  std::size_t parameter_count = 0;
  std::vector<Shape> tensors;  // of the parameters
  // Inputs of other types as floats, of one pass at a time: making them anew from the bytes is
  // faster than fetching several times as much from beyond the nearest caches, and memory is
  // bounded by one micro-batch.
  AlignedBuffer decoded;
  const Pass::State* decoded_of = nullptr;

  bool raw() const { return !spec.input_gradient; }
  // Whether inputs are read where they lie.
  bool in_place() const { return spec.input_type == ElementType::kFloat32 && spec.scale == 1.0f; }
  std::size_t output_features() const { return steps.back().outputs; }
  ConstMatrix input_of(const Pass::State& pass, std::size_t step);
  void decode_input(ConstBytes input, std::size_t from, std::span<float> values) const;
  Bytes encoded(ElementType type, std::span<float> values, AlignedBuffer& memory) const;
};

namespace {

AlignedBuffer zeros(std::size_t count) {
  AlignedBuffer buffer(count * sizeof(float));
  std::ranges::fill(buffer.as<float>(count), 0.0f);
  return buffer;
}

AlignedBuffer floats(std::size_t rows, std::size_t columns) {
  return AlignedBuffer(rows * columns * sizeof(float));
}

// Memory for values in this type, where the floats' own will not do.
AlignedBuffer encoded_memory(ElementType type, std::size_t values) {
  return AlignedBuffer(type == ElementType::kFloat32 ? 0 : values * element_bytes(type));
}

Matrix view(AlignedBuffer& buffer, std::size_t rows, std::size_t columns) {
  return as_matrix(buffer.as<float>(rows * columns), rows, columns);
}

ConstMatrix view(const AlignedBuffer& buffer, std::size_t rows, std::size_t columns) {
  return as_matrix(buffer.as<float>(rows * columns), rows, columns);
}

}  // namespace

ConstMatrix Stage::State::input_of(const Pass::State& pass, std::size_t step) {
  if (step > 0) return view(pass.steps[step - 1].y, pass.rows, steps[step].inputs);
  if (in_place())
    return {reinterpret_cast<const float*>(pass.input.data()), pass.rows, input_features};
  const Matrix floats = view(decoded, pass.rows, input_features);
  if (std::exchange(decoded_of, &pass) != &pass)
    products.each(pass.rows * input_features, [&](std::size_t from, std::size_t count) {
      decode_input(pass.input, from, floats.values().subspan(from, count));
    });
  return floats;
}

void Stage::State::decode_input(ConstBytes input, std::size_t from, std::span<float> values) const {
  const std::size_t size = element_bytes(spec.input_type);
  const ConstBytes bytes = input.subspan(from * size, values.size() * size);
  if (raw())
    decode_scaled(spec.input_type, bytes, spec.scale, values);
  else
    decode(spec.input_type, bytes, values);
}

// The values in this type: where they are, or in `memory`.
Bytes Stage::State::encoded(ElementType type, std::span<float> values,
                            AlignedBuffer& memory) const {
  if (type == ElementType::kFloat32) return std::as_writable_bytes(values);
  const std::size_t size = element_bytes(type);
  const Bytes bytes = memory.bytes().first(values.size() * size);
  products.each(values.size(), [&](std::size_t from, std::size_t count) {
    encode(type, values.subspan(from, count), bytes.subspan(from * size, count * size));
  });
  return bytes;
}

Stage::Stage(const StageSpec& spec, Products products) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.spec = spec;
  s.products = products;
  s.steps = make_steps(spec, products);
  s.input_features = features(spec.input_shape);
  s.parameter_count = spec.parameter_count();
  s.tensors = spec.parameter_shapes();
  s.state = zeros(spec.state_count());
  s.gradients = zeros(s.parameter_count);
  MIXNN_CHECK(spec.input_gradient ? !is_integer(spec.input_type) && spec.scale == 1.0f : true,
              "inputs with a gradient are floats as they are");
  if (!s.in_place()) s.decoded = floats(static_cast<std::size_t>(spec.max_rows), s.input_features);
  std::size_t bound = 0, first_with_parameters = s.steps.size();
  for (std::size_t i = 0; i < s.steps.size(); ++i) {
    const std::size_t count = s.steps[i].layer->parameter_count();
    if (count > 0) first_with_parameters = std::min(first_with_parameters, i);
    s.steps[i].layer->bind(parameters().subspan(bound, count),
                           s.gradients.as<float>(s.parameter_count).subspan(bound, count));
    bound += count;
  }
  MIXNN_CHECK(bound == s.parameter_count, "layers and specification agree on the parameters");
  s.first_backward = s.raw() ? first_with_parameters : 0;
  s.first_gradient = s.raw() ? first_with_parameters + 1 : 0;
}

Stage::~Stage() = default;
Stage::Stage(Stage&&) noexcept = default;

const StageSpec& Stage::spec() const { return state_->spec; }

Pass Stage::make_pass() const {
  const StageSpec& spec = state_->spec;
  const auto rows = static_cast<std::size_t>(spec.max_rows);
  auto pass = std::make_unique<Pass::State>();
  for (std::size_t i = 0; i < state_->steps.size(); ++i) {
    StepState step;
    step.y = floats(rows, state_->steps[i].outputs);
    if (i >= state_->first_gradient) step.dx = floats(rows, state_->steps[i].inputs);
    pass->steps.push_back(std::move(step));
  }
  const std::size_t outputs = rows * state_->output_features();
  pass->encoded_output = encoded_memory(spec.output_type, outputs);
  if (spec.output_type != ElementType::kFloat32) pass->decoded_gradient = floats(1, outputs);
  if (!state_->raw())
    pass->encoded_gradient = encoded_memory(spec.input_type, rows * state_->input_features);
  return Pass(std::move(pass));
}

std::size_t Stage::pass_bytes() const {
  const State& s = *state_;
  std::size_t floats = 0, encoded = 0;  // a row's
  for (std::size_t i = 0; i < s.steps.size(); ++i) {
    floats += s.steps[i].outputs;
    if (i >= s.first_gradient) floats += s.steps[i].inputs;
  }
  if (s.spec.output_type != ElementType::kFloat32) {
    floats += s.output_features();  // their gradient
    encoded += s.output_features() * element_bytes(s.spec.output_type);
  }
  if (!s.raw() && s.spec.input_type != ElementType::kFloat32)
    encoded += s.input_features * element_bytes(s.spec.input_type);
  return static_cast<std::size_t>(s.spec.max_rows) * (floats * sizeof(float) + encoded);
}

std::size_t Stage::scratch_bytes() const { return state_->decoded.size(); }

ConstBytes Stage::forward(Pass& pass, ConstBytes input, std::size_t rows) {
  State& s = *state_;
  Pass::State& p = *pass.state_;
  MIXNN_CHECK(rows >= 1 && rows <= static_cast<std::size_t>(s.spec.max_rows),
              "rows of a micro-batch");
  MIXNN_CHECK(input.size() == rows * s.input_features * element_bytes(s.spec.input_type),
              "size of a stage's input");
  p.rows = rows;
  p.input = input;
  if (s.decoded_of == &p) s.decoded_of = nullptr;
  for (std::size_t i = 0; i < s.steps.size(); ++i)
    s.steps[i].layer->forward(s.input_of(p, i), view(p.steps[i].y, rows, s.steps[i].outputs));
  p.forward_done = true;
  p.gradient_done = false;
  return s.encoded(s.spec.output_type, view(p.steps.back().y, rows, s.output_features()).values(),
                   p.encoded_output);
}

Bytes Stage::input_gradient(Pass& pass, Bytes output_gradient) {
  const State& s = *state_;
  Pass::State& p = *pass.state_;
  MIXNN_CHECK(p.forward_done, "forward comes before input_gradient");
  MIXNN_CHECK(
      output_gradient.size() == p.rows * s.output_features() * element_bytes(s.spec.output_type),
      "size of an output gradient");
  const std::size_t room = p.decoded_gradient.size() / sizeof(float);
  Matrix gradient =
      as_matrix(decoded(s.spec.output_type, output_gradient, p.decoded_gradient.as<float>(room)),
                p.rows, s.output_features());
  for (std::size_t i = s.steps.size(); i-- > s.first_backward;) {
    p.steps[i].dy = gradient;
    const Matrix dx =
        i >= s.first_gradient ? view(p.steps[i].dx, p.rows, s.steps[i].inputs) : Matrix{};
    s.steps[i].layer->input_gradient(view(std::as_const(p.steps[i].y), p.rows, s.steps[i].outputs),
                                     gradient, dx);
    gradient = dx;
  }
  p.forward_done = false;
  p.gradient_done = true;
  return s.raw() ? Bytes{} : s.encoded(s.spec.input_type, gradient.values(), p.encoded_gradient);
}

void Stage::accumulate(Pass& pass) {
  State& s = *state_;
  Pass::State& p = *pass.state_;
  MIXNN_CHECK(p.gradient_done, "input_gradient comes before accumulate");
  for (std::size_t i = s.first_backward; i < s.steps.size(); ++i)
    s.steps[i].layer->accumulate(s.input_of(p, i), p.steps[i].dy);
  p.gradient_done = false;
}

void Stage::update(const UpdateStep& step) {
  State& s = *state_;
  update_parameters(s.spec.optimizer, step, s.tensors, state(),
                    s.gradients.as<float>(s.parameter_count), s.products);
}

std::size_t Stage::parameter_count() const { return state_->parameter_count; }

std::span<float> Stage::parameters() { return state_->state.as<float>(state_->parameter_count); }

std::span<float> Stage::state() {
  return state_->state.as<float>(state_->state.size() / sizeof(float));
}

std::size_t Stage::optimizer_bytes() const {
  const State& s = *state_;
  return s.gradients.size() + s.state.size() - s.parameter_count * sizeof(float);
}

std::span<const float> Stage::parameters() const {
  return std::as_const(state_->state).as<float>(state_->parameter_count);
}

std::span<const float> Stage::gradients() const {
  return std::as_const(state_->gradients).as<float>(state_->parameter_count);
}

}  // namespace mixnn
