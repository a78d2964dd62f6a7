#include "mixnn/audit/inference/cross_validation.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "mixnn/audit/inference/fit.hpp"
#include "mixnn/base/check.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

using Weights = std::vector<double>;
using Samples = std::vector<std::size_t>;

constexpr std::array kPenalties{100.0, 10.0, 1.0, 0.1};
constexpr std::array kFactors{0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8,
                              0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0};
constexpr std::array kDoubts{0.001, 0.003, 0.01, 0.03, 0.1, 0.3};
// Half a sample more, of which the model says that its truth cannot be: one that surprises is to be
// expected even if none has come.
constexpr double kSurprise = 0.5;
// What a model has to be better than the prior by, in nats over all inner samples, to be taken: by
// so much the best of many choices is better by chance.
constexpr double kChance = 1;

// What is chosen inside the training folds.
struct Choice {
  std::size_t penalty = 0;  // an index
  double factor = 0, doubt = 0;
};

double doubted(double probability, double before, double doubt) {
  return (1 - doubt) * probability + doubt * before;
}

Weights times(double factor, Weights weights) {
  for (double& weight : weights) weight *= factor;
  return weights;
}

class Folds {
 public:
  explicit Folds(std::size_t samples) : members_(kFolds) {
    Samples order(samples);
    std::iota(order.begin(), order.end(), std::size_t{0});
    CounterRng rng(kFolds, RandomPurpose::kAudit, 1);
    shuffle(std::span(order), rng);
    for (std::size_t i = 0; i < samples; ++i) members_[i % kFolds].push_back(order[i]);
  }
  const Samples& of(std::size_t fold) const { return members_[fold]; }
  Samples without(std::size_t fold, std::size_t other) const {
    Samples rest;
    for (std::size_t i = 0; i < kFolds; ++i)
      if (i != fold && i != other) rest.insert(rest.end(), of(i).begin(), of(i).end());
    return rest;
  }

 private:
  std::vector<Samples> members_;
};

class Validation {
 public:
  explicit Validation(const Posterior& model) : model_(model), folds_(model.samples()) {
    for (std::size_t fold = 0; fold < kFolds; ++fold)
      for (std::size_t other = fold + 1; other < kFolds; ++other) {
        const Samples training = folds_.without(fold, other);
        Weights weights;
        for (std::size_t p = 0; p < kPenalties.size(); ++p) {
          weights = fit(model_, training, kPenalties[p], weights);
          without_[p][fold][other] = without_[p][other][fold] = weights;
        }
      }
  }

  std::vector<HeldOut> judge() const {
    std::vector<HeldOut> held(model_.samples());
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
      const Choice choice = choose(fold);
      const Weights weights =
          times(choice.factor, fit(model_, folds_.without(fold, fold), kPenalties[choice.penalty],
                                   without_[choice.penalty][fold][(fold + 1) % kFolds]));
      for (const std::size_t sample : folds_.of(fold))
        held[sample] = judged(sample, weights, choice.doubt);
    }
    return held;
  }

 private:
  Choice choose(std::size_t fold) const {
    Choice best;
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t p = 0; p < kPenalties.size(); ++p)
      for (const double factor : kFactors) {
        const std::vector<std::pair<double, double>> truths = inner_truths(fold, p, factor);
        for (const double doubt : kDoubts) {
          double sum = kSurprise * std::log(doubt);
          for (const auto& [stated, before] : truths)
            sum += std::log(doubted(stated, before, doubt) / before);
          if (factor == 0) sum += kChance;
          if (sum <= most) continue;
          most = sum;
          best = {p, factor, doubt};
        }
      }
    return best;
  }

  // The truths' probabilities in all folds but this one, stated without their own, and before.
  std::vector<std::pair<double, double>> inner_truths(std::size_t fold, std::size_t penalty,
                                                      double factor) const {
    std::vector<std::pair<double, double>> truths;
    for (std::size_t inner = 0; inner < kFolds; ++inner) {
      if (inner == fold) continue;
      const Weights weights = times(factor, without_[penalty][fold][inner]);
      for (const std::size_t sample : folds_.of(inner))
        truths.emplace_back(std::exp(model_.log_truth(sample, weights, {})),
                            std::exp(-model_.log_answers(sample)));
    }
    return truths;
  }

  HeldOut judged(std::size_t sample, const Weights& weights, double doubt) const {
    const double before = std::exp(-model_.log_answers(sample));
    const double truth = std::exp(model_.log_truth(sample, weights, {}));
    HeldOut held{std::log2(doubted(truth, before, doubt) / before), model_.answer(sample, weights)};
    const auto doubt_claim = [&](Claim& claim) {
      claim.stated = doubted(claim.stated, claim.before, doubt);
    };
    doubt_claim(held.answer.best);
    for (Claim& claim : held.answer.parts) doubt_claim(claim);
    return held;
  }

  const Posterior& model_;
  const Folds folds_;
  // By penalty and two folds: fitted to the other three.
  std::array<std::array<std::array<Weights, kFolds>, kFolds>, kPenalties.size()> without_;
};

}  // namespace

std::vector<HeldOut> cross_validate(const Posterior& model) {
  MIXNN_CHECK(model.samples() >= kFolds, "fewer samples than folds");
  return Validation(model).judge();
}

}  // namespace mixnn
