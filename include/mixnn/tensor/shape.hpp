#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mixnn {

using Shape = std::vector<std::int64_t>;  // of one sample, without the rows; or of parameters
std::int64_t element_count(const Shape& shape);
std::string shape_text(const Shape& shape);  // as MODEL has it: "[1, 28, 28]"

}  // namespace mixnn
