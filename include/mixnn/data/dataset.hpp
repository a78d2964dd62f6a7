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
  DataSet taken(std::span<const std::uint32_t> rows) const {
    return {samples.taken(rows), labels.taken(rows)};
  }
};

struct DataPair {
  std::string name;  // of the folder
  DataSet train, test;
  DataSet validation = {};  // taken out of the training set; empty: there is none

  // What is tested after each epoch.
  const DataSet& watched() const { return validation.count() > 0 ? validation : test; }
};

}  // namespace mixnn
