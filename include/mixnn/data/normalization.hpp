#pragma once
#include <string>
#include <vector>

#include "mixnn/data/dataset.hpp"

namespace mixnn {

// x becomes (scale x - mean) / deviation, with a mean and a deviation for each channel: of samples
// [C, H, W] the C planes, of others the numbers of the last dimension.
struct Normalization {
  std::vector<float> mean, deviation;

  bool operator==(const Normalization&) const = default;
};

// Those that give the scaled numbers of this set the mean 0 and the deviation 1, computed in
// double; where all are alike, the deviation is 1.
Normalization normalization_of(const Table& samples, float scale);

// Makes float32 of all samples. Throws UsageError if there is one number for another count of
// channels; one alone is for all.
void normalize(DataPair& data, const Normalization& by, float scale);

}  // namespace mixnn
