#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mixnn/crypto/hash.hpp"
#include "mixnn/crypto/x25519.hpp"

namespace mixnn {

// A machine that the owner trusts to be itself. Two keys at most are valid at once: the old and the
// new one while a machine changes its key.
struct RosterEntry {
  static constexpr std::size_t kMostKeys = 2;
  static constexpr std::uint32_t kMostRanks = 1u << 20;
  std::string host;
  std::uint32_t ranks = 0;  // that may use its keys at once, in one job
  std::vector<PublicKey> keys;
};

void check_host_name(const std::string& name);  // throws UsageError if it is none

// The owner's list of machines, and the key that it shares with all of them (a hedge: recorded
// traffic stays closed even if Diffie-Hellman on this curve falls). Its file is text:
//   mixnn roster 1
//   psk <64 hexadecimal digits>
//   host <name> ranks <number> key <64 digits> [key <64 digits>]
class Roster {
 public:
  Roster();  // of nobody, with a fresh key

  // Throws UsageError that names the file and the line. A host or a key in two entries is an error.
  static std::optional<Roster> find(const std::filesystem::path& file);  // nothing: no such file
  static Roster parse(std::string_view text, const std::string& name);
  void save(const std::filesystem::path& file) const;
  // Changes what the file says, or a new roster if there is none, and returns it. Others who change
  // it at the same time wait, so that no change is lost. If `change` throws, the file stays.
  static Roster change(const std::filesystem::path& file,
                       const std::function<void(Roster&)>& change);

  // What pin() found.
  enum class Pinned { kNew, kKnown, kSecondKey, kOldestReplaced };
  // Adds the machine, or another key of it; sets how many ranks it may run. Throws UsageError if
  // the key is another machine's, or the name none.
  Pinned pin(const std::string& host, const PublicKey& key, std::uint32_t ranks);
  bool remove(const std::string& host);  // false: it is not there

  const std::vector<RosterEntry>& entries() const { return entries_; }
  const RosterEntry* find(const PublicKey& key) const;
  const Key& psk() const { return psk_; }
  // Of what it says, but for its secret, to its owner: order of entries does not matter.
  Digest digest(const PublicKey& owner) const;

 private:
  void add(RosterEntry entry);

  Key psk_;
  std::vector<RosterEntry> entries_;  // by name
};

}  // namespace mixnn
