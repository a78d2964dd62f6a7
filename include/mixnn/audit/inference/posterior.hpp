#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace mixnn {

// A statement about one sample: its probability before anything was seen, the one that a model
// states, and whether it holds.
struct Claim {
  double before = 0, stated = 0;
  bool holds = false;
};

// What a model says of one sample beside the truth's probability.
struct Answer {
  Claim best;                // that the likeliest answer is the true one
  std::vector<Claim> parts;  // such as that a rank follows another, for each pair of them
};

// Samples, each with some possible answers, of which one is true; and models of them whose scores
// are linear in their weights: an answer's probability is in proportion to the one that it had
// before anything was seen, times e^score. So all weights at 0 are the prior, and a factor on them
// all is a temperature.
class Posterior {
 public:
  virtual ~Posterior() = default;
  virtual std::size_t samples() const = 0;
  virtual std::size_t weights() const = 0;
  // Minus the logarithm of the truth's probability before anything was seen: where all answers are
  // as likely, that of their number, in nats.
  virtual double log_answers(std::size_t sample) const = 0;

  // The logarithm of the truth's probability. Adds its gradient to `gradient`, if that is not
  // empty.
  virtual double log_truth(std::size_t sample, std::span<const double> weights,
                           std::span<double> gradient) const = 0;
  virtual Answer answer(std::size_t sample, std::span<const double> weights) const = 0;

  // By weight: how far its features are from their mean in a sample (root mean square). 0: never.
  virtual std::vector<double> spreads(std::span<const std::size_t> samples) const = 0;
};

}  // namespace mixnn
