#include "mixnn/train/learning_rate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace mixnn {
namespace {

// PyTorch's OneCycleLR with its defaults.
constexpr double kRisingShare = 0.3, kStartDivisor = 25, kEndDivisor = 1e4;

double along_cosine(double from, double to, double share) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
}

double one_cycle(const LearningRate& rate, double update, double updates) {
  const double start = rate.highest / kStartDivisor, end = start / kEndDivisor;
  const double top = kRisingShare * updates - 1;  // where it is highest
  if (update <= top) return along_cosine(start, rate.highest, update / top);
  return along_cosine(rate.highest, end, (update - top) / (updates - 1 - top));
}

double stepped(const LearningRate& rate, std::size_t epoch) {
  double now = rate.highest;
  for (std::size_t i = epoch / rate.step_epochs; i > 0 && now > rate.least; --i) now *= rate.gamma;
  return now;
}

// With ReduceLROnPlateau's defaults. All of its state follows from the losses.
double on_plateau(const LearningRate& rate, std::span<const double> tested) {
  constexpr double kThreshold = 1e-4, kLeastChange = 1e-8;
  double now = rate.highest, best = std::numeric_limits<double>::infinity();
  std::size_t bad = 0;
  for (const double loss : tested) {
    const bool better = loss < best * (1 - kThreshold);
    if (better) best = loss;
    bad = better ? 0 : bad + 1;
    if (bad <= rate.patience) continue;
    bad = 0;
    const double reduced = std::max(now * rate.gamma, rate.least);
    if (now - reduced > kLeastChange) now = reduced;
  }
  return now;
}

}  // namespace

float LearningRate::at(std::size_t update, std::size_t updates, std::size_t updates_of_an_epoch,
                       std::span<const double> tested) const {
  if (update < warmup)
    return static_cast<float>(highest *
                              (static_cast<double>(update + 1) / static_cast<double>(warmup + 1)));
  if (decay == LrDecay::kNone || updates <= warmup) return static_cast<float>(highest);
  const std::size_t now = std::min(update, updates - 1);
  const double all = static_cast<double>(updates - warmup),
               done = static_cast<double>(now - warmup);
  double rate = highest;
  switch (decay) {
    case LrDecay::kNone:
      break;
    case LrDecay::kLinear:
      rate = least + (highest - least) * ((all - done) / all);
      break;
    case LrDecay::kStep:
      rate = stepped(*this, now / std::max<std::size_t>(updates_of_an_epoch, 1));
      break;
    case LrDecay::kCosine:
      rate = along_cosine(highest, least, done / all);
      break;
    case LrDecay::kPlateau:
      rate = on_plateau(*this, tested);
      break;
    case LrDecay::kOneCycle:
      rate = one_cycle(*this, done, all);
      break;
  }
  return static_cast<float>(std::max(rate, least));
}

}  // namespace mixnn
