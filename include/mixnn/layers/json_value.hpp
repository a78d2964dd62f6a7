#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mixnn {

// Parses a JSON text: all JSON that the program reads, from files and from other ranks. Throws
// UsageError with line and column where it is malformed or nested too deep, and where a key stands
// twice in an object.
nlohmann::json parse_json(std::string_view text, std::string_view source);

// A JSON value and where it stands, so that every error names its path: `source:
// stages[1].layers[0].type:
// ...`. A view: document and source outlive it. Everything throws UsageError.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& value, std::string_view source)
      : value_(&value), source_(source) {}

  // The members of an object that has these keys, maybe `optional` ones, and no others.
  using Keys = std::initializer_list<std::string_view>;
  void expect_keys(Keys keys, Keys optional = {}) const;
  bool is_object() const;
  bool is_array() const;
  bool has(std::string_view key) const;                  // an object's
  JsonValue member(std::string_view key) const;          // of an object; must be there
  std::vector<JsonValue> items(std::size_t most) const;  // of an array with 1 to `most`

  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  std::uint64_t bits() const;                     // 64 of them, as an integer from 0 on
  float number() const;                           // finite as float32, too
  float number(float least, float bound) const;   // least <= number < bound
  double real(double least, double bound) const;  // the same, as precise as it is written
  bool boolean() const;
  std::string text() const;

  [[noreturn]] void fail(const std::string& why) const;

 private:
  JsonValue(const nlohmann::json& value, std::string_view source, std::string path)
      : value_(&value), source_(source), path_(std::move(path)) {}
  void expect_object() const;

  const nlohmann::json* value_;
  std::string_view source_;
  std::string path_;
};

}  // namespace mixnn
