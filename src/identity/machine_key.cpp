#include "mixnn/identity/machine_key.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/identity/private_text.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kKeyLine = "mixnn identity key 1: ";

}  // namespace

std::optional<X25519KeyPair> find_machine_key(const std::filesystem::path& file) {
  const std::optional<SecretText> text = read_private_text(file);
  if (!text) return std::nullopt;
  const std::string_view all = text->view();
  std::optional<Key> secret;
  if (all.starts_with(kKeyLine) && all.ends_with('\n'))
    secret = key_from_hex(all.substr(kKeyLine.size(), all.size() - kKeyLine.size() - 1));
  if (!secret) throw UsageError(file.string() + ": is no identity key");
  return X25519KeyPair::from_secret(*secret);
}

std::optional<X25519KeyPair> make_machine_key(const std::filesystem::path& file, bool replace) {
  const X25519KeyPair pair = X25519KeyPair::generate();
  std::string digits = to_hex(pair.secret.bytes());
  const SecretText text(std::string(kKeyLine) + digits + "\n");
  wipe(std::as_writable_bytes(std::span(digits)));
  if (!write_private_text(file, text.view(), replace)) return std::nullopt;
  return pair;
}

std::string to_text(const PublicKey& key) { return to_hex(key); }

std::optional<PublicKey> public_key_from_text(std::string_view text) {
  const std::optional<Key> bytes = key_from_hex(text);
  if (!bytes) return std::nullopt;
  PublicKey key;
  copy_bytes(bytes->bytes(), key);
  if (!is_usable(key)) return std::nullopt;
  return key;
}

}  // namespace mixnn
