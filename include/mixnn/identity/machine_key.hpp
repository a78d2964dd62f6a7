#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "mixnn/crypto/x25519.hpp"

namespace mixnn {

// The static key of a machine: an X25519 secret in a file of its own, which all ranks of the
// machine share. The file is the text `mixnn identity key 1: `, 64 hexadecimal digits, a line feed.

// Nothing if there is no such file. Throws UsageError if it is no key, or not private.
std::optional<X25519KeyPair> find_machine_key(const std::filesystem::path& file);

// Makes a key and its file. Nothing if there is a file already that is not to be replaced.
std::optional<X25519KeyPair> make_machine_key(const std::filesystem::path& file, bool replace);

// Public keys as people and other machines read them: 64 hexadecimal digits.
std::string to_text(const PublicKey& key);
std::optional<PublicKey> public_key_from_text(std::string_view text);  // one that is_usable()

}  // namespace mixnn
