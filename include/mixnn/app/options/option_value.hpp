#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/app/options/option_text.hpp"

namespace mixnn {

struct AppOptions;

// How the text of an option becomes a part of AppOptions, and back.
struct OptionValue {
  std::string takes;  // what stands behind the flag, such as "N"; empty: nothing
  std::function<void(const OptionText&, AppOptions&)> parse;  // throws UsageError
  std::function<std::string(const AppOptions&)> print;        // what parse reads; empty: not set
  std::function<Json(const AppOptions&)> json;                // as reports show it
};

// The kinds of value. Each has a text for what it takes, reads one and prints it again.

struct Whole {
  std::uint64_t least, most;
  const char* zero = "";  // the word for 0, such as "auto"; empty: none
  std::string takes() const { return *zero == '\0' ? "N" : "N|" + std::string(zero); }
  std::uint64_t read(const OptionText& option) const {
    return *zero != '\0' && option.text == zero ? 0 : whole_number(option, least, most);
  }
  std::string print(std::uint64_t value) const {
    return *zero != '\0' && value == 0 ? zero : std::to_string(value);
  }
  Json json(std::uint64_t value) const { return value; }
};

struct Real {
  double least, bound;  // least <= value < bound
  bool open_least = false;
  std::string takes() const { return "X"; }
  double read(const OptionText& option) const {
    return real_number(option, least, bound, open_least);
  }
  std::string print(float value) const { return shown(value); }
  std::string print(double value) const { return shown(value); }
  Json json(float value) const { return decimal(value); }
  Json json(double value) const { return value; }
};

// Two of them.
struct TwoReals {
  double least, bound;  // least <= value < bound
  std::string takes() const { return "X,X"; }
  std::pair<double, double> read(const OptionText& option) const {
    const std::size_t comma = option.text.find(',');
    if (comma == std::string::npos) reject(option, "two numbers with a comma between them");
    return {real_number({option.name, option.text.substr(0, comma)}, least, bound, false),
            real_number({option.name, option.text.substr(comma + 1)}, least, bound, false)};
  }
  std::string print(const std::pair<double, double>& value) const {
    return shown(value.first) + "," + shown(value.second);
  }
  Json json(const std::pair<double, double>& value) const { return value; }
};

// One of some names.
template <class T>
struct Choice {
  std::vector<std::pair<T, const char*>> names;
  std::string takes() const { return joined("|", "|"); }
  T read(const OptionText& option) const {
    for (const auto& [value, name] : names)
      if (option.text == name) return value;
    reject(option, joined(", ", " or "));
  }
  std::string print(T value) const {
    for (const auto& [known, name] : names)
      if (known == value) return name;
    return "unknown";
  }
  Json json(T value) const { return print(value); }

 private:
  std::string joined(const char* between, const char* before_last) const {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i)
      all += (i == 0                 ? ""
              : i + 1 < names.size() ? between
                                     : before_last) +
             std::string(names[i].second);
    return all;
  }
};

struct Path {
  const char* what;  // "FILE", "DIR"
  std::string takes() const { return what; }
  std::filesystem::path read(const OptionText& option) const { return nonempty(option); }
  std::string print(const std::optional<std::filesystem::path>& path) const {
    return path.value_or("").string();
  }
  Json json(const std::optional<std::filesystem::path>& path) const { return print(path); }
};

struct Word {
  const char* what;  // "NAME"
  std::string takes() const { return what; }
  std::string read(const OptionText& option) const { return nonempty(option); }
  std::string print(const std::string& value) const { return value; }
  Json json(const std::string& value) const { return value; }
};

// Takes nothing on the command line.
struct Flag {
  std::string takes() const { return ""; }
  bool read(const OptionText& option) const { return truth(option); }
  std::string print(bool value) const { return value ? "true" : "false"; }
  Json json(bool value) const { return value; }
};

// A value of that kind in the field that `field` finds: [](auto& o) -> auto& { return o.threads; }.
template <class Kind, class Field>
OptionValue value_of(Kind kind, Field field) {
  using T = std::remove_cvref_t<decltype(field(std::declval<AppOptions&>()))>;
  return {kind.takes(),
          [=](const OptionText& text, AppOptions& options) {
            field(options) = static_cast<T>(kind.read(text));
          },
          [=](const AppOptions& options) { return kind.print(field(options)); },
          [=](const AppOptions& options) { return kind.json(field(options)); }};
}

}  // namespace mixnn
