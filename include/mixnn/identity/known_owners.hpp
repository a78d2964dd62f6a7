#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mixnn/crypto/x25519.hpp"

namespace mixnn {

// An owner whom this machine serves: its public key, and its roster's pre-shared key. As one line,
// `owner <64 hexadecimal digits> psk <64 digits>`, it is what `mixnn roster add` hands to a
// machine.
struct KnownOwner {
  PublicKey key{};
  Key psk;
};
std::optional<KnownOwner> known_owner_from_line(std::string_view line);
std::string to_line(const KnownOwner& owner);  // the caller wipes it

// All of them. The file is the line `mixnn owners 1`, then a line for each.
class KnownOwners {
 public:
  // Of nobody, if there is no such file. Throws UsageError that names the file and the line.
  static KnownOwners load(const std::filesystem::path& file);
  void save(const std::filesystem::path& file) const;
  // Puts one into the file. Others who do so at the same time wait.
  static void add(const std::filesystem::path& file, const KnownOwner& owner);

  void put(const KnownOwner& owner);  // in place of what was known of that key
  bool empty() const { return owners_.empty(); }
  const KnownOwner* find(const PublicKey& key) const;

 private:
  std::vector<KnownOwner> owners_;
};

}  // namespace mixnn
