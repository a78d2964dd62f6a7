#include "mixnn/tensor/convolution.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "mixnn/tensor/elementwise.hpp"
#include "onednn.hpp"

namespace mixnn {
namespace {

using Memory = dnnl::memory;
using Dims = dnnl::memory::dims;

// Rows go to threads in strips, of at least so many multiplications. A strip is computed in blocks
// of so many floats, which stay in the cache for what comes next.
constexpr std::size_t kMostStrips = 4, kStripProducts = 16'000'000, kBlockFloats = 128 * 1024;

std::int64_t dim(std::size_t n) { return static_cast<std::int64_t>(n); }
Dims dims(Plane p) { return {dim(p.height), dim(p.width)}; }

Memory::desc floats(const Dims& shape, Memory::format_tag order) {
  return {shape, Memory::data_type::f32, order};
}

std::size_t quotient_up(std::size_t n, std::size_t by) { return (n + by - 1) / by; }

std::size_t most_strips(const ConvolutionShape& shape, std::size_t rows) {
  return std::clamp<std::size_t>(rows * shape.multiplications() / kStripProducts, 1,
                                 std::min(kMostStrips, rows));
}

// Of each strip, but for the last.
std::size_t rows_of_strip(const ConvolutionShape& shape, std::size_t rows) {
  return quotient_up(rows, most_strips(shape, rows));
}

std::size_t rows_of_block(const ConvolutionShape& shape) {
  const std::size_t row =
      shape.in_channels * shape.image.pixels() + shape.out_channels * shape.output().pixels();
  return std::max<std::size_t>(1, kBlockFloats / row);
}

// The tensors of so many rows, as oneDNN describes them.
struct Tensors {
  Memory::desc x, y, bias, weights;  // weights: in PyTorch's order
};

Tensors tensors_of(const ConvolutionShape& shape, std::size_t rows) {
  const auto images = [&](std::size_t channels, Plane plane) {
    return floats({dim(rows), dim(channels), dim(plane.height), dim(plane.width)},
                  Memory::format_tag::nhwc);
  };
  const Plane k = shape.window.kernel;
  const auto out = dim(shape.out_channels), in = dim(shape.in_channels);
  const auto groups = dim(shape.groups);
  Tensors t{images(shape.in_channels, shape.image),
            images(shape.out_channels, shape.output()),
            {},
            floats({out, in, dim(k.height), dim(k.width)}, Memory::format_tag::oihw)};
  if (groups > 1)
    t.weights = floats({groups, out / groups, in / groups, dim(k.height), dim(k.width)},
                       Memory::format_tag::goihw);
  if (shape.bias) t.bias = floats({out}, Memory::format_tag::x);
  return t;
}

Memory::desc any_order(const Memory::desc& weights) {
  return {weights.dims(), Memory::data_type::f32, Memory::format_tag::any};
}

constexpr auto kDirect = dnnl::algorithm::convolution_direct;

// oneDNN's kernels for so many rows, with weights in this order, or in the one that it chooses.
struct Kernels {
  const ConvolutionShape& shape;
  Tensors t;
  Dims stride, spread, padding;

  Kernels(const ConvolutionShape& of, std::size_t rows)
      : shape(of),
        t(tensors_of(of, rows)),
        stride(dims(of.window.stride)),
        spread{dim(of.window.dilation.height) - 1, dim(of.window.dilation.width) - 1},
        padding(dims(of.window.padding)) {
    onednn_on_this_thread();
  }

  auto forward(const Memory::desc& weights) const {
    return dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, kDirect, t.x, weights, t.bias, t.y, stride, spread,
         padding, padding},
        onednn_attributes(), onednn_engine());
  }
  auto data(const Memory::desc& weights) const {
    return dnnl::convolution_backward_data::primitive_desc(
        {kDirect, t.x, weights, t.y, stride, spread, padding, padding}, onednn_attributes(),
        onednn_engine(), forward(any_order(t.weights)));
  }
  auto weights(const Memory::desc& gradient) const {
    return dnnl::convolution_backward_weights::primitive_desc(
        {kDirect, t.x, gradient, t.bias, t.y, stride, spread, padding, padding},
        onednn_attributes(), onednn_engine(), forward(any_order(t.weights)));
  }
};

