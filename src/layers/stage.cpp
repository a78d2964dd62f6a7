#include "mixnn/layers/stage.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "mixnn/layers/chain.hpp"
#include "mixnn/layers/input_decoder.hpp"
#include "mixnn/layers/stale_weights.hpp"
#include "mixnn/tensor/elementwise.hpp"
#include "mixnn/tensor/sum_of_squares.hpp"

namespace mixnn {
namespace {

std::size_t features(const Shape& shape) { return static_cast<std::size_t>(element_count(shape)); }

AlignedBuffer zeros(std::size_t count) {
  AlignedBuffer buffer(count * sizeof(float));
  std::ranges::fill(buffer.as<float>(count), 0.0f);
  return buffer;
}

Matrix view(AlignedBuffer& buffer, std::size_t rows, std::size_t columns) {
  return as_matrix(buffer.as<float>(rows * columns), rows, columns);
}

LayerSetting setting_of(const StageSpec& spec, Products products) {
  LayerSetting setting;
  setting.input = spec.input_shape;
  setting.max_rows = static_cast<std::size_t>(spec.max_rows);
  setting.input_gradient = spec.input_gradient;
  setting.products = products;
  return setting;
}

std::vector<UpdatedTensor> updated_tensors(const StageSpec& spec) {
  std::vector<UpdatedTensor> tensors;
  for (ParameterTensor& tensor : spec.parameter_tensors())
    tensors.push_back({std::move(tensor.shape), tensor.trained});
  return tensors;
}

}  // namespace

struct Pass::State {
  std::size_t rows = 0;
  bool forward_done = false, gradient_done = false;
  Occasion occasion;
  ConstBytes input;
  Matrix dy;
  AlignedBuffer y, dx, workspace;
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
  Chain chain;
  InputDecoder decoder;
  Encoding input, output;
  std::size_t input_features, output_features, parameter_count;
  std::vector<UpdatedTensor> tensors;  // of the parameters
  AlignedBuffer state, gradients;      // as Stage::state() says
  std::optional<StaleWeights> stale;
  std::span<float> bound;  // the parameters that layers compute with

  State(const StageSpec& s, Products p, std::uint32_t updates)
      : spec(s),
        products(p),
        chain(spec.layers, spec.keys, setting_of(spec, p)),
        decoder(spec, p),
        input(spec.input_encoding()),
        output(spec.output_encoding()),
        input_features(features(spec.input_shape)),
        output_features(features(spec.output_shape())),
        parameter_count(spec.parameter_count()),
        tensors(updated_tensors(spec)),
        state(zeros(spec.state_count())),
        gradients(zeros(parameter_count)) {
    MIXNN_CHECK(spec.input_gradient ? !is_integer(spec.input_type) && spec.scale == 1.0f : true,
                "inputs with a gradient are floats as they are");
    if (spec.stale_epoch > 0)
      stale.emplace(newest(), all().last(parameter_count), spec.stale_epoch, updates);
    bound = newest();
    chain.bind(bound, gradients.as<float>(parameter_count));
  }

