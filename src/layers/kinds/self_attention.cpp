#include "mixnn/layers/kinds/self_attention.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/elementwise.hpp"
#include "mixnn/tensor/row_sums.hpp"

namespace mixnn {
namespace attention {

// Of a query's row of scores: the largest, and 1 / the sum of e^(score - largest).
struct ScoreMoments {
  float largest, factor;
};

// Which of the keys a query sees: the first ones, as many as this.
struct Seen {
  std::size_t of_first, more;  // by the first query, and by each after it
  std::size_t keys;
};

}  // namespace attention

using attention::ScoreMoments;
using attention::Seen;

namespace {

constexpr std::size_t kQueries = 64;    // computed together
constexpr std::size_t kMostParts = 16;  // that a crew shares
constexpr std::int64_t kMostHeads = 1024;

// Scores become weights: scaled, and their softmax. With `again` the moments are there.
MIXNN_CLONES void softmax_scores(float* __restrict s, ScoreMoments* __restrict moments,
                                 std::size_t queries, const Seen* seen, float scale, bool again) {
  const std::size_t keys = seen->keys;
  for (std::size_t q = 0; q < queries; ++q, s += keys) {
    const std::size_t n = std::min(seen->of_first + q * seen->more, keys);
    for (std::size_t k = 0; k < n; ++k) s[k] *= scale;
    const float largest = again ? moments[q].largest : largest_of(s, n);
    for (std::size_t k = 0; k < n; ++k) s[k] = exponential(s[k] - largest);
    const float factor =
        again ? moments[q].factor : 1.0f / sum_of(n, [s](std::size_t k) { return s[k]; });
    for (std::size_t k = 0; k < n; ++k) s[k] *= factor;
    for (std::size_t k = n; k < keys; ++k) s[k] = 0.0f;
    moments[q] = {largest, factor};
  }
}

// dp becomes the gradient of the scores: p (dp - the sum of p dp) scale. That sum is o do.
MIXNN_CLONES void softmax_scores_backward(const float* __restrict p, float* __restrict dp,
                                          const float* __restrict o, const float* __restrict d_o,
                                          std::size_t stride, std::size_t of_head,
                                          std::size_t queries, std::size_t keys, float scale) {
  for (std::size_t q = 0; q < queries; ++q, p += keys, dp += keys, o += stride, d_o += stride) {
    const float sum = sum_of(of_head, [o, d_o](std::size_t c) { return o[c] * d_o[c]; });
    for (std::size_t k = 0; k < keys; ++k) dp[k] = p[k] * (dp[k] - sum) * scale;
  }
}

std::size_t parts_of_heads(std::size_t heads) { return std::min(heads, kMostParts); }

}  // namespace

extern const LayerKind self_attention_kind = kind_of<SelfAttentionSpec>();

struct SelfAttention::Work {
  Matrix qkv, o, dqkv, d_o;
  std::span<ScoreMoments> moments;
  std::span<float> scratch;
  std::size_t rows;
};

struct SelfAttention::Head {
  Strided q, k, v, o, dq, dk, dv, d_o;
  ScoreMoments* moments;
  float* scratch;
  std::size_t row, number;  // row: of the micro-batch
};

// Some neighbouring ones.
struct SelfAttention::Queries {
  std::size_t first, count;
  Seen seen;
  Strided q, o, dq, d_o, p, dp;
  ScoreMoments* moments;
};

SelfAttention::SelfAttention(const AttentionShape& shape, const LayerSetting& setting)
    : shape_(shape),
      rate_(shape.dropout),
      key_(setting.key),
      products_(setting.products.of_tokens()),
      max_rows_(setting.max_rows) {
  const std::size_t tokens = max_rows_ * shape_.tokens, heads = max_rows_ * shape_.heads;
  const auto matrix = [&](std::size_t columns) {
    return layout_.add(tokens * columns * sizeof(float));
  };
  qkv_ = matrix(3 * shape_.features);
  o_ = matrix(shape_.features);
  moments_ = layout_.add(heads * shape_.tokens * sizeof(ScoreMoments));
  dqkv_ = matrix(3 * shape_.features);
  do_ = matrix(shape_.features);
  scratch_ = layout_.add(parts_of_heads(heads) * 2 * kQueries * shape_.tokens * sizeof(float));
}

SelfAttention::Parameters SelfAttention::parts_of(std::span<float> all) const {
  const std::size_t d = shape_.features;
  MIXNN_CHECK(all.size() == 4 * d * d + 4 * d, "size of a layer");
  return {.in = as_matrix(all.first(3 * d * d), 3 * d, d),
          .out = as_matrix(all.subspan(3 * d * d + 3 * d, d * d), d, d),
          .in_bias = all.subspan(3 * d * d, 3 * d),
          .out_bias = all.last(d)};
}

void SelfAttention::bind(std::span<float> parameters, std::span<float> gradients) {
  parameters_ = parts_of(parameters);
  gradients_ = parts_of(gradients);
}

SelfAttention::Work SelfAttention::work_of(const LayerCall& call) const {
  const std::size_t rows = call.y.rows, tokens = rows * shape_.tokens;
  const auto matrix = [&](std::size_t at, std::size_t columns) {
    return as_matrix(call.work<float>(tokens * columns, at), tokens, columns);
  };
  const std::size_t parts = parts_of_heads(rows * shape_.heads);
  return {.qkv = matrix(qkv_, 3 * shape_.features),
          .o = matrix(o_, shape_.features),
          .dqkv = matrix(dqkv_, 3 * shape_.features),
          .d_o = matrix(do_, shape_.features),
          .moments = call.work<ScoreMoments>(rows * shape_.heads * shape_.tokens, moments_),
          .scratch = call.work<float>(parts * 2 * kQueries * shape_.tokens, scratch_),
          .rows = rows};
}

// Every head of every sample: a crew shares them, and each part does some, one after the other.
void SelfAttention::each_head(const Work& work, FunctionRef<void(const Head&)> f) const {
  const std::size_t heads = work.rows * shape_.heads, parts = parts_of_heads(heads);
  const std::size_t tokens = shape_.tokens, d = shape_.of_head();
  products_.parts(parts, [&](std::size_t part) {
    for (std::size_t i = part * heads / parts; i < (part + 1) * heads / parts; ++i) {
      const std::size_t row = i / shape_.heads, number = i % shape_.heads;
      const auto columns = [&](Matrix m, std::size_t which) {
        float* const data = m.data + row * tokens * m.cols + which * shape_.features + number * d;
        return Strided{data, tokens, d, m.cols};
      };
      f({columns(work.qkv, 0), columns(work.qkv, 1), columns(work.qkv, 2), columns(work.o, 0),
         columns(work.dqkv, 0), columns(work.dqkv, 1), columns(work.dqkv, 2), columns(work.d_o, 0),
         work.moments.data() + i * tokens, work.scratch.data() + part * 2 * kQueries * tokens, row,
         number});
    }
  });
}

SelfAttention::Queries SelfAttention::queries_of(const Head& head, std::size_t first) const {
  const std::size_t tokens = shape_.tokens, count = std::min(kQueries, tokens - first);
  const std::size_t keys = shape_.causal ? first + count : tokens;
  const auto some = [&](const Strided& m) {
    return Strided{m.data + first * m.stride, count, m.cols, m.stride};
  };
  const Strided p{head.scratch, count, keys, keys};
  const Strided dp{head.scratch + kQueries * tokens, count, keys, keys};
  const Seen seen{shape_.causal ? first + 1 : tokens, shape_.causal ? std::size_t{1} : 0, keys};
  return {first,         count,          seen, some(head.q), some(head.o),
          some(head.dq), some(head.d_o), p,    dp,           head.moments + first};
}

namespace {

Strided first_rows(const Strided& m, std::size_t rows) { return {m.data, rows, m.cols, m.stride}; }

float score_scale(const AttentionShape& shape) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.of_head())));
}

}  // namespace

