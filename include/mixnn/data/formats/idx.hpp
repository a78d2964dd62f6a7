#pragma once
#include <cstddef>
#include <filesystem>
#include <vector>

#include "mixnn/data/formats/format.hpp"

namespace mixnn {

// {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, plain or .gz, as MNIST and
// Fashion-MNIST are published, or under other common names (file_names.hpp).
bool idx_is_in(const std::filesystem::path& folder);
DataPair load_idx(const std::filesystem::path& folder);
inline constexpr DataFormat kIdxFormat{"IDX", "train-images-idx3-ubyte and the like, plain or .gz",
                                       idx_is_in, load_idx};

// An array of bytes as an IDX file holds it (LeCun's format of MNIST): a magic number that names
// the element type and the number of dimensions, the extents as big-endian 32-bit numbers, and the
// values in row-major order.
struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::byte> values;
};

// Reads an IDX file of unsigned bytes with this many dimensions, plain or gzip. Throws UsageError
// that names the file and what is wrong with it. Memory is taken as data arrives, never because a
// header asks for it.
IdxArray read_idx(const std::filesystem::path& file, std::size_t dimensions);

}  // namespace mixnn
