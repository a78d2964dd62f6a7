#pragma once
#include <filesystem>
#include <optional>

#include "mixnn/data/dataset.hpp"

namespace mixnn {

// Reads the data set in a folder, in whichever of the known formats (data/formats) it is. Throws
// UsageError that names the file and what is wrong with it.
DataPair load_data_folder(const std::filesystem::path& folder);

// The folder of a data set that is installed on this system (Debian: dataset-fashion-mnist), if
// there is one.
std::optional<std::filesystem::path> installed_dataset();

}  // namespace mixnn