void SelfAttention::weigh(const Head& head, const Queries& some, bool again) const {
  gemm_nt(some.q, first_rows(head.k, some.seen.keys), 0.0f, some.p);
  softmax_scores(some.p.data, some.moments, some.count, &some.seen, score_scale(shape_), again);
}

// Of a row of the batch, each head and query has numbers of its own.
void SelfAttention::drop(const Head& head, const Queries& some, const Occasion& occasion,
                         Strided m) const {
  if (!occasion.training || shape_.dropout == 0.0f) return;
  const DropoutRow row{key_, occasion.step,
                       occasion.first_row + static_cast<std::uint32_t>(head.row)};
  const std::size_t of_query = (shape_.tokens + kDropoutBlock - 1) / kDropoutBlock * kDropoutBlock;
  for (std::size_t i = 0; i < some.count; ++i) {
    const std::size_t query = head.number * shape_.tokens + some.first + i;
    float* const values = m.data + i * m.stride;
    drop_out(row, rate_, query * of_query, values, values, m.cols);
  }
}

void SelfAttention::head_forward(const Head& head, const Occasion& occasion) const {
  for (std::size_t first = 0; first < shape_.tokens; first += kQueries) {
    const Queries some = queries_of(head, first);
    weigh(head, some, false);
    drop(head, some, occasion, some.p);
    gemm_nn(some.p, first_rows(head.v, some.seen.keys), 0.0f, some.o);
  }
}