OneDnnCall reordering(const Memory::desc& from, const Memory::desc& to) {
  const dnnl::engine& engine = onednn_engine();
  return {dnnl::reorder::primitive_desc(engine, from, engine, to, onednn_attributes()),
          {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

}  // namespace

// Weights in oneDNN's order are made anew in each call: that takes far less time than what is done
// with them.
struct Convolution::State {
  using Calls = std::map<std::size_t, OneDnnCall>;  // by the number of rows
  // What one thread works with.
  struct Strip {
    Calls forward, data, weights;
    AlignedBuffer weight_gradient, bias_gradient;  // of its rows alone
  };

  ConvolutionShape shape;
  Products products;
  bool relu = false;
  std::size_t block_rows;
  // Orders of the weights. Of every number of rows the same.
  Memory::desc plain, for_forward, for_data, for_gradient;
  std::vector<Strip> strips;
  AlignedBuffer packed, unpacked;  // weights in oneDNN's order, and a gradient in PyTorch's
  std::optional<OneDnnCall> pack_forward, pack_data, unpack_gradient;

  State(const ConvolutionShape& s, std::size_t max_rows, bool input_gradient, Products p)
      : shape(s), products(p), block_rows(rows_of_block(s)), strips(most_strips(s, max_rows)) {
    const Kernels kernels(shape, block_rows);
    plain = kernels.t.weights;
    const Memory::desc any = any_order(plain);
    for_forward = kernels.forward(any).weights_desc();
    for_gradient = kernels.weights(any).diff_weights_desc();
    pack_forward.emplace(reordering(plain, for_forward));
    unpack_gradient.emplace(reordering(for_gradient, plain));
    if (input_gradient) {
      for_data = kernels.data(any).weights_desc();
      pack_data.emplace(reordering(plain, for_data));
    }
    packed = AlignedBuffer(std::max(for_forward.get_size(), for_data.get_size()));
    unpacked = AlignedBuffer(plain.get_size());
    for (Strip& strip : strips) {
      strip.weight_gradient = AlignedBuffer(for_gradient.get_size());
      strip.bias_gradient = AlignedBuffer(shape.out_channels * sizeof(float));
    }
  }

  std::size_t strips_used(std::size_t rows) const {
    return quotient_up(rows, rows_of_strip(shape, rows));
  }

  const float* pack(OneDnnCall& call, std::span<const float> weight) {
    MIXNN_CHECK(weight.size() == shape.weights(), "weights of a convolution");
    const float* const to = packed.as<float>(0).data();
    call({weight.data(), to});
    return to;
  }

  // each(strip, first row, rows) for all strips, which the crew shares.
  void share(std::size_t rows, FunctionRef<void(Strip&, std::size_t, std::size_t)> each) {
    const std::size_t of_strip = rows_of_strip(shape, rows);
    MIXNN_CHECK(strips_used(rows) <= strips.size(), "rows of a convolution");
    products.parts(strips_used(rows), [&](std::size_t i) {
      const std::size_t first = i * of_strip;
      each(strips[i], first, std::min(of_strip, rows - first));
    });
  }
  // The same for the blocks of each strip.
  void share_blocks(std::size_t rows, FunctionRef<void(Strip&, std::size_t, std::size_t)> each) {
    share(rows, [&](Strip& strip, std::size_t first, std::size_t n) {
      for (std::size_t done = 0; done < n; done += block_rows)
        each(strip, first + done, std::min(block_rows, n - done));
    });
  }

  OneDnnCall& forward_call(Strip& strip, std::size_t rows) {
    if (const auto made = strip.forward.find(rows); made != strip.forward.end())
      return made->second;
    const Kernels kernels(shape, rows);
    return strip.forward
        .emplace(rows, OneDnnCall(kernels.forward(for_forward), {{DNNL_ARG_SRC, kernels.t.x},
                                                                 {DNNL_ARG_WEIGHTS, for_forward},
                                                                 {DNNL_ARG_BIAS, kernels.t.bias},
                                                                 {DNNL_ARG_DST, kernels.t.y}}))
        .first->second;
  }
  OneDnnCall& data_call(Strip& strip, std::size_t rows) {
    if (const auto made = strip.data.find(rows); made != strip.data.end()) return made->second;
    const Kernels kernels(shape, rows);
    return strip.data
        .emplace(rows, OneDnnCall(kernels.data(for_data), {{DNNL_ARG_DIFF_DST, kernels.t.y},
                                                           {DNNL_ARG_WEIGHTS, for_data},
                                                           {DNNL_ARG_DIFF_SRC, kernels.t.x}}))
        .first->second;
  }
  OneDnnCall& weights_call(Strip& strip, std::size_t rows) {
    if (const auto made = strip.weights.find(rows); made != strip.weights.end())
      return made->second;
    const Kernels kernels(shape, rows);
    return strip.weights
        .emplace(rows,
                 OneDnnCall(kernels.weights(for_gradient), {{DNNL_ARG_SRC, kernels.t.x},
                                                            {DNNL_ARG_DIFF_DST, kernels.t.y},
                                                            {DNNL_ARG_DIFF_WEIGHTS, for_gradient},
                                                            {DNNL_ARG_DIFF_BIAS, kernels.t.bias}}))
        .first->second;
  }
};

Convolution::Convolution(const ConvolutionShape& shape, std::size_t max_rows, bool input_gradient,
                         Products products)
    : state_(std::make_unique<State>(shape, max_rows, input_gradient, products)) {}
Convolution::~Convolution() = default;

void Convolution::with_relu() { state_->relu = true; }

std::size_t Convolution::scratch_bytes() const {
  const State& s = *state_;
  return s.packed.size() + s.unpacked.size() +
         s.strips.size() * (s.strips[0].weight_gradient.size() + s.strips[0].bias_gradient.size());
}

void Convolution::forward(ConstMatrix x, std::span<const float> weight, std::span<const float> bias,
                          Matrix y) {
  State& s = *state_;
  const float* const packed = s.pack(*s.pack_forward, weight);
  s.share_blocks(x.rows, [&](State::Strip& strip, std::size_t first, std::size_t rows) {
    const Matrix out = rows_of(y, first, rows);
    s.forward_call(strip, rows)({rows_of(x, first, rows).data, packed, bias.data(), out.data});
    if (s.relu) relu(out.values());
  });
}

void Convolution::input_gradient(ConstMatrix y, Matrix dy, std::span<const float> weight,
                                 Matrix dx) {
  State& s = *state_;
  if (dx.empty() && !s.relu) return;
  const float* const packed = dx.empty() ? nullptr : s.pack(s.pack_data.value(), weight);
  s.share_blocks(dy.rows, [&](State::Strip& strip, std::size_t first, std::size_t rows) {
    const Matrix gradient = rows_of(dy, first, rows);
    if (s.relu) relu_mask(rows_of(y, first, rows).values(), gradient.values(), gradient.values());
    if (!dx.empty())
      s.data_call(strip, rows)({gradient.data, packed, rows_of(dx, first, rows).data});
  });
}

void Convolution::accumulate(ConstMatrix x, ConstMatrix dy, std::span<float> weight_gradient,
                             std::span<float> bias_gradient) {
  State& s = *state_;
  s.share(x.rows, [&](State::Strip& strip, std::size_t first, std::size_t rows) {
    s.weights_call(strip, rows)({rows_of(x, first, rows).data, rows_of(dy, first, rows).data,
                                 strip.weight_gradient.as<float>(0).data(),
                                 strip.bias_gradient.as<float>(0).data()});
  });
  const std::span<float> unpacked = s.unpacked.as<float>(s.shape.weights());
  const std::size_t count = s.strips_used(x.rows);
  for (std::size_t i = 0; i < count; ++i) {
    State::Strip& strip = s.strips[i];
    (*s.unpack_gradient)({strip.weight_gradient.as<float>(0).data(), unpacked.data()});
    add_column_sums({unpacked.data(), 1, unpacked.size()}, weight_gradient);
    if (s.shape.bias)
      add_column_sums({strip.bias_gradient.as<float>(0).data(), 1, bias_gradient.size()},
                      bias_gradient);
  }
}

}  // namespace mixnn
