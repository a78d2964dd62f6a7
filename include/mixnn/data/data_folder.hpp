#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/data/data_request.hpp"
#include "mixnn/data/dataset.hpp"

namespace mixnn {

// Reads the data set in a folder, in whichever of the known formats (data/formats) it is, or in the
// one that is requested. A sample that is flat, or differs from the requested shape by extents of 1
// alone, gets that shape; so does a label in the second case. Throws UsageError that names the file
// and what is wrong with it.
DataPair load_data_folder(const std::filesystem::path& folder, const DataRequest& request = {});

std::vector<std::string> data_format_names();

// The folder of a data set that is installed on this system (Debian: dataset-fashion-mnist), if
// there is one.
std::optional<std::filesystem::path> installed_dataset();

}  // namespace mixnn
