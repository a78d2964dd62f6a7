#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/loss.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/onion/issuer.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/wrap.hpp"
#include "mixnn/role/cost_model.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/train/baseline.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMostTries = 15, kLeastTries = 3;
constexpr double kPatience = 0.03;  // seconds for the tries of one thing
// Products with more parameters are timed at fewer rows than a whole batch: so many multiplications at most.
constexpr double kStageProducts = 2.5e8, kBaselineProducts = 1.6e9;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

// Several runs of `once`, which gives the seconds of its parts; the first does not count. Medians by part.
template <class Once>
std::vector<double> tries(const Once& once) {
  std::vector<std::vector<double>> parts(once().size());
  const Stopwatch watch;
  for (std::size_t n = 0; n < kLeastTries || (n < kMostTries && watch.seconds() < kPatience); ++n) {
    const std::vector<double> seconds = once();
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].push_back(seconds[i]);
  }
  std::vector<double> medians;
  for (const std::vector<double>& part : parts) medians.push_back(median(part));
  return medians;
}

// Through two points, and never falling.
LinearCost through(double x0, double y0, double x1, double y1) {
  const double slope = x1 > x0 ? std::max(0.0, (y1 - y0) / (x1 - x0)) : y1 / x1;
  const double fixed = y1 - slope * x1;
  return fixed >= 0 ? LinearCost{fixed, slope} : LinearCost{0, y1 / x1};
}

std::vector<std::byte> random_bytes(std::size_t count) {
  CounterRng rng(0, RandomPurpose::kForecast, 1);
  std::vector<std::byte> bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next() & 0xff);
  return bytes;
}

AlignedBuffer random_input(const StageSpec& spec, std::size_t rows) {
  AlignedBuffer input(spec.input_bytes(rows));
  CounterRng rng(0, RandomPurpose::kForecast, 2);
  if (spec.input_type == ElementType::kUint8)
    copy_bytes(random_bytes(input.size()), input.bytes());
  else
    for (float& x : input.as<float>(input.size() / sizeof(float))) x = rng.uniform();
  return input;
}

// Forward, input gradient, accumulation and update of one stage.
std::vector<double> time_stage(const StageSpec& spec, std::span<const float> parameters, std::size_t rows) {
  Stage stage(spec);
  std::ranges::copy(parameters, stage.parameters().begin());
  Pass pass = stage.make_pass();
  const AlignedBuffer input = random_input(spec, rows);
  AlignedBuffer gradient(spec.output_bytes(rows));
  return tries([&] {
    std::ranges::fill(gradient.as<float>(gradient.size() / sizeof(float)), 1e-3f);
    std::vector<double> seconds;
    const auto timed = [&](const auto& work) {
      const Stopwatch watch;
      work();
      seconds.push_back(watch.seconds());
    };
    timed([&] { stage.forward(pass, input.bytes(), rows); });
    timed([&] { stage.input_gradient(pass, gradient.as<float>(gradient.size() / sizeof(float))); });
    timed([&] { stage.accumulate(pass); });
    timed([&] { stage.update(0); });
    return seconds;
  });
}

std::size_t rows_for(double products_of_row, double products, std::size_t batch) {
  const double rows = products / std::max(1.0, products_of_row);
  return std::clamp(static_cast<std::size_t>(std::min(rows, 1e9)), std::min<std::size_t>(16, batch), batch);
}

StageCosts calibrate_stage(const StageSpec& spec, std::span<const float> parameters, std::size_t batch) {
  const std::size_t many = rows_for(static_cast<double>(spec.parameter_count()), kStageProducts, batch);
  const std::size_t few = std::max<std::size_t>(1, many / 4);
  const std::vector<double> a = time_stage(spec, parameters, few), b = time_stage(spec, parameters, many);
  const auto cost = [&](std::size_t part) {
    return through(static_cast<double>(few), a[part], static_cast<double>(many), b[part]);
  };
  return {cost(0), cost(1), cost(2), b[3]};
}

// Equal stages are timed once.
std::vector<StageCosts> calibrate_stages(const ModelSpec& model, const TrainingOptions& training) {
  const std::vector<std::vector<float>> parameters = initial_parameters(model, 0);
  std::map<std::string, StageCosts> known;
  std::vector<StageCosts> costs;
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    const StageSpec spec = model.stage(i, static_cast<std::int64_t>(training.batch_size), training.momentum,
                                       training.weight_decay);
    const std::string text = stage_spec_to_json(spec);
    if (!known.contains(text)) known[text] = calibrate_stage(spec, parameters[i], training.batch_size);
    costs.push_back(known[text]);
  }
  return costs;
}

