#pragma once
#include <cstddef>
#include <string>

#include "mixnn/tensor/table.hpp"

namespace mixnn {

// Labelled samples in memory, in their storage type: as many rows of labels as of samples. What a
// row of labels says is the loss's affair.
struct DataSet {
  Table samples, labels;

  std::size_t count() const { return samples.rows(); }
  void limit(std::size_t most) {  // keeps the first samples, if there are more
    samples.limit(most);
    labels.limit(most);
  }
  DataSet first(std::size_t most) const { return {samples.first(most), labels.first(most)}; }
};

struct DataPair {
  std::string name;  // of the folder
  DataSet train, test;
};

}  // namespace mixnn
