#pragma once
#include <filesystem>
#include <string>

#include "mixnn/tensor/table.hpp"

namespace mixnn {

// Samples without labels, in a file of one of the formats of data sets: NPY or CSV, by the end of
// its name, else IDX; each plain or .gz. Those that are flat, or differ from `shape` by extents of
// 1 alone, get that shape. Of a CSV file the column `target` is left out, if it is not empty.
// Throws UsageError that names the file and what is wrong with it.
Table load_samples(const std::filesystem::path& file, const Shape& shape,
                   const std::string& target = {});

// The rows in that shape, if they are flat or alike, as above; else as they are.
Table in_shape(const Table& table, const Shape& wanted, bool flat);

}  // namespace mixnn
