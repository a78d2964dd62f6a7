#include "mixnn/train/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/layers/tied.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/train/clipping.hpp"

namespace mixnn {
namespace {

Cutting cutting_of(Threading::By by) {
  return by == Threading::By::kShapes ? Cutting::kByShape
         : by == Threading::By::kCrew ? Cutting::kByCrew
                                      : Cutting::kWhole;
}

int blas_threads_of(const Threading& threading) {
  return threading.by == Threading::By::kOpenBlas ? threading.threads : 1;
}

std::unique_ptr<Crew> make_crew(const Threading& threading) {
  return std::make_unique<Crew>(
      own_cores(static_cast<std::size_t>(threading.threads - blas_threads_of(threading))));
}

}  // namespace

struct Baseline::State {
  const DataPair& data;
  TrainingOptions options;
  Threading threading;
  std::unique_ptr<Crew> crew;
  Criterion criterion;
  Encoding encoding;  // of outputs
  std::vector<Stage> stages;
  std::vector<Pass> passes;
  AlignedBuffer inputs, outputs, output_gradient, gradient;  // of one micro-batch; the last encoded
  std::size_t tied;                 // floats, of the first stage and the last
  std::size_t epochs = 0;           // trained
  std::vector<double> tested = {};  // losses after them

  std::span<const float> forward(ConstBytes inputs, std::size_t rows, const Occasion& occasion);
  LossSum train_micro_batch(std::span<const std::uint32_t> samples, float gradient_scale,
                            const Occasion& occasion);
  Clipping clip(std::size_t epoch, std::size_t step) const;
};

// Rows of samples through all stages; the outputs.
std::span<const float> Baseline::State::forward(ConstBytes x, std::size_t rows,
                                                const Occasion& occasion) {
  for (std::size_t s = 0; s < stages.size(); ++s)
    x = stages[s].forward(passes[s], x, rows, occasion);
  return encoding.decoded(x, outputs.as<float>(rows * criterion.values()));
}

LossSum Baseline::State::train_micro_batch(std::span<const std::uint32_t> samples,
                                           float gradient_scale, const Occasion& occasion) {
  const std::size_t rows = samples.size();
  const Bytes x = inputs.bytes().first(rows * data.train.samples.row_bytes());
  options.gather(data.train, samples, occasion.step, x);
  const std::span<float> loss_gradient = output_gradient.as<float>(rows * criterion.values());
  const LossSum sum = criterion.sum(forward(x, rows, occasion), Labels(data.train.labels, samples),
                                    gradient_scale, loss_gradient);
  Bytes dy = encoding.encoded(loss_gradient, gradient.bytes());
  for (std::size_t s = stages.size(); s-- > 0;) {
    dy = stages[s].input_gradient(passes[s], dy);
    stages[s].accumulate(passes[s]);
  }
  return sum;
}

Clipping Baseline::State::clip(std::size_t epoch, std::size_t step) const {
  if (options.clip_norm == 0) return {};
  std::vector<double> squares;  // what is tied counts once
  for (const Stage& stage : stages)
    squares.push_back(stage.gradient_squares(&stage == &stages.back() ? tied : 0));
  return clipping_of(squares, options.clip_norm, epoch, step);
}

Baseline::Baseline(const ModelSpec& model, const DataPair& data, const TrainingOptions& options,
                   const Threading& threading)
    : state_(new State{data,
                       options,
                       threading,
                       make_crew(threading),
                       model.criterion(),
                       {options.wire, model.criterion().output()},
                       {},
                       {},
                       {},
                       {},
                       {},
                       {},
                       tied_parameters(model),
                       0}) {
  State& s = *state_;
  const Products products(*s.crew, cutting_of(threading.by));
  const std::size_t rows = options.max_rows();
  const std::vector<std::vector<float>> initial = initial_parameters(model, options.seed);
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    StageSpec spec = model.stage(i, static_cast<std::int64_t>(rows), options.optimizer_for(model),
                                 options.wire, options.seed);
    spec.stale_epoch = options.stale_epoch(data.train.count());
    s.stages.emplace_back(spec, products);
    std::ranges::copy(initial[i], s.stages[i].parameters().begin());
    s.passes.push_back(s.stages[i].make_pass());
  }
  s.inputs = AlignedBuffer(rows * data.train.samples.row_bytes());
  for (AlignedBuffer* buffer : {&s.outputs, &s.output_gradient})
    *buffer = AlignedBuffer(rows * s.criterion.values() * sizeof(float));
  s.gradient = AlignedBuffer(s.encoding.bytes(rows));
}

