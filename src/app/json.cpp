#include "mixnn/app/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53;

Json with_exact_numbers(Json json) {
  if (json.is_structured()) {
    for (Json& part : json) part = with_exact_numbers(std::move(part));
    return json;
  }
  const bool large = json.is_number_unsigned()
                         ? json.get<std::uint64_t>() > kMostExact
                         : json.is_number_integer() && json.get<std::int64_t>() < -(1LL << 53);
  return large ? Json(json.dump()) : json;
}

// nlohmann leaves DEL and those of U+0080 to U+009F as they are.
std::string with_escapes(const std::string& json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto next = static_cast<unsigned char>(i + 1 < json.size() ? json[i + 1] : '\0');
    if (json[i] == '\x7F') {
      out += "\\u007f";
    } else if (json[i] == '\xC2' && next < 0xA0) {
      out += text("\\u%04x", static_cast<unsigned>(next));
      ++i;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string written(const Json& json, int indent) {
  return with_escapes(
      with_exact_numbers(json).dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

double decimal(float value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double result = 0;
  std::from_chars(digits.data(), end, result);
  return result;
}

std::string report_text(const Json& json) { return written(json, 2) + "\n"; }
std::string line_text(const Json& json) { return written(json, -1); }

std::string not_finite(const Json& json) {
  const bool keyed = json.is_object();
  std::size_t index = 0;
  for (const auto& [key, part] : json.items()) {
    const std::string name = keyed ? key : std::to_string(index++);
    if (part.is_number_float() && !std::isfinite(part.get<double>())) return name;
    const std::string below = part.is_structured() ? not_finite(part) : "";
    if (!below.empty()) return name + "." + below;
  }
  return {};
}

}  // namespace mixnn
