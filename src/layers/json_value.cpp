#include "mixnn/layers/json_value.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kMostNested = 128;  // arrays and objects within each other

std::string line_and_column(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t last_newline = before.rfind('\n');
  const std::size_t column =
      before.size() - (last_newline == std::string_view::npos ? 0 : last_newline + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// The library's explanation without its own prefix and position, in one line.
std::string reason(std::string_view what) {
  const std::size_t syntax = what.find("syntax error");
  if (syntax != std::string_view::npos) return std::string(what.substr(syntax));
  const std::size_t prefix = what.find("] ");
  return std::string(prefix == std::string_view::npos ? what : what.substr(prefix + 2));
}

// The library's values are made, copied and taken down by recursion, and so is what reads them
// here.
void check_nesting(std::string_view text, const std::string& at) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if ((c == '[' || c == '{') && ++depth > kMostNested)
      throw UsageError(at + line_and_column(text, i + 1) + ": not valid JSON: nested more than " +
                       std::to_string(kMostNested) + " deep");
  }
}

// Notices keys that an object has twice, of which the parser would silently keep the last.
class DuplicateKeys {
 public:
  bool operator()(int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event == Json::parse_event_t::key &&
        !open_.back().insert(parsed.get<std::string>()).second && found.empty())
      found = parsed.get<std::string>();
    return true;
  }
  std::string found;

 private:
  std::vector<std::set<std::string>> open_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  const std::string at = std::string(source) + ": ";
  check_nesting(text, at);
  DuplicateKeys duplicates;
  Json value;
  try {
    value = Json::parse(text, std::ref(duplicates));
  } catch (const Json::parse_error& error) {
    throw UsageError(at + line_and_column(text, error.byte) +
                     ": not valid JSON: " + reason(error.what()));
  } catch (const Json::exception& error) {
    throw UsageError(at + "not valid JSON: " + reason(error.what()));
  }
  if (!duplicates.found.empty())
    throw UsageError(at + "key \"" + duplicates.found + "\" stands twice in one object");
  return value;
}

void JsonValue::fail(const std::string& why) const {
  throw UsageError(std::string(source_) + ": " + (path_.empty() ? "" : path_ + ": ") + why);
}

void JsonValue::expect_object() const {
  if (!value_->is_object()) fail(std::string("must be an object, got ") + value_->type_name());
}

void JsonValue::expect_keys(Keys keys, Keys optional) const {
  expect_object();
  for (const std::string_view key : keys) member(key);
  std::vector<std::string_view> all(keys);
  all.insert(all.end(), optional);
  for (const auto& [key, value] : value_->items())
    if (std::ranges::find(all, key) == all.end()) {
      std::string known;
      for (const std::string_view k : all) known += (known.empty() ? "" : ", ") + std::string(k);
      fail("unknown key \"" + key + "\"; known here: " + known);
    }
}

bool JsonValue::is_object() const { return value_->is_object(); }

bool JsonValue::has(std::string_view key) const {
  expect_object();
  return value_->contains(key);
}

JsonValue JsonValue::member(std::string_view key) const {
  expect_object();
  const auto found = value_->find(key);
  JsonValue child(found == value_->end() ? *value_ : *found, source_,
                  path_ + (path_.empty() ? "" : ".") + std::string(key));
  if (found == value_->end()) child.fail("is missing");
  return child;
}

bool JsonValue::is_array() const { return value_->is_array(); }

std::vector<JsonValue> JsonValue::items(std::size_t most) const {
  if (!value_->is_array()) fail(std::string("must be an array, got ") + value_->type_name());
  if (value_->empty()) fail("must not be empty");
  if (value_->size() > most)
    fail("must have at most " + std::to_string(most) + " items, got " +
         std::to_string(value_->size()));
  std::vector<JsonValue> all;
  for (const Json& item : *value_)
    all.push_back(JsonValue(item, source_, path_ + "[" + std::to_string(all.size()) + "]"));
  return all;
}

std::int64_t JsonValue::integer(std::int64_t least, std::int64_t most) const {
  if (!value_->is_number_integer()) fail("must be an integer, got " + value_->dump());
  const bool too_large = value_->is_number_unsigned() &&
                         value_->get<std::uint64_t>() > static_cast<std::uint64_t>(most);
  const std::int64_t number = too_large ? most : value_->get<std::int64_t>();
  if (too_large || number < least || number > most)
    fail("must be between " + std::to_string(least) + " and " + std::to_string(most) + ", got " +
         value_->dump());
  return number;
}

std::uint64_t JsonValue::bits() const {
  if (!value_->is_number_unsigned())
    fail("must be an integer from 0 to 2^64 - 1, got " + value_->dump());
  return value_->get<std::uint64_t>();
}

float JsonValue::number() const {
  if (!value_->is_number()) fail("must be a number, got " + value_->dump());
  const float number = static_cast<float>(value_->get<double>());
  if (!std::isfinite(number)) fail("must be a finite number, got " + value_->dump());
  return number;
}

float JsonValue::number(float least, float bound) const {
  const float value = number();
  if (!(value >= least && value < bound))
    fail("must be at least " + nlohmann::json(least).dump() +
         (std::isfinite(bound) ? " and below " + nlohmann::json(bound).dump() : "") + ", got " +
         value_->dump());
  return value;
}

double JsonValue::real(double least, double bound) const {
  number();
  const double value = value_->get<double>();
  if (!(value >= least && value < bound))
    fail("must be at least " + nlohmann::json(least).dump() + " and below " +
         nlohmann::json(bound).dump() + ", got " + value_->dump());
  return value;
}

bool JsonValue::boolean() const {
  if (!value_->is_boolean()) fail("must be true or false, got " + value_->dump());
  return value_->get<bool>();
}

std::string JsonValue::text() const {
  if (!value_->is_string()) fail("must be a string, got " + value_->dump());
  return value_->get<std::string>();
}

}  // namespace mixnn