LinearCost calibrate_loss(std::size_t classes, std::size_t batch) {
  const auto at = [&](std::size_t rows) {
    std::vector<float> logits(rows * classes, 0.5f);
    const std::vector<std::uint8_t> labels(rows, 0);
    return tries([&] {
      const Stopwatch watch;
      softmax_cross_entropy(logits, labels, classes, 1e-3f, logits);
      return std::vector<double>{watch.seconds()};
    })[0];
  };
  const std::size_t few = std::max<std::size_t>(1, batch / 4);
  return through(static_cast<double>(few), at(few), static_cast<double>(batch), at(batch));
}

DataPair random_data(const ModelSpec& model, std::size_t count) {
  DataPair data;
  data.train.sample_shape = model.input_shape;
  for (const std::byte b : random_bytes(count * static_cast<std::size_t>(element_count(model.input_shape))))
    data.train.inputs.push_back(static_cast<std::uint8_t>(b));
  for (std::size_t i = 0; i < count; ++i)
    data.train.labels.push_back(static_cast<std::uint8_t>(i % static_cast<std::size_t>(model.classes())));
  return data;
}

double time_gather(const DataPair& data) {
  std::vector<std::uint32_t> order(data.train.count());
  std::iota(order.begin(), order.end(), 0u);
  AlignedBuffer rows(data.train.inputs.size());
  return tries([&] {
    const Stopwatch watch;
    data.train.gather(order, rows.bytes());
    return std::vector<double>{watch.seconds()};
  })[0];
}

// The fastest thread count, and its step in comparison with `expected`.
struct Threads {
  int count = 1;
  double share = 0;
};
Threads fastest_threads(const ModelSpec& model, const TrainingOptions& training, const DataPair& data,
                        int cores, double expected) {
  TrainingOptions step = training;
  step.batch_size = data.train.count();
  step.micro_batches = 1;
  step.learning_rate = 0;
  const auto time = [&](int threads) {
    Baseline baseline(model, data, step, threads);
    std::uint32_t epoch = 0;
    return tries([&] { return std::vector<double>{baseline.train_epoch(epoch++).wall_s}; })[0];
  };
  Threads best{1, time(1) / expected};
  for (int n = 2; n <= cores; n = n < cores && 2 * n > cores ? cores : 2 * n)
    if (const double share = time(n) / expected; share < best.share) best = {n, share};
  return best;
}

// One cell's way over three relays, again and again.
class Path {
 public:
  Path(AeadSuite suite, std::size_t body)
      : aead_(make_bulk_aead(suite)), payload_(random_bytes(body)), sink_(body), cell_(kBodyOffset + body) {
    for (std::size_t rank = 0; rank <= kHops + 1; ++rank) keys_.emplace_back(rng_.key(), Digest{});
    issuer_ = std::make_unique<TicketIssuer>(keys_, kSerialBits, *aead_, rng_);
    for (const EpochKeys& keys : keys_)
      peelers_.push_back(std::make_unique<Peeler>(keys, kSerialBits, *aead_, rng_));
  }

  static constexpr std::size_t kHops = 3;
  // Seconds of the ticket, the wrap, and the peels in the order of the path.
  std::vector<double> once() {
    std::vector<double> seconds;
    Stopwatch watch;
    const Ticket ticket = issuer_->issue(kRelays, kHops + 1, 1, {});
    seconds.push_back(watch.seconds());
    watch = Stopwatch();
    wrap(ticket, 0, payload_, *aead_, rng_, cell_);
    seconds.push_back(watch.seconds());
    for (std::size_t rank = 1; rank <= kHops + 1; ++rank) {
      watch = Stopwatch();
      const Peeled peeled = peelers_[rank]->peel(cell_, sink_);
      seconds.push_back(watch.seconds());
      MIXNN_CHECK(!std::holds_alternative<Reject>(peeled), "a cell of our own is good");
    }
    return seconds;
  }

 private:
  static constexpr unsigned kSerialBits = 12;
  static constexpr std::array<std::uint32_t, kHops> kRelays{1, 2, 3};
  class Sink final : public PayloadSink {
   public:
    explicit Sink(std::size_t body) : memory_(body) {}
    Bytes place(const Delivery&) override { return memory_.bytes(); }

   private:
    AlignedBuffer memory_;
  };

  Csprng rng_;
  std::unique_ptr<BulkAead> aead_;
  std::vector<EpochKeys> keys_;
  std::unique_ptr<TicketIssuer> issuer_;
  std::vector<std::unique_ptr<Peeler>> peelers_;
  std::vector<std::byte> payload_;
  Sink sink_;
  std::vector<std::byte> cell_;
};

// A measured wrap or peel.
struct Sample {
  std::size_t place;  // 0: wrap, 1: relay, 2: receiver
  double layer_bytes, layers, seconds;
  double weight() const { return 1 / (seconds * seconds); }
};

