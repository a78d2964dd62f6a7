#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace mixnn {

// An array of bytes as an IDX file holds it (LeCun's format of MNIST): a magic number that names
// the element type and the number of dimensions, the extents as big-endian 32-bit numbers, and the
// values in row-major order.
struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> values;
};

// Reads an IDX file of unsigned bytes with this many dimensions, plain or gzip. Throws UsageError
// that names the file and what is wrong with it. Memory is taken as data arrives, never because a
// header asks for it.
IdxArray read_idx(const std::filesystem::path& file, std::size_t dimensions);

}  // namespace mixnn
