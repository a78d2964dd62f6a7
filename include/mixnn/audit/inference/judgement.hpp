#pragma once
#include "mixnn/audit/inference/interval.hpp"
#include "mixnn/audit/inference/posterior.hpp"
#include "mixnn/audit/inference/reliability.hpp"

namespace mixnn {

// What samples tell of their truths, found by cross-validation.
struct Judgement {
  double prior_bits = 0;  // how much there is to learn: log2 of the number of answers
  Interval bits;          // learnt
  Interval found;         // share of the samples whose likeliest answer is the true one
  double stated = 0;      // mean probability that was stated to it
  Reliability parts;      // of all claims, such as that a rank follows another
};

Judgement judge(const Posterior& model);  // at least kFolds samples

}  // namespace mixnn