// seconds = fixed(place) + layers * (call + per_byte * bytes), by least squares of the relative errors.
void fit(const std::vector<Sample>& samples, CellCosts& cell, double& error) {
  struct Mean {
    double weight = 0, x = 0, y = 0;
  };
  std::array<Mean, 3> means;
  const auto y_of = [&](const Sample& s) { return s.seconds - s.layers * cell.aead.fixed; };
  for (const Sample& s : samples) {
    Mean& mean = means[s.place];
    mean.weight += s.weight();
    mean.x += s.weight() * s.layer_bytes;
    mean.y += s.weight() * y_of(s);
  }
  double xy = 0, xx = 0;
  for (const Sample& s : samples) {
    const Mean& mean = means[s.place];
    const double x = s.layer_bytes - mean.x / mean.weight;
    xy += s.weight() * x * (y_of(s) - mean.y / mean.weight);
    xx += s.weight() * x * x;
  }
  cell.aead.per_unit = std::max(0.0, xy / xx);
  const auto fixed = [&](std::size_t place) {
    const Mean& mean = means[place];
    return std::max(0.0, (mean.y - cell.aead.per_unit * mean.x) / mean.weight);
  };
  cell.wrap = fixed(0);
  cell.relay = fixed(1);
  cell.receive = fixed(2);
  error = 0;
  for (const Sample& s : samples) {
    const double predicted = std::array{cell.wrap, cell.relay, cell.receive}[s.place] +
                             s.layers * cell.aead.fixed + cell.aead.per_unit * s.layer_bytes;
    error += std::abs(predicted - s.seconds) / s.seconds / static_cast<double>(samples.size());
  }
}

double time_aead_call(AeadSuite suite) {
  constexpr std::size_t kCalls = 100;
  const std::unique_ptr<BulkAead> aead = make_bulk_aead(suite);
  std::array<std::byte, 64> text{};
  std::array<std::byte, kAeadTagBytes> tag{};
  const Key key;
  return tries([&] {
    const Stopwatch watch;
    for (std::uint32_t i = 0; i < kCalls; ++i) aead->seal(key, i, text, text, tag);
    return std::vector<double>{watch.seconds() / kCalls};
  })[0];
}

CellCosts calibrate_cell(AeadSuite suite, double& error) {
  CellCosts cell;
  cell.aead.fixed = time_aead_call(suite);
  std::vector<Sample> samples;
  std::vector<double> tickets;
  for (const std::size_t body :
       {std::size_t{2} << 10, std::size_t{16} << 10, std::size_t{48} << 10, std::size_t{128} << 10}) {
    Path path(suite, body);
    const std::vector<double> seconds = tries([&] { return path.once(); });
    const std::size_t layers[] = {sender_layers(Path::kHops), 1, 2, 1, receiver_layers(Path::kHops)};
    tickets.push_back(seconds[0]);
    for (std::size_t i = 0; i < std::size(layers); ++i)
      samples.push_back({i == 0             ? 0u
                         : i <= Path::kHops ? 1u
                                            : 2u,
                         static_cast<double>(layers[i] * body), static_cast<double>(layers[i]),
                         seconds[i + 1]});
  }
  fit(samples, cell, error);
  cell.slot = median(tickets) / (Path::kHops + 1);
  return cell;
}

double products_of_row(const ModelSpec& model) {
  double products = 0;
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    products += static_cast<double>(model.stage(i, 1, 0, 0).parameter_count());
  return products;
}

}  // namespace

CostModel calibrate(const ModelSpec& model, const TrainingOptions& training, AeadSuite suite, int cores) {
  const BlasThreadsScope one(1);
  CostModel costs;
  costs.cell = calibrate_cell(suite, costs.fit_error);
  costs.stages = calibrate_stages(model, training);
  costs.loss = calibrate_loss(static_cast<std::size_t>(model.classes()), training.batch_size);
  const std::size_t rows = rows_for(products_of_row(model), kBaselineProducts, training.batch_size);
  const DataPair data = random_data(model, rows);
  costs.inputs.per_unit = time_gather(data) / static_cast<double>(rows);
  LinearCost& step = costs.baseline = {costs.loss.fixed, costs.loss.per_unit + costs.inputs.per_unit};
  for (const StageCosts& stage : costs.stages) {
    step.fixed += stage.update;
    for (const LinearCost& part : {stage.forward, stage.input_gradient, stage.accumulate}) {
      step.fixed += part.fixed;
      step.per_unit += part.per_unit;
    }
  }
  const Threads threads = fastest_threads(model, training, data, cores, step(static_cast<double>(rows)));
  costs.baseline_threads = threads.count;
  step.fixed *= threads.share;
  step.per_unit *= threads.share;
  return costs;
}

}  // namespace mixnn
