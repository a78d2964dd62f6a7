#pragma once
#include <cstddef>
#include <filesystem>

#include "mixnn/data/formats/format.hpp"
#include "mixnn/data/number_array.hpp"

namespace mixnn {

// {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, plain or .gz, as MNIST and
// Fashion-MNIST are published, or under other common names (file_names.hpp). Images of three
// dimensions (count, height, width) have one channel, of four they are (count, channels, height,
// width), and of two they are rows of a table.
bool idx_is_in(const std::filesystem::path& folder);
DataPair load_idx(const std::filesystem::path& folder, const DataRequest& request);
inline constexpr DataFormat kIdxFormat{"idx", "train-images-idx3-ubyte and the like, plain or .gz",
                                       idx_is_in, load_idx};

// Reads an IDX file (LeCun's format of MNIST), plain or gzip, with so many dimensions: a magic
// number that names the element type and the number of dimensions, the extents as big-endian 32-bit
// numbers, and the values, big-endian, too. Throws UsageError that names the file and what is wrong
// with it.
NumberArray read_idx(const std::filesystem::path& file, std::size_t least, std::size_t most);

}  // namespace mixnn
