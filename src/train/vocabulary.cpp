#include "mixnn/train/vocabulary.hpp"

#include <fstream>
#include <iterator>

#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/layers/json_value.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMostCharacters = 65536;
constexpr std::uintmax_t kMostVocabularyBytes = std::uintmax_t{1} << 24;

// Of the character that begins with this byte, in UTF-8.
std::size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

}  // namespace

Vocabulary Vocabulary::load(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw UsageError(file.string() +
                     ": is missing; it says which character each token is, as "
                     "bench/make_tokens.py writes it. Tokens by number: --prompt-tokens");
  std::ifstream in(file, std::ios::binary);
  if (std::filesystem::is_directory(file, error) || !in)
    throw UsageError(file.string() + ": cannot be read as a file");
  if (std::filesystem::file_size(file, error) > kMostVocabularyBytes)
    throw UsageError(file.string() + ": is too large for a list of characters");
  return parse(std::string(std::istreambuf_iterator<char>(in), {}), file.string());
}

Vocabulary Vocabulary::parse(std::string_view text, const std::string& name) {
  const nlohmann::json document = parse_json(text, name);
  const JsonValue json(document, name);
  Vocabulary vocabulary;
  vocabulary.file_ = name;
  for (const JsonValue& item : json.member("characters").items(kMostCharacters)) {
    std::string character = item.text();
    if (character.empty() || character_bytes(character[0]) != character.size())
      item.fail("must be one character, is '" + character + "'");
    const auto token = static_cast<std::uint16_t>(vocabulary.size());
    if (!vocabulary.tokens_.emplace(character, token).second)
      item.fail("stands there before, '" + character + "'");
    vocabulary.characters_.push_back(std::move(character));
  }
  return vocabulary;
}

std::vector<std::uint16_t> Vocabulary::tokens(std::string_view text,
                                              const std::string& name) const {
  std::vector<std::uint16_t> found;
  while (!text.empty()) {
    const std::string character(text.substr(0, character_bytes(text[0])));
    const auto token = tokens_.find(character);
    if (token == tokens_.end())
      throw UsageError(name + ": character " + std::to_string(found.size() + 1) + ", '" +
                       printable(character) + "', is none of the " + std::to_string(size()) +
                       " in " + file_);
    found.push_back(token->second);
    text.remove_prefix(character.size());
  }
  return found;
}

}  // namespace mixnn
