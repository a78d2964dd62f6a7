#pragma once
#include <cstddef>
#include <optional>

namespace mixnn {

// Of some rows, or of several such sums.
struct LossSum {
  double loss = 0;
  std::size_t correct = 0, answers = 0;  // no answers from a loss that knows no right one
  double weight = 0;                     // what the mean divides the loss by

  LossSum& operator+=(const LossSum& more) {
    loss += more.loss;
    correct += more.correct;
    answers += more.answers;
    weight += more.weight;
    return *this;
  }
  double mean() const { return loss / weight; }
  std::optional<double> accuracy() const {
    if (answers == 0) return std::nullopt;
    return static_cast<double>(correct) / static_cast<double>(answers);
  }
};

}  // namespace mixnn
