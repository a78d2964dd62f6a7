#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/tensor/table.hpp"

namespace mixnn {

// Takes the network's outputs for rows of a set, in order: those from row `first` on.
using OutputSink = std::function<void(std::size_t first, std::span<const float> outputs)>;
// The bytes of the next sample; they stay until the one after it.
using NextSample = std::function<ConstBytes()>;

// How good a network's outputs are, over a whole set. An answer is a sample, or each token of a
// sequence.
struct Evaluation {
  std::size_t samples = 0;
  double loss = 0;  // the mean

  struct Classes {  // of a loss that knows right answers
    std::size_t answers = 0;
    double accuracy = 0;
    std::size_t k = 0;  // of top_k; 0: there is none
    double top_k = 0;   // share of answers that are among the classes with the k largest outputs
    // confusion[label][prediction]; empty if there are too many classes
    std::vector<std::vector<std::uint64_t>> confusion;
    double perplexity = 0;  // e^loss
  };
  std::optional<Classes> classes;

  struct Values {  // of a loss of numbers
    double mse = 0, mae = 0;
    // 1 - squared errors / squared distances from the mean, over all values of the targets
    double r2 = 0;
  };
  std::optional<Values> values;
};

// Adds it up, over all labels of a set. The labels outlive it.
class Evaluator {
 public:
  // `output`: shape of one row of outputs. At most `k` largest ones count for top_k.
  Evaluator(const Loss& loss, const Shape& output, const Table& labels, std::size_t k);

  void add(std::size_t first, std::span<const float> outputs);
  Evaluation result() const;

 private:
  void add_answer(const CrossEntropy&, ConstBytes labels, std::size_t index,
                  std::span<const float> outputs);
  void add_answer(const BinaryCrossEntropy&, ConstBytes labels, std::size_t index,
                  std::span<const float> outputs);
  void add_answer(const Mse&, ConstBytes labels, std::size_t index, std::span<const float> outputs);

  Loss loss_;
  Criterion criterion_;
  const Table& labels_;
  std::size_t classes_;  // outputs of an answer
  LossSum sum_;
  std::size_t samples_ = 0, k_ = 0, among_k_ = 0;
  std::vector<std::vector<std::uint64_t>> confusion_;
  double squares_ = 0, distances_ = 0, targets_ = 0, target_squares_ = 0;
  std::size_t values_ = 0;
};

// The class with the largest output; of equal ones the first.
std::size_t predicted_class(std::span<const float> outputs);
// What softmax makes of logits, in place.
void make_probabilities(std::span<float> outputs);

}  // namespace mixnn
