#include "mixnn/app/options/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kPrefix = "MIXNN_";
constexpr const char* kBackend = "MIXNN_AEAD_BACKEND";

constexpr const char* kOfTheProgram[] = {"MIXNN_WAIT", "MIXNN_CELLS", "MIXNN_HELPERS", kBackend};
constexpr const char* kOfTheScripts[] = {
    "MIXNN_FUZZ_SECONDS", "MIXNN_FUZZ_TARGET", "MIXNN_BUILD",        "MIXNN_LAUNCH",
    "MIXNN_LATENCY_US",   "MIXNN_LINK",        "MIXNN_LINK_COMMAND", "MIXNN_MODULES",
    "MIXNN_PATIENCE",     "MIXNN_PROCESSORS",  "MIXNN_ROOT",         "MIXNN_WARNING"};
constexpr const char* kOfModules[] = {
    "MIXNN_BASE", "MIXNN_BIN", "MIXNN_DIR",    "MIXNN_DOC",  "MIXNN_HOME",   "MIXNN_INC",
    "MIXNN_LIB",  "MIXNN_MAN", "MIXNN_MODULE", "MIXNN_PATH", "MIXNN_PREFIX", "MIXNN_VERSION"};

std::vector<std::string> settable_variables() {
  std::vector<std::string> names;
  for (const OptionRow& row : option_table()) names.push_back(environment_name(row));
  names.insert(names.end(), std::begin(kOfTheProgram), std::end(kOfTheProgram));
  names.insert(names.end(), std::begin(kOfTheScripts), std::end(kOfTheScripts));
  return names;
}

// Its letters alone: MIXNN_BATCH_SIZE is BATCHSIZE.
std::string letters(std::string_view name) {
  std::string text(name.substr(std::min(kPrefix.size(), name.size())));
  std::erase(text, '_');
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// How many letters are to be put in, left out or replaced to make one of the other.
std::size_t changes(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// Less is nearer.
std::pair<std::size_t, std::size_t> distance(const std::string& a, const std::string& b) {
  const auto& [shorter, longer] = a.size() < b.size() ? std::tie(a, b) : std::tie(b, a);
  const std::size_t more = longer.size() - shorter.size();
  const bool part =
      shorter.size() > 1 && (longer.starts_with(shorter) || longer.ends_with(shorter));
  return {part ? std::min<std::size_t>(more, 1) : changes(a, b), more};
}

void check_backend() {
  const char* const value = std::getenv(kBackend);
  const std::string_view text = value != nullptr ? value : "";
  if (!text.empty() && text != "best" && text != "libsodium")
    throw UsageError(std::string(kBackend) + " must be 'best' or 'libsodium', got '" + value + "'");
}

}  // namespace

std::vector<std::string> known_variables() {
  std::vector<std::string> names = settable_variables();
  names.insert(names.end(), std::begin(kOfModules), std::end(kOfModules));
  return names;
}

std::string nearest_variable(const std::string& name) {
  return std::ranges::min(settable_variables(), {}, [&](const std::string& known) {
    return distance(letters(name), letters(known));
  });
}

void check_environment() {
  const std::vector<std::string> known = known_variables();
  std::vector<std::string> unknown;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string name(text.substr(0, text.find('=')));
    if (name.starts_with(kPrefix) && text.size() > name.size() + 1 &&
        std::ranges::find(known, name) == known.end())
      unknown.push_back(name);
  }
  std::ranges::sort(unknown);
  std::string all;
  for (const std::string& name : unknown)
    all += (all.empty() ? "" : "; ") + name + " in the environment is no setting: the nearest is " +
           nearest_variable(name);
  if (!all.empty()) throw UsageError(all);
  check_backend();
}

}  // namespace mixnn
