#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace mixnn {

using Json = nlohmann::ordered_json;  // keys stay in the order in which they are written

// The shortest decimal number that reads back as this float: 0.1, not 0.10000000149.
double decimal(float value);

// The text of a file that the program writes, in several lines or in one. Bytes that are no UTF-8
// become U+FFFD, and control characters are escaped. Readers that have only doubles get all numbers
// exactly: a whole number above 2^53 is written as a string.
std::string report_text(const Json& json);
std::string line_text(const Json& json);

// The path of a number in it that is NaN or infinite, such as "mixnn.test_loss"; empty: none.
std::string not_finite(const Json& json);

}  // namespace mixnn
