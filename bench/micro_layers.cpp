// What the mathematics of a stage costs on one core: matrix products and layers in the shapes of
// models/*.json at micro-batch rows, and the passes that are no matrix products. Google Benchmark.
//   rows    32: batch 128 in 4 micro-batches; 128: batch 512 in 4; 512: a whole batch, as the
//   baseline has it GFLOP/s two operations for each product and sum of the matrix products; GB/s
//   the floats read and written
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/chain.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/loss/cross_entropy.hpp"
#include "mixnn/tensor/elementwise.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/products.hpp"

namespace mixnn {
namespace {

using benchmark::Counter;

// Values as they might be in training: small, of both signs, never denormal.
class Floats {
 public:
  Floats(std::size_t rows, std::size_t cols)
      : rows_(rows), cols_(cols), memory_(rows * cols * sizeof(float)) {
    std::mt19937 generator(7);
    std::uniform_real_distribution<float> values(-0.05f, 0.05f);
    for (float& x : this->values()) x = values(generator);
  }
  std::span<float> values() { return memory_.as<float>(rows_ * cols_); }
  Matrix matrix() { return as_matrix(values(), rows_, cols_); }

 private:
  std::size_t rows_, cols_;
  AlignedBuffer memory_;
};

std::size_t size_at(const benchmark::State& state, std::size_t index) {
  return static_cast<std::size_t>(state.range(index));
}

void per_second(benchmark::State& state, const char* what, double amount_each) {
  state.counters[what] = Counter(amount_each, Counter::kIsIterationInvariantRate, Counter::kIs1000);
}

void flops(benchmark::State& state) {
  per_second(state, "FLOP/s",
             2.0 * static_cast<double>(state.range(0)) * static_cast<double>(state.range(1)) *
                 static_cast<double>(state.range(2)));
}

// Rows, inputs and outputs of every linear layer in models/.
void shapes_of_the_models(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"rows", "in", "out"});
  constexpr std::pair<int, int> kLayers[] = {{784, 128},  {128, 64},    {64, 10},
                                             {784, 1024}, {1024, 1024}, {1024, 10}};
  for (const auto& [in, out] : kLayers)
    for (const int rows : {32, 128, 512}) bench->Args({rows, in, out});
}

// y = x W^T, of the forward pass.
void gemm_forward(benchmark::State& state) {
  const std::size_t rows = size_at(state, 0), in = size_at(state, 1), out = size_at(state, 2);
  Floats x(rows, in), w(out, in), y(rows, out);
  for (auto _ : state) gemm_nt(x.matrix(), w.matrix(), 0.0f, y.matrix());
  flops(state);
}
BENCHMARK(gemm_forward)->Apply(shapes_of_the_models)->Unit(benchmark::kMicrosecond);

// dx = dy W.
void gemm_input_gradient(benchmark::State& state) {
  const std::size_t rows = size_at(state, 0), in = size_at(state, 1), out = size_at(state, 2);
  Floats dy(rows, out), w(out, in), dx(rows, in);
  for (auto _ : state) gemm_nn(dy.matrix(), w.matrix(), 0.0f, dx.matrix());
  flops(state);
}
BENCHMARK(gemm_input_gradient)->Apply(shapes_of_the_models)->Unit(benchmark::kMicrosecond);

// dW += dy^T x.
void gemm_weight_gradient(benchmark::State& state) {
  const std::size_t rows = size_at(state, 0), in = size_at(state, 1), out = size_at(state, 2);
  Floats dy(rows, out), x(rows, in), dw(out, in);
  for (auto _ : state) gemm_tn(dy.matrix(), x.matrix(), 1.0f, dw.matrix());
  flops(state);
}
BENCHMARK(gemm_weight_gradient)->Apply(shapes_of_the_models)->Unit(benchmark::kMicrosecond);