void SelfAttention::head_backward(const Head& head, const Occasion& occasion) const {
  for (const Strided& sum : {head.dk, head.dv})
    for (std::size_t t = 0; t < sum.rows; ++t)
      std::fill_n(sum.data + t * sum.stride, sum.cols, 0.0f);
  for (std::size_t first = 0; first < shape_.tokens; first += kQueries) {
    const Queries some = queries_of(head, first);
    const std::size_t keys = some.seen.keys;
    weigh(head, some, true);
    gemm_nt(some.d_o, first_rows(head.v, keys), 0.0f, some.dp);
    drop(head, some, occasion, some.dp);
    softmax_scores_backward(some.p.data, some.dp.data, some.o.data, some.d_o.data, some.o.stride,
                            some.o.cols, some.count, keys, score_scale(shape_));
    gemm_nn(some.dp, first_rows(head.k, keys), 0.0f, some.dq);
    gemm_tn(some.dp, some.q, 1.0f, first_rows(head.dk, keys));
    drop(head, some, occasion, some.p);
    gemm_tn(some.p, some.d_o, 1.0f, first_rows(head.dv, keys));
  }
}

void SelfAttention::forward(const LayerCall& call) const {
  const Work work = work_of(call);
  const std::size_t tokens = work.o.rows, d = shape_.features;
  products_.nt({call.x.floats().data, tokens, d}, parameters_.in, 0.0f, work.qkv);
  add_bias(parameters_.in_bias, work.qkv);
  each_head(work, [&](const Head& head) { head_forward(head, call.occasion); });
  const Matrix y{call.y.data, tokens, d};
  products_.nt(work.o, parameters_.out, 0.0f, y);
  add_bias(parameters_.out_bias, y);
}

void SelfAttention::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  const Work work = work_of(call);
  const std::size_t tokens = work.o.rows, d = shape_.features;
  products_.nn({dy.data, tokens, d}, parameters_.out, 0.0f, work.d_o);
  each_head(work, [&](const Head& head) { head_backward(head, call.occasion); });
  if (!dx.empty()) products_.nn(work.dqkv, parameters_.in, 0.0f, {dx.data, tokens, d});
}

void SelfAttention::accumulate(const LayerCall& call, ConstMatrix dy) {
  const Work work = work_of(call);
  const std::size_t tokens = work.o.rows, d = shape_.features;
  products_.tn(work.dqkv, {call.x.floats().data, tokens, d}, 1.0f, gradients_.in);
  add_column_sums(work.dqkv, gradients_.in_bias);
  products_.tn({dy.data, tokens, d}, work.o, 1.0f, gradients_.out);
  add_column_sums({dy.data, tokens, d}, gradients_.out_bias);
}

SelfAttentionSpec SelfAttentionSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "num_heads"}, {"causal", "dropout"});
  SelfAttentionSpec spec(json.member("num_heads").integer(1, kMostHeads));
  if (json.has("causal")) spec.causal_ = json.member("causal").boolean();
  if (json.has("dropout")) spec.dropout_ = json.member("dropout").number(0, 1);
  return spec;
}

std::vector<LayerExample> SelfAttentionSpec::examples() {
  return {{SelfAttentionSpec(1), {3, 4}},
          {SelfAttentionSpec(2, true), {4, 6}},
          {SelfAttentionSpec(2, true, 0.25f), {66, 4}}};
}

void SelfAttentionSpec::write(nlohmann::json& json) const {
  json["num_heads"] = num_heads_;
  json["causal"] = causal_;
  json["dropout"] = dropout_;
}

std::string SelfAttentionSpec::shape_problem(const Shape& input) const {
  if (input.size() != 2)
    return "self_attention takes two dimensions, tokens and features, but gets " +
           shape_text(input);
  if (input[1] % num_heads_ != 0)
    return "self_attention shares features evenly among its heads, but gets " +
           std::to_string(input[1]) + " for " + std::to_string(num_heads_);
  return {};
}

Shape SelfAttentionSpec::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> SelfAttentionSpec::parameter_tensors(const Shape& input) const {
  const std::int64_t d = input[1];
  const auto features = static_cast<double>(d);
  const auto in = static_cast<float>(std::sqrt(6.0 / (4.0 * features)));
  const auto out = static_cast<float>(1.0 / std::sqrt(features));
  return {{"in_proj_weight", {3 * d, d}, uniform_within(in)},
          {"in_proj_bias", {3 * d}, all_equal(0)},
          {"out_proj.weight", {d, d}, uniform_within(out)},
          {"out_proj.bias", {d}, all_equal(0)}};
}

// Causal tokens see half of the others.
double SelfAttentionSpec::multiplications(const Shape& input) const {
  constexpr double kOfAWeight = 16;  // the exponential
  const auto tokens = static_cast<double>(input[0]), features = static_cast<double>(input[1]);
  const double seen = (causal_ ? 0.5 : 1.0) * tokens * tokens;
  return tokens * 4 * features * features +
         seen * (2 * features + kOfAWeight * static_cast<double>(num_heads_));
}

std::unique_ptr<Layer> SelfAttentionSpec::make(const LayerSetting& setting) const {
  const AttentionShape shape{.tokens = static_cast<std::size_t>(setting.input[0]),
                             .features = static_cast<std::size_t>(setting.input[1]),
                             .heads = static_cast<std::size_t>(num_heads_),
                             .causal = causal_,
                             .dropout = dropout_};
  return std::make_unique<SelfAttention>(shape, setting);
}

}  // namespace mixnn
