#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

// A text that holds secrets: wiped when it goes.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {}
  SecretText& operator=(SecretText&&) = delete;
  ~SecretText() { wipe(std::as_writable_bytes(std::span(text_))); }
  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

// The whole of a small file that is for this user alone; nothing if there is none. Throws
// UsageError, which names the file, if others can read it, if it is another user's, too large, or
// no regular file. Follows no link and waits for nobody.
std::optional<SecretText> read_private_text(const std::filesystem::path& file);

// Writes such a file, mode 0600, and makes its folder, mode 0700. It appears whole or not at all.
// False, and nothing is written, if it is there already and is not to be replaced.
[[nodiscard]] bool write_private_text(const std::filesystem::path& file, std::string_view text,
                                      bool replace);

// The turn at such a file: who has it reads the file, changes it and writes it again, and nobody
// else does at the same time. Waits for it. By a lock of FILE.lock, which stays; where the file
// system has no locks, there are no turns. Throws UsageError if that file cannot be made.
class PrivateTextTurn {
 public:
  explicit PrivateTextTurn(const std::filesystem::path& file);
  ~PrivateTextTurn();
  PrivateTextTurn(const PrivateTextTurn&) = delete;
  PrivateTextTurn& operator=(const PrivateTextTurn&) = delete;

 private:
  int lock_ = -1;
};

// The words of a line, between blanks.
std::vector<std::string_view> words_of(std::string_view line);
std::vector<std::string_view> lines_of(std::string_view text);  // without their ends

// 64 hexadecimal digits as 32 bytes.
std::optional<Key> key_from_hex(std::string_view text);

}  // namespace mixnn