// The same three products whole, in the parts that the shapes ask for, and in one part for each
// thread of a crew: what cutting costs, and what helpers bring.
using Product = void (Products::*)(ConstMatrix, ConstMatrix, float, Matrix) const;
void in_parts(benchmark::State& state, Product product) {
  const std::size_t rows = size_at(state, 0), in = size_at(state, 1), out = size_at(state, 2);
  Crew crew(own_cores(size_at(state, 4) - 1));
  const Products products(crew, static_cast<Cutting>(state.range(3)));
  Floats x(rows, in), w(out, in), y(rows, out);
  for (auto _ : state) {
    if (product == &Products::nt) products.nt(x.matrix(), w.matrix(), 0.0f, y.matrix());
    if (product == &Products::nn) products.nn(y.matrix(), w.matrix(), 0.0f, x.matrix());
    if (product == &Products::tn) products.tn(y.matrix(), x.matrix(), 1.0f, w.matrix());
  }
  flops(state);
}
void parts_of_the_models(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"rows", "in", "out", "cutting", "threads"})
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
  constexpr std::array<std::array<int, 3>, 5> kShapes{
      {{64, 784, 128}, {128, 784, 128}, {128, 1024, 1024}, {256, 1024, 1024}, {512, 1024, 1024}}};
  for (const auto& [rows, in, out] : kShapes) {
    const auto args = [&, r = rows, i = in, o = out](Cutting cutting, int threads) {
      bench->Args({r, i, o, static_cast<int>(cutting), threads});
    };
    args(Cutting::kWhole, 1);
    args(Cutting::kByShape, 1);
    args(Cutting::kByShape, 2);
    args(Cutting::kByCrew, 2);
  }
}
BENCHMARK_CAPTURE(in_parts, forward, &Products::nt)->Apply(parts_of_the_models);
BENCHMARK_CAPTURE(in_parts, input_gradient, &Products::nn)->Apply(parts_of_the_models);
BENCHMARK_CAPTURE(in_parts, weight_gradient, &Products::tn)->Apply(parts_of_the_models);

// A linear layer and the relu behind it, as a stage runs them, with all it needs.
struct LinearRelu {
  std::size_t rows, in, out;
  Linear layer{in, out, true};
  Floats parameters{1, layer.parameter_count()}, gradients{1, layer.parameter_count()};
  Floats x{rows, in}, y{rows, out}, dy{rows, out}, dx{rows, in};

  explicit LinearRelu(const benchmark::State& state)
      : rows(size_at(state, 0)), in(size_at(state, 1)), out(size_at(state, 2)) {
    layer.absorb(Relu());
    layer.bind(parameters.values(), gradients.values());
    layer.forward(call());
  }
  LayerCall call() { return {LayerInput(x.matrix()), y.matrix(), {}, {}}; }
};

void linear_relu_forward(benchmark::State& state) {
  LinearRelu l(state);
  for (auto _ : state) l.layer.forward(l.call());
  flops(state);
}
BENCHMARK(linear_relu_forward)->Apply(shapes_of_the_models)->Unit(benchmark::kMicrosecond);

void linear_relu_input_gradient(benchmark::State& state) {
  LinearRelu l(state);
  for (auto _ : state) l.layer.input_gradient(l.call(), l.dy.matrix(), l.dx.matrix());
  flops(state);
}
BENCHMARK(linear_relu_input_gradient)->Apply(shapes_of_the_models)->Unit(benchmark::kMicrosecond);

void linear_relu_accumulate(benchmark::State& state) {
  LinearRelu l(state);
  for (auto _ : state) l.layer.accumulate(l.call(), l.dy.matrix());
  flops(state);
}
BENCHMARK(linear_relu_accumulate)->Apply(shapes_of_the_models)->Unit(benchmark::kMicrosecond);

void activations(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"rows", "features"})->ArgsProduct({{32, 128, 512}, {128, 1024}});
  bench->Unit(benchmark::kMicrosecond);
}

void float_bytes(benchmark::State& state, double floats_each) {
  per_second(state, "B/s", floats_each * sizeof(float));
}

