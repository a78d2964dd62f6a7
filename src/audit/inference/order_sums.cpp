#include "mixnn/audit/inference/order_sums.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

// e^(score - largest), where a difference counts up to `most`.
double weight(double score, double largest, double most) {
  return score == kNever ? 0 : std::exp(std::max(score - largest, -most));
}

std::size_t members(std::size_t set) { return static_cast<std::size_t>(std::popcount(set)); }
bool holds(std::size_t set, std::size_t candidate) { return (set >> candidate & 1) != 0; }

}  // namespace

OrderSums::OrderSums(const OrderScores& scores)
    : n_(scores.n), place_(n_ * n_), follow_(n_ * n_), begun_(n_ << n_) {
  MIXNN_CHECK(n_ > 0 && n_ <= kMostCandidates, "so many orders are not added up");
  const double most = 300.0 / static_cast<double>(n_);
  for (std::size_t at = 0; at < n_; ++at) {
    double largest = scores.place[at];
    for (std::size_t c = 0; c < n_; ++c) largest = std::max(largest, scores.place[c * n_ + at]);
    for (std::size_t c = 0; c < n_; ++c)
      place_[at * n_ + c] = weight(scores.place[c * n_ + at], largest, most);
  }
  double largest = n_ > 1 ? scores.follow[1] : 0;
  for (std::size_t i = 0; i < n_ * n_; ++i)
    if (i % (n_ + 1) != 0) largest = std::max(largest, scores.follow[i]);
  for (std::size_t i = 0; i < n_ * n_; ++i)
    if (i % (n_ + 1) != 0) follow_[i] = weight(scores.follow[i], largest, most);

  for (std::size_t c = 0; c < n_; ++c) begun_[(std::size_t{1} << c) * n_ + c] = place_[c];
  for (std::size_t set = 1; set + 1 < std::size_t{1} << n_; ++set) {
    const double* const here = &begun_[set * n_];
    const double* const next_place = &place_[members(set) * n_];
    for (std::size_t c = 0; c < n_; ++c) {
      if (holds(set, c)) continue;
      double ways = 0;
      for (std::size_t last = 0; last < n_; ++last) ways += here[last] * follow_[last * n_ + c];
      begun_[(set | std::size_t{1} << c) * n_ + c] = ways * next_place[c];
    }
  }
  for (std::size_t c = 0; c < n_; ++c) sum_ += begun_[((std::size_t{1} << n_) - 1) * n_ + c];
}

double OrderSums::log_probability(std::span<const std::uint32_t> order) const {
  double score = 0;
  for (std::size_t at = 0; at < n_; ++at) {
    score += std::log(place_[at * n_ + order[at]]);
    if (at > 0) score += std::log(follow_[order[at - 1] * n_ + order[at]]);
  }
  return score - std::log(sum_);
}

OrderShares OrderSums::shares() const {
  OrderShares shares{std::vector<double>(n_ * n_), std::vector<double>(n_ * n_)};
  std::vector<double> to_go(n_ << n_);  // by set and its last candidate: all ways to go on
  std::vector<double> next(n_);
  const std::size_t all = (std::size_t{1} << n_) - 1;
  for (std::size_t set = all; set > 0; --set) {
    const double* const here = &begun_[set * n_];
    if (set != all)
      for (std::size_t c = 0; c < n_; ++c)
        next[c] = holds(set, c)
                      ? 0
                      : place_[members(set) * n_ + c] * to_go[(set | std::size_t{1} << c) * n_ + c];
    for (std::size_t last = 0; last < n_; ++last) {
      if (!holds(set, last)) continue;
      double ways = set == all ? 1 : 0;
      for (std::size_t c = 0; set != all && c < n_; ++c) {
        ways += follow_[last * n_ + c] * next[c];
        shares.follow[last * n_ + c] += here[last] * next[c];
      }
      to_go[set * n_ + last] = ways;
      shares.place[last * n_ + members(set) - 1] += here[last] * ways / sum_;
    }
  }
  for (std::size_t i = 0; i < n_ * n_; ++i) shares.follow[i] *= follow_[i] / sum_;
  return shares;
}

std::vector<std::uint32_t> OrderSums::best() const {
  std::vector<double> most(n_ << n_);
  std::vector<std::uint32_t> before(n_ << n_);
  const std::size_t all = (std::size_t{1} << n_) - 1;
  for (std::size_t set = 1; set <= all; ++set)
    for (std::size_t c = 0; c < n_; ++c) {
      if (!holds(set, c)) continue;
      const std::size_t rest = set ^ std::size_t{1} << c;
      const double here = place_[members(rest) * n_ + c];
      if (rest == 0) most[set * n_ + c] = here;
      for (std::size_t last = 0; last < n_; ++last) {
        const double way = most[rest * n_ + last] * follow_[last * n_ + c] * here;
        if (!holds(rest, last) || way <= most[set * n_ + c]) continue;
        most[set * n_ + c] = way;
        before[set * n_ + c] = static_cast<std::uint32_t>(last);
      }
    }
  std::vector<std::uint32_t> order(n_);
  const auto ends = most.begin() + static_cast<std::ptrdiff_t>(all * n_);
  auto last = static_cast<std::uint32_t>(std::max_element(ends, most.end()) - ends);
  for (std::size_t set = all, at = n_; at-- > 0;) {
    order[at] = last;
    const std::uint32_t previous = before[set * n_ + last];
    set ^= std::size_t{1} << last;
    last = previous;
  }
  return order;
}

}  // namespace mixnn
