#pragma once
#include <filesystem>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// What a file holds. Throws UsageError.
std::vector<std::byte> whole_file(const std::filesystem::path& file);

}  // namespace mixnn
