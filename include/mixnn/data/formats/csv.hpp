#pragma once
#include <filesystem>

#include "mixnn/data/formats/format.hpp"
#include "mixnn/data/number_array.hpp"

namespace mixnn {

// Tables with a header of names: train.csv and test.csv, plain or .gz. Every column is a number;
// the last one is the target, or the one that the request names. A sample is the others, float32,
// in their order.
bool csv_is_in(const std::filesystem::path& folder);
DataPair load_csv(const std::filesystem::path& folder, const DataRequest& request);
// Samples without targets, of one such file: every column, but for the one of that name, if it is
// not empty.
NumberArray read_csv_samples(const std::filesystem::path& file, const std::string& left_out);
inline constexpr DataFormat kCsvFormat{"csv", "train.csv and test.csv, plain or .gz", csv_is_in,
                                       load_csv};

}  // namespace mixnn
