#pragma once
#include <span>

namespace mixnn {

// In double. Value i adds to partial sum i mod 16, whatever the vector width, and these are added
// up in a fixed order: the same bits on every machine.
double sum_of_squares(std::span<const float> values);

}  // namespace mixnn