Baseline::~Baseline() = default;
Baseline::Baseline(Baseline&&) noexcept = default;

const Threading& Baseline::threading() const { return state_->threading; }

EpochResult Baseline::train_epoch(std::uint32_t epoch, const ProgressHook& progress) {
  State& s = *state_;
  const BlasThreadsScope threads(blas_threads_of(s.threading));
  const Stopwatch watch;
  const std::size_t samples = s.data.train.count();
  const std::vector<std::uint32_t> order = epoch_order(samples, s.options.seed, epoch);
  LossSum total;
  Progress now{
      .step = 0, .steps = steps_per_epoch(samples, s.options.batch_size), .total_samples = samples};
  while (now.step < now.steps) {
    const Step step = step_at(order, now.step, s.options.batch_size, s.options.micro_batches);
    const float gradient_scale =
        s.criterion.gradient_scale(Labels(s.data.train.labels, step.samples));
    auto rest = step.samples;
    Occasion occasion{.training = true,
                      .step = static_cast<std::uint32_t>(epoch * now.steps + now.step),
                      .first_row = 0};
    LossSum sum;
    for (const std::size_t rows : step.micro_batch_rows) {
      const LossSum part = s.train_micro_batch(rest.first(rows), gradient_scale, occasion);
      total += part;
      sum += part;
      occasion.first_row += static_cast<std::uint32_t>(rows);
      rest = rest.subspan(rows);
    }
    if (!std::isfinite(total.loss))
      throw RunError("the loss is no longer a finite number in epoch " + std::to_string(epoch + 1) +
                     ", step " + std::to_string(now.step + 1) + "; try a smaller --lr");
    const std::size_t made = epoch * now.steps + now.step;
    const float rate = s.options.learning_rate_at(made, s.options.epochs * now.steps, s.tested);
    share_gradient(s.stages.front(), s.stages.back(), s.tied);
    const Clipping clipping = s.clip(epoch, now.step);
    for (Stage& stage : s.stages) stage.update({made + 1, rate, clipping.scale});
    ++now.step;
    now.samples += step.samples.size();
    now.loss = total.mean();
    now.step_samples = step.samples.size();
    now.step_loss = sum.mean();
    now.learning_rate = rate;
    if (s.options.clip_norm > 0) now.gradient_norm = clipping.norm;
    if (progress) progress(now);
  }
  s.epochs = epoch + 1;
  return {watch.seconds(), samples, total.mean(), total.accuracy()};
}

void Baseline::outputs(const DataSet& set, const OutputSink& sink) {
  State& s = *state_;
  const BlasThreadsScope threads(blas_threads_of(s.threading));
  for (std::size_t first = 0; first < set.count(); first += s.options.max_rows()) {
    const std::size_t rows = std::min(s.options.max_rows(), set.count() - first);
    sink(first, s.forward(set.samples.rows(first, rows), rows, kEvaluation));
  }
}

TestResult Baseline::test() { return test(state_->data.watched()); }

TestResult Baseline::test(const DataSet& set) {
  State& s = *state_;
  const Stopwatch watch;
  LossSum total;
  outputs(set, [&](std::size_t first, std::span<const float> outputs) {
    const Labels labels(set.labels, first, outputs.size() / s.criterion.values());
    total += s.criterion.sum(outputs, labels, 0.0f, {});
  });
  const TestResult result{watch.seconds(), total.mean(), total.accuracy()};
  check_finite(result, s.epochs);
  check_finite(parameters(), s.epochs);
  return result;
}

void Baseline::tested(const TestResult& result) { state_->tested.push_back(result.loss); }

void Baseline::set_parameters(const std::vector<std::vector<float>>& parameters) {
  for (std::size_t s = 0; s < state_->stages.size(); ++s) {
    MIXNN_CHECK(parameters[s].size() == state_->stages[s].parameter_count(), "size of a stage");
    std::ranges::copy(parameters[s], state_->stages[s].parameters().begin());
  }
}

std::vector<std::vector<float>> Baseline::parameters() const {
  std::vector<std::vector<float>> all;
  for (const Stage& stage : state_->stages)
    all.emplace_back(stage.parameters().begin(), stage.parameters().end());
  return all;
}

}  // namespace mixnn