void relu_forward(benchmark::State& state) {
  Floats x(size_at(state, 0), size_at(state, 1)), y(size_at(state, 0), size_at(state, 1));
  for (auto _ : state) Relu().forward({LayerInput(x.matrix()), y.matrix(), {}, {}});
  float_bytes(state, 2.0 * static_cast<double>(x.values().size()));
}
BENCHMARK(relu_forward)->Apply(activations);

void relu_input_gradient(benchmark::State& state) {
  Floats y(size_at(state, 0), size_at(state, 1)), dy(size_at(state, 0), size_at(state, 1)),
      dx(size_at(state, 0), size_at(state, 1));
  const LayerCall call{LayerInput(y.matrix()), y.matrix(), {}, {}};
  for (auto _ : state) Relu().input_gradient(call, dy.matrix(), dx.matrix());
  float_bytes(state, 3.0 * static_cast<double>(y.values().size()));
}
BENCHMARK(relu_input_gradient)->Apply(activations);

// What a stage does that is nothing but a flatten; others leave it out.
void flatten_forward(benchmark::State& state) {
  Floats x(size_at(state, 0), size_at(state, 1)), y(size_at(state, 0), size_at(state, 1));
  LayerSetting setting;
  setting.input = {state.range(1)};
  setting.max_rows = size_at(state, 0);
  const Chain chain({}, {}, setting);
  for (auto _ : state) chain.forward({LayerInput(x.matrix()), y.matrix(), {}, {}});
  float_bytes(state, 2.0 * static_cast<double>(x.values().size()));
}
BENCHMARK(flatten_forward)->Apply(activations);

void bias_gradient(benchmark::State& state) {
  Floats dy(size_at(state, 0), size_at(state, 1)), sums(1, size_at(state, 1));
  for (auto _ : state) add_column_sums(dy.matrix(), sums.values());
  float_bytes(state, static_cast<double>(dy.values().size()));
}
BENCHMARK(bias_gradient)->Apply(activations);

// Raw inputs of 784 bytes to floats: the first stage's first pass.
void scale_raw_inputs(benchmark::State& state) {
  const std::size_t count = size_at(state, 0) * 784;
  const std::vector<std::uint8_t> bytes(count, 100);
  Floats x(1, count);
  for (auto _ : state) scale_bytes(bytes, 1.0f / 255, x.values());
  float_bytes(state, 1.25 * static_cast<double>(count));
}
BENCHMARK(scale_raw_inputs)
    ->ArgName("rows")
    ->Arg(32)
    ->Arg(128)
    ->Arg(512)
    ->Unit(benchmark::kMicrosecond);

// Softmax, cross-entropy and its gradient, ten classes: the owner's part.
void loss(benchmark::State& state) {
  const std::size_t rows = size_at(state, 0), classes = 10;
  Floats logits(rows, classes), gradient(rows, classes);
  const Shape output{static_cast<std::int64_t>(classes)};
  const CrossEntropy loss;
  const Table labels = loss.example_labels(output, rows);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        loss.sum(output, logits.values(), Labels(labels, 0, rows), 1.0f / 128, gradient.values()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(loss)->ArgName("rows")->Arg(32)->Arg(128)->Arg(512)->Unit(benchmark::kMicrosecond);

// SGD with momentum over a stage's parameters, once a batch: reads three arrays and writes them. A
// momentum of 1 keeps the velocity from fading into denormal numbers, which are slow, however often
// it runs.
void sgd(benchmark::State& state) {
  const auto in = size_at(state, 0), count = in * size_at(state, 1) + size_at(state, 1);
  Floats parameters(1, count), velocity(1, count), gradients(1, count);
  const SgdStep step{.learning_rate = 0, .momentum = 1, .weight_decay = 0};
  for (auto _ : state) sgd_update(step, parameters.values(), velocity.values(), gradients.values());
  float_bytes(state, 6.0 * static_cast<double>(count));
}
BENCHMARK(sgd)
    ->ArgNames({"in", "out"})
    ->Args({784, 128})
    ->Args({128, 64})
    ->Args({64, 10})
    ->Args({784, 1024})
    ->Args({1024, 1024})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace mixnn
