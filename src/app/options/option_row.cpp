#include "mixnn/app/options/option_row.hpp"

#include <cctype>

#include "mixnn/app/options/options.hpp"

namespace mixnn {

std::string takes_text(const OptionRow& row) {
  return row.takes != nullptr ? row.takes : row.value.takes;
}

std::string default_text(const OptionRow& row, const AppOptions& defaults) {
  if (row.value.takes.empty()) return {};
  if (row.open && row.open->get(defaults)) return row.open->word;
  const std::string text = row.value.print(defaults);
  return text.empty() && row.unset != nullptr ? row.unset : text;
}

std::string environment_name(const OptionRow& row) {
  std::string name = "MIXNN_";
  for (const char* c = row.flag + 2; *c != '\0'; ++c)
    name += *c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
  return name;
}

void read_option(const OptionRow& row, const OptionText& given, AppOptions& options) {
  if (row.open) {
    const bool open = given.text == row.open->word;
    row.open->set(options, open);
    if (open) return;
  }
  row.value.parse(given, options);
}

}  // namespace mixnn