  std::span<float> all() { return state.as<float>(state.size() / sizeof(float)); }
  std::span<float> newest() { return state.as<float>(parameter_count); }
  void bind_for(const Occasion& occasion);
  bool raw() const { return !spec.input_gradient; }
  struct PassSizes;
  PassSizes pass_sizes() const;
  LayerCall call_of(Pass::State& pass);
  void check_gradient(const Pass::State& pass, ConstBytes output_gradient) const;
  Bytes backward(Pass::State& pass, std::span<float> output_gradient);
};

void Stage::State::bind_for(const Occasion& occasion) {
  if (!stale) return;
  const std::span<float> wanted = occasion.training ? stale->of(occasion.step) : newest();
  if (wanted.data() == bound.data()) return;
  bound = wanted;
  chain.bind(bound, gradients.as<float>(parameter_count));
}

// Bytes of a pass's buffers.
struct Stage::State::PassSizes {
  std::size_t y, dx, workspace, encoded_output, decoded_gradient, encoded_gradient;
};

Stage::State::PassSizes Stage::State::pass_sizes() const {
  const auto rows = static_cast<std::size_t>(spec.max_rows);
  const std::size_t inputs = rows * input_features, outputs = rows * output_features;
  // Memory beside that of the floats, where it is needed.
  const auto beside = [](const Encoding& encoding, std::size_t bytes) {
    return encoding.in_place() ? 0 : bytes;
  };
  return {.y = outputs * sizeof(float),
          .dx = raw() ? 0 : inputs * sizeof(float),
          .workspace = chain.workspace_bytes(),
          .encoded_output = beside(output, output.bytes(rows)),
          .decoded_gradient = beside(output, outputs * sizeof(float)),
          .encoded_gradient = raw() ? 0 : beside(input, input.bytes(rows))};
}

LayerCall Stage::State::call_of(Pass::State& pass) {
  const Matrix y = view(pass.y, pass.rows, output_features);
  if (!decoder.in_place())
    return {{spec.input_type, pass.input, decoder}, y, pass.workspace.bytes(), pass.occasion};
  const ConstMatrix x{reinterpret_cast<const float*>(pass.input.data()), pass.rows, input_features};
  return {x, y, pass.workspace.bytes(), pass.occasion};
}

Stage::Stage(const StageSpec& spec, Products products, std::uint32_t updates)
    : state_(std::make_unique<State>(spec, products, updates)) {}
Stage::~Stage() = default;
Stage::Stage(Stage&&) noexcept = default;

const StageSpec& Stage::spec() const { return state_->spec; }

Pass Stage::make_pass() const {
  const State::PassSizes sizes = state_->pass_sizes();
  auto pass = std::make_unique<Pass::State>();
  pass->y = AlignedBuffer(sizes.y);
  pass->dx = AlignedBuffer(sizes.dx);
  pass->workspace = AlignedBuffer(sizes.workspace);
  pass->encoded_output = AlignedBuffer(sizes.encoded_output);
  pass->decoded_gradient = AlignedBuffer(sizes.decoded_gradient);
  pass->encoded_gradient = AlignedBuffer(sizes.encoded_gradient);
  return Pass(std::move(pass));
}

std::size_t Stage::pass_bytes() const {
  const State::PassSizes s = state_->pass_sizes();
  return s.y + s.dx + s.workspace + s.encoded_output + s.decoded_gradient + s.encoded_gradient;
}

std::size_t Stage::scratch_bytes() const {
  return state_->decoder.memory_bytes() + state_->chain.scratch_bytes();
}

ConstBytes Stage::forward(Pass& pass, ConstBytes input, std::size_t rows,
                          const Occasion& occasion) {
  State& s = *state_;
  Pass::State& p = *pass.state_;
  MIXNN_CHECK(rows >= 1 && rows <= static_cast<std::size_t>(s.spec.max_rows),
              "rows of a micro-batch");
  MIXNN_CHECK(input.size() == s.input.bytes(rows), "size of a stage's input");
  p.rows = rows;
  p.input = input;
  p.occasion = occasion;
  s.bind_for(occasion);
  s.decoder.begin(input);
  const LayerCall call = s.call_of(p);
  s.chain.forward(call);
  p.forward_done = true;
  p.gradient_done = false;
  return s.output.encoded(call.y.values(), p.encoded_output.bytes(), s.products);
}

Bytes Stage::input_gradient(Pass& pass, Bytes output_gradient) {
  State& s = *state_;
  Pass::State& p = *pass.state_;
  s.check_gradient(p, output_gradient);
  const std::size_t room = p.decoded_gradient.size() / sizeof(float);
  return s.backward(p, s.output.decoded(output_gradient, p.decoded_gradient.as<float>(room)));
}

Bytes Stage::input_gradient_beside(Pass& pass, ConstBytes output_gradient) {
  State& s = *state_;
  Pass::State& p = *pass.state_;
  s.check_gradient(p, output_gradient);
  if (p.decoded_gradient.size() == 0) p.decoded_gradient = AlignedBuffer(beside_bytes());
  const std::span<float> own = p.decoded_gradient.as<float>(p.rows * s.output_features);
  s.output.decode(output_gradient, own);
  return s.backward(p, own);
}

std::size_t Stage::beside_bytes() const {
  const Encoding& output = state_->output;
  return output.in_place() ? output.bytes(static_cast<std::size_t>(state_->spec.max_rows)) : 0;
}

void Stage::State::check_gradient(const Pass::State& pass, ConstBytes output_gradient) const {
  MIXNN_CHECK(pass.forward_done, "forward comes before input_gradient");
  MIXNN_CHECK(output_gradient.size() == output.bytes(pass.rows), "size of an output gradient");
}

Bytes Stage::State::backward(Pass::State& pass, std::span<float> output_gradient) {
  pass.dy = as_matrix(output_gradient, pass.rows, output_features);
  bind_for(pass.occasion);
  const Matrix dx = raw() ? Matrix{} : view(pass.dx, pass.rows, input_features);
  chain.input_gradient(call_of(pass), pass.dy, dx);
  pass.forward_done = false;
  pass.gradient_done = true;
  return raw() ? Bytes{} : input.encoded(dx.values(), pass.encoded_gradient.bytes(), products);
}

void Stage::accumulate(Pass& pass) {
  Pass::State& p = *pass.state_;
  MIXNN_CHECK(p.gradient_done, "input_gradient comes before accumulate");
  State& s = *state_;
  s.bind_for(p.occasion);
  s.chain.accumulate(s.call_of(p), p.dy);
  if (s.stale && s.stale->are_stale(s.bound)) s.stale->take_untrained(s.tensors);
  p.gradient_done = false;
}

void Stage::update(const UpdateStep& step) {
  State& s = *state_;
  const std::span<float> own = s.gradients.as<float>(s.parameter_count);
  if (step.gradient_scale != 1.0f)
    s.products.each(own.size(), [&](std::size_t from, std::size_t count) {
      const std::span<float> part = own.subspan(from, count);
      scale_floats(part, step.gradient_scale, part);
    });
  if (s.stale) s.stale->before_update();
  const std::size_t updated = (1 + optimizer_slots(s.spec.optimizer)) * s.parameter_count;
  update_parameters(s.spec.optimizer, step, s.tensors, state().first(updated), own, s.products);
}

std::size_t Stage::parameter_count() const { return state_->parameter_count; }

std::size_t Stage::parameter_bytes() const {
  return (state_->stale ? 2 : 1) * state_->parameter_count * sizeof(float);
}

std::span<float> Stage::parameters() { return state_->newest(); }

std::span<float> Stage::state() { return state_->all(); }

std::size_t Stage::optimizer_bytes() const {
  const State& s = *state_;
  return s.gradients.size() + s.state.size() - parameter_bytes();
}

std::span<const float> Stage::parameters() const {
  return std::as_const(state_->state).as<float>(state_->parameter_count);
}

std::span<float> Stage::gradients() { return state_->gradients.as<float>(state_->parameter_count); }

std::span<const float> Stage::gradients() const {
  return std::as_const(state_->gradients).as<float>(state_->parameter_count);
}

double Stage::gradient_squares(std::size_t left_out) const {
  return sum_of_squares(gradients().first(state_->parameter_count - left_out));
}

}  // namespace mixnn
