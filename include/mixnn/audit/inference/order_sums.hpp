#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mixnn {

inline constexpr std::size_t kMostCandidates = 12;

// The score of what never is.
inline constexpr double kNever = -std::numeric_limits<double>::infinity();

// A score for each order of n candidates: the sum over its places of place[candidate * n + place],
// and over what stands side by side of follow[before * n + behind].
struct OrderScores {
  std::size_t n = 0;
  std::vector<double> place, follow;
};

// In which share of the orders, weighed by their probability, a candidate stands at a place, and
// another right behind it. The same layout.
struct OrderShares {
  std::vector<double> place, follow;
};

// The distribution over all n! orders in which each has a probability in proportion to e^score:
// exact, by sums over the sets of candidates that stand first (n 2^n numbers). A score counts as no
// more than about 300 / n below the largest of its kind, which keeps all within a double's range.
// kNever excludes orders; some must be left.
class OrderSums {
 public:
  explicit OrderSums(const OrderScores& scores);  // n from 1 to kMostCandidates

  double log_probability(std::span<const std::uint32_t> order) const;  // in nats
  OrderShares shares() const;
  std::vector<std::uint32_t> best() const;  // the likeliest order; of several, the same always

 private:
  std::size_t n_;
  std::vector<double> place_, follow_;  // e^score, [place][candidate] and [before][behind]
  std::vector<double> begun_;           // by set and its last candidate: all ways to stand there
  double sum_ = 0;
};

}  // namespace mixnn
