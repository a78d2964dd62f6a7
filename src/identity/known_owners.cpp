#include "mixnn/identity/known_owners.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/private_text.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kOwnersLine = "mixnn owners 1";

}  // namespace

std::optional<KnownOwner> known_owner_from_line(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() != 4 || words[0] != "owner" || words[2] != "psk") return std::nullopt;
  const std::optional<PublicKey> key = public_key_from_text(words[1]);
  const std::optional<Key> psk = key_from_hex(words[3]);
  if (!key || !psk) return std::nullopt;
  return KnownOwner{*key, *psk};
}

std::string to_line(const KnownOwner& owner) {
  std::string digits = to_hex(owner.psk.bytes());
  std::string line = "owner " + to_text(owner.key) + " psk " + digits + "\n";
  wipe(std::as_writable_bytes(std::span(digits)));
  return line;
}

KnownOwners KnownOwners::load(const std::filesystem::path& file) {
  KnownOwners known;
  const std::optional<SecretText> text = read_private_text(file);
  if (!text) return known;
  const std::vector<std::string_view> lines = lines_of(text->view());
  if (lines.empty() || lines[0] != kOwnersLine)
    throw UsageError(file.string() + ": is no list of owners");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::optional<KnownOwner> owner = known_owner_from_line(lines[i]);
    if (!owner)
      throw UsageError(file.string() + ": line " + std::to_string(i + 1) +
                       ": no owner; remove the line, or let the owner run mixnn roster add again");
    known.put(*owner);
  }
  return known;
}

void KnownOwners::save(const std::filesystem::path& file) const {
  std::string text(kOwnersLine);
  text.reserve(256 * (owners_.size() + 1));  // never moved, so that no copy of a secret stays
  text += "\n";
  for (const KnownOwner& owner : owners_) {
    std::string line = to_line(owner);
    text += line;
    wipe(std::as_writable_bytes(std::span(line)));
  }
  const SecretText whole(std::move(text));
  const bool written = write_private_text(file, whole.view(), true);
  MIXNN_CHECK(written, "a list that was to be replaced was not");
}

void KnownOwners::add(const std::filesystem::path& file, const KnownOwner& owner) {
  const PrivateTextTurn turn(file);
  KnownOwners known = load(file);
  known.put(owner);
  known.save(file);
}

void KnownOwners::put(const KnownOwner& owner) {
  std::erase_if(owners_, [&](const KnownOwner& known) { return known.key == owner.key; });
  owners_.push_back(owner);
}

const KnownOwner* KnownOwners::find(const PublicKey& key) const {
  const auto found = std::ranges::find(owners_, key, &KnownOwner::key);
  return found == owners_.end() ? nullptr : &*found;
}

}  // namespace mixnn
