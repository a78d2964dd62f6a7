#pragma once
#include <nlohmann/json.hpp>

namespace mixnn {

using Json = nlohmann::ordered_json;  // keys stay in the order in which they are written

// The shortest decimal number that reads back as this float: 0.1, not 0.10000000149.
double decimal(float value);

}  // namespace mixnn
