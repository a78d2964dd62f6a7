#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mixnn {

// The character of each token, as bench/make_tokens.py writes it beside the tokens: meta.json,
// {"characters": ["\n", " ", ...]}.
class Vocabulary {
 public:
  // Throws UsageError that names the file, the place and what is wrong: also for a text that is not
  // one character, or stands twice.
  static Vocabulary load(const std::filesystem::path& file);
  static Vocabulary parse(std::string_view text, const std::string& name);

  std::size_t size() const { return characters_.size(); }
  const std::string& character(std::size_t token) const { return characters_.at(token); }  // UTF-8
  // Throws UsageError that begins with `name`, and names the first character that has no token.
  std::vector<std::uint16_t> tokens(std::string_view text, const std::string& name) const;

 private:
  std::string file_;
  std::vector<std::string> characters_;
  std::unordered_map<std::string, std::uint16_t> tokens_;
};

}  // namespace mixnn
