#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// Labelled samples in their storage type, in memory.
struct DataSet {
  std::vector<std::int64_t> sample_shape;  // (channels, height, width)
  std::vector<std::uint8_t> inputs;        // count x product(sample_shape)
  std::vector<std::uint8_t> labels;        // count

  std::size_t count() const { return labels.size(); }
  std::size_t sample_bytes() const;
  ConstBytes sample(std::size_t index) const;
  // Copies the samples at `indices`, row by row, to `out` (indices.size() x sample_bytes()).
  void gather(std::span<const std::uint32_t> indices, Bytes out) const;
  void limit(std::size_t count);  // keeps the first `count` samples, where there are more
};

struct DataPair {
  std::string name;  // of the folder
  DataSet train, test;
};

// Reads {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, plain or .gz, as MNIST
// and Fashion-MNIST are published. Throws UsageError that names the file and what is wrong with it.
DataPair load_idx_folder(const std::filesystem::path& folder);

// The folder of a data set that is installed on this system (Debian: dataset-fashion-mnist), if
// there is one.
std::optional<std::filesystem::path> installed_dataset();

// Throws UsageError unless samples have the model's input shape and labels are below `classes`.
void check_fits(const DataSet& data, const std::vector<std::int64_t>& input_shape,
                std::int64_t classes, const std::string& which);

}  // namespace mixnn
