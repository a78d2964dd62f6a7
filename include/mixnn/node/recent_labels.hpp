#pragma once
#include <algorithm>
#include <array>
#include <cstddef>

#include "mixnn/wire/description.hpp"

namespace mixnn {

// The last labels under which something was done: far more than there are requests under way.
class RecentLabels {
 public:
  void add(const Label& label) {
    labels_[next_] = label;
    next_ = (next_ + 1) % labels_.size();
  }
  bool contains(const Label& label) const {
    return std::ranges::find(labels_, label) != labels_.end();
  }

 private:
  std::array<Label, 4096> labels_{};
  std::size_t next_ = 0;
};

}  // namespace mixnn
