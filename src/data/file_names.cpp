#include "mixnn/data/file_names.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace mixnn {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kShown = 4;

// What is in the folder, in alphabetical order.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    entries.push_back(entry->path());
  std::ranges::sort(entries);
  return entries;
}

bool drop_end(std::string& name, const std::string& end) {
  if (!name.ends_with(end)) return false;
  name.erase(name.size() - end.size());
  return true;
}

// The same for all names of the same file: what it says without its form.
std::string essence(std::string name) {
  for (char& c : name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (c == '.' || c == '_') c = '-';
  }
  drop_end(name, "-gz");
  for (const char* const type : {"-ubyte", "-byte", "-short", "-int", "-float", "-double"})
    if (drop_end(name, type)) break;
  for (const char* const form : {"-idx", "-idx1", "-idx2", "-idx3", "-idx4"})
    if (drop_end(name, form)) break;
  return name.starts_with("t10k-") ? "test" + name.substr(4) : name;
}

std::optional<fs::path> first_file(const std::vector<fs::path>& candidates) {
  std::error_code error;
  for (const fs::path& file : candidates)
    if (fs::exists(file, error) && !fs::is_directory(file, error)) return file;
  return std::nullopt;
}

std::vector<fs::path> alike(const fs::path& folder, const std::string& name) {
  std::vector<fs::path> found = entries_of(folder);
  std::erase_if(found, [&](const fs::path& entry) {
    return essence(entry.filename().string()) != essence(name);
  });
  return found;
}

}  // namespace

std::optional<fs::path> find_data_file(const fs::path& folder, const std::string& name) {
  if (const auto file = first_file({folder / name, folder / (name + ".gz")})) return file;
  const std::vector<fs::path> others = alike(folder, name);
  if (const auto file = first_file(others)) return file;
  for (const fs::path& inner : others)
    if (const auto file = first_file(alike(inner, name))) return file;
  if (!others.empty()) return others.front();
  return std::nullopt;
}

std::string holds_text(const fs::path& folder) {
  const std::vector<fs::path> entries = entries_of(folder);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, entries.size()); ++i)
    text += (i == 0 ? "" : ", ") + entries[i].filename().string();
  if (entries.size() > kShown) text += " and " + std::to_string(entries.size() - kShown) + " more";
  return text.empty() ? "; it is empty" : "; it holds " + text;
}

}  // namespace mixnn
