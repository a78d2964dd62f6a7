#include "mixnn/identity/roster.hpp"

#include <algorithm>
#include <charconv>

#include "mixnn/base/error.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/private_text.hpp"

namespace mixnn {
namespace {

constexpr std::string_view kRosterLine = "mixnn roster 1";

// Names go to ssh and srun, too: never an option of theirs.
bool is_host_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-@:").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 255 && name.front() != '-' &&
         std::ranges::all_of(name, fits);
}

std::string line_of(const RosterEntry& entry) {
  std::string line = "host " + entry.host + " ranks " + std::to_string(entry.ranks);
  for (const PublicKey& key : entry.keys) line += " key " + to_text(key);
  return line + "\n";
}

// host NAME ranks N key K [key K]
std::optional<RosterEntry> entry_of(const std::vector<std::string_view>& words) {
  if ((words.size() != 6 && words.size() != 8) || words[0] != "host" || words[2] != "ranks")
    return std::nullopt;
  RosterEntry entry;
  entry.host = words[1];
  const std::string_view ranks = words[3];
  const auto [end, error] = std::from_chars(ranks.data(), ranks.data() + ranks.size(), entry.ranks);
  if (error != std::errc() || end != ranks.data() + ranks.size()) return std::nullopt;
  for (std::size_t i = 4; i < words.size(); i += 2) {
    const std::optional<PublicKey> key = public_key_from_text(words[i + 1]);
    if (words[i] != "key" || !key) return std::nullopt;
    entry.keys.push_back(*key);
  }
  return entry;
}

}  // namespace

void check_host_name(const std::string& name) {
  if (!is_host_name(name)) throw UsageError("this is no host's name: " + name);
}

Roster::Roster() : psk_(Csprng().key()) {}

Roster Roster::change(const std::filesystem::path& file,
                      const std::function<void(Roster&)>& change) {
  const PrivateTextTurn turn(file);
  Roster roster = find(file).value_or(Roster());
  change(roster);
  roster.save(file);
  return roster;
}

std::optional<Roster> Roster::find(const std::filesystem::path& file) {
  const std::optional<SecretText> text = read_private_text(file);
  if (!text) return std::nullopt;
  return parse(text->view(), file.string());
}

Roster Roster::parse(std::string_view text, const std::string& name) {
  const std::vector<std::string_view> lines = lines_of(text);
  const auto refuse = [&](std::size_t line, const std::string& why) {
    return UsageError(name + ": line " + std::to_string(line + 1) + ": " + why);
  };
  if (lines.empty() || lines[0] != kRosterLine) throw refuse(0, "this is no roster");
  Roster roster;
  const std::vector<std::string_view> secret =
      lines.size() > 1 ? words_of(lines[1]) : std::vector<std::string_view>();
  const std::optional<Key> psk =
      secret.size() == 2 && secret[0] == "psk" ? key_from_hex(secret[1]) : std::nullopt;
  if (!psk) throw refuse(1, "the pre-shared key is missing: psk <64 hexadecimal digits>");
  roster.psk_ = *psk;
  for (std::size_t i = 2; i < lines.size(); ++i) {
    std::optional<RosterEntry> entry = entry_of(words_of(lines[i]));
    if (!entry) throw refuse(i, "no entry such as: host NAME ranks N key <64 hexadecimal digits>");
    try {
      roster.add(std::move(*entry));
    } catch (const UsageError& error) {
      throw refuse(i, error.what());
    }
  }
  return roster;
}

void Roster::add(RosterEntry entry) {
  check_host_name(entry.host);
  if (entry.ranks == 0 || entry.ranks > RosterEntry::kMostRanks)
    throw UsageError(entry.host + " may have between 1 and " +
                     std::to_string(RosterEntry::kMostRanks) + " ranks");
  if (std::ranges::find(entries_, entry.host, &RosterEntry::host) != entries_.end())
    throw UsageError(entry.host + " is there twice");
  for (const PublicKey& key : entry.keys)
    if (const RosterEntry* const other = find(key))
      throw UsageError(entry.host + " has the key of " + other->host +
                       "; each machine needs one of its own: mixnn keygen --replace there");
  if (entry.keys.size() == 2 && entry.keys[0] == entry.keys[1])
    throw UsageError(entry.host + " has the same key twice");
  entries_.insert(std::ranges::upper_bound(entries_, entry.host, {}, &RosterEntry::host),
                  std::move(entry));
}

void Roster::save(const std::filesystem::path& file) const {
  std::string digits = to_hex(psk_.bytes());
  std::string text(kRosterLine);
  text.reserve(512 * (entries_.size() + 1));  // never moved, so that no copy of the secret stays
  text += "\npsk ";
  text += digits;
  text += "\n";
  wipe(std::as_writable_bytes(std::span(digits)));
  for (const RosterEntry& entry : entries_) text += line_of(entry);
  const SecretText whole(std::move(text));
  const bool written = write_private_text(file, whole.view(), true);
  MIXNN_CHECK(written, "a roster that was to be replaced was not");
}

Roster::Pinned Roster::pin(const std::string& host, const PublicKey& key, std::uint32_t ranks) {
  const auto found = std::ranges::find(entries_, host, &RosterEntry::host);
  if (found == entries_.end()) {
    add({host, ranks, {key}});
    return Pinned::kNew;
  }
  RosterEntry entry = *found;
  entry.ranks = ranks;
  Pinned pinned = Pinned::kKnown;
  if (std::ranges::find(entry.keys, key) == entry.keys.end()) {
    pinned = Pinned::kSecondKey;
    if (entry.keys.size() == RosterEntry::kMostKeys) {
      entry.keys.erase(entry.keys.begin());
      pinned = Pinned::kOldestReplaced;
    }
    entry.keys.push_back(key);
  }
  const RosterEntry before = *found;
  entries_.erase(found);
  try {
    add(std::move(entry));
  } catch (...) {
    add(before);
    throw;
  }
  return pinned;
}

bool Roster::remove(const std::string& host) {
  return std::erase_if(entries_, [&](const RosterEntry& e) { return e.host == host; }) > 0;
}

const RosterEntry* Roster::find(const PublicKey& key) const {
  for (const RosterEntry& entry : entries_)
    if (std::ranges::find(entry.keys, key) != entry.keys.end()) return &entry;
  return nullptr;
}

Digest Roster::digest(const PublicKey& owner) const {
  Sha256 hash;
  hash.update(bytes_of("MixNN roster"));
  hash.update(owner);
  for (const RosterEntry& entry : entries_) hash.update(bytes_of(line_of(entry)));
  return hash.finish();
}

}  // namespace mixnn
