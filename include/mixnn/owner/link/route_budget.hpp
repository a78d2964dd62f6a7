#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mixnn {

// How many messages take one draw's routes before the next is made, which comes with fresh keys:
// all of an epoch's, or those of one mini-batch. What is more than that at once has a draw of its
// own.
class RouteBudget {
 public:
  explicit RouteBudget(std::uint64_t most) : most_(most) {}

  bool has(std::uint64_t messages) const { return taken_ == 0 || messages <= most_ - taken_; }
  void take(std::uint64_t messages) { taken_ = std::min(most_, taken_ + messages); }
  void renew() { taken_ = 0; }
  // Requests of so many messages each that one draw suffices for; at least 1.
  std::size_t requests(std::uint64_t messages_of_one) const {
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(most_ / messages_of_one, 1, kMost));
  }

 private:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 20;  // requests at once

  std::uint64_t most_, taken_ = 0;
};

}  // namespace mixnn
