// Files of one user alone: who knows whom, and what a training's checkpoints are opened with.
#include <fstream>

#include "data/idx_files.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/run_record.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/identity/known_owners.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/roster.hpp"

namespace mixnn::fuzzing {
namespace {

std::string_view text_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void check_roster(const Roster& roster) {
  for (const RosterEntry& entry : roster.entries()) {
    check_host_name(entry.host);
    MIXNN_CHECK(!entry.keys.empty() && entry.keys.size() <= RosterEntry::kMostKeys,
                "a machine has one key or two");
    for (const PublicKey& key : entry.keys)
      MIXNN_CHECK(is_usable(key) && roster.find(key)->host == entry.host,
                  "each key is that of one machine");
  }
  roster.digest({});
}

// Another key for the first machine, and one more machine.
void change_roster(Roster roster) {
  const PublicKey key = X25519KeyPair::from_secret(Key()).public_key;
  if (!roster.entries().empty()) roster.pin(roster.entries().front().host, key, 1);
  check_roster(roster);
  if (roster.find(key) == nullptr) roster.pin("one-more", key, 1);
  check_roster(roster);
}

// A roster, a machine's key, or the owners whom a machine knows.
bool run_identities(ConstBytes input) {
  static const testing_files::ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  Choices choices(input);
  const std::uint32_t what = choices.below(3);
  const std::string text(text_of(choices.rest()));
  try {
    if (what == 0) {
      change_roster(Roster::parse(text, "roster"));
      return true;
    }
    testing_files::write(file, text);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    if (what == 1) return find_machine_key(file).has_value();
    return !KnownOwners::load(file).empty();
  } catch (const UsageError&) {
    return false;
  }
}

std::vector<Input> identity_seeds() {
  const auto key = [](int number) {
    return X25519KeyPair::from_secret(Key::from(Input(Key::size(), static_cast<std::byte>(number))))
        .public_key;
  };
  const std::string digits(64, '5');
  const std::string roster = "mixnn roster 1\npsk " + digits + "\nhost one ranks 4 key " +
                             to_text(key(1)) + "\nhost two ranks 1 key " + to_text(key(2)) +
                             " key " + to_text(key(3)) + "\n";
  const std::string owner = to_line({key(4), Key::from(Input(Key::size()))});
  std::vector<Input> seeds;
  for (const auto& [what, text] : {std::pair{0, roster},
                                   {1, "mixnn identity key 1: " + digits + "\n"},
                                   {2, "mixnn owners 1\n" + owner}})
    seeds.push_back(Chosen().bytes({what}).rest(bytes_of(std::string_view(text))).input());
  return seeds;
}

Key record_key() { return Key::from(Input(Key::size(), std::byte{7})); }

// A file as it is, or one whose text is sealed with the owner's key.
bool run_record(ConstBytes input) {
  static const testing_files::ScratchFolder folder;
  Choices choices(input);
  const bool sealed = choices.below(2) == 1;
  const ConstBytes rest = choices.rest();
  Input file(rest.begin(), rest.end());
  if (sealed) {
    file.clear();
    ByteWriter writer(file);
    writer.put_bytes(bytes_of("MIXNNRUN"));
    writer.put(std::uint32_t{1});
    const std::size_t head = file.size();
    file.resize(head + rest.size() + kBoxOverhead);
    seal_box(record_key(), rest, Bytes(file).subspan(head));
  }
  const RunRecords records(folder.path(), record_key());
  RunId run{};
  copy_bytes(rest.first(std::min(rest.size(), run.size())), run);
  const std::filesystem::path path = records.file(run);
  testing_files::write(path, std::string(text_of(file)));
  const RunRecords::Found found = records.read(run);
  const RunRecords::Listing listing = records.of_folder("/none");
  std::filesystem::remove(path);
  MIXNN_CHECK(found.record.has_value() == found.problem.empty(), "a record, or what is wrong");
  MIXNN_CHECK(listing.records.size() + listing.unread.size() <= 1, "there is one file");
  return found.record.has_value();
}

std::vector<Input> record_seeds() {
  RunRecord record;
  record.run.fill(std::byte{5});
  record.secret = record_key();
  record.last = 3;
  record.folder = "/none";
  return {Chosen().bytes({1}).rest(encode(record)).input()};
}

}  // namespace

extern const Target kIdentities, kRunRecord;
const Target kIdentities{"identities", run_identities, identity_seeds, 1024};
const Target kRunRecord{"run_record", run_record, record_seeds, 512};

}  // namespace mixnn::fuzzing
