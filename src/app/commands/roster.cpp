#include "mixnn/app/commands/roster.hpp"

#include <algorithm>

#include "mixnn/app/enrolment.hpp"
#include "mixnn/app/identities.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/places.hpp"

namespace mixnn {
namespace {

using Words = std::vector<std::string>;

void warn_of_others(const std::filesystem::path& file) {
  if (const std::string warning = shared_folder_warning(file); !warning.empty())
    print_error("warning: " + warning);
}

std::filesystem::path roster_to_keep(const AppOptions& options) {
  const std::filesystem::path file = roster_file(options);
  if (file.empty() || file == "none")
    throw UsageError("--roster FILE is needed: it says where to keep the roster");
  return file;
}

X25519KeyPair own_key(const AppOptions& options) {
  const std::filesystem::path file = owner_key_file(options);
  if (const std::optional<X25519KeyPair> key = find_machine_key(file)) return *key;
  const std::optional<X25519KeyPair> made = make_machine_key(file, false);
  if (!made) throw UsageError(file.string() + ": cannot be read");
  print_line("made this machine's key, " + file.string());
  warn_of_others(file);
  return *made;
}

const char* said(Roster::Pinned pinned) {
  switch (pinned) {
    case Roster::Pinned::kNew:
      return "added";
    case Roster::Pinned::kKnown:
      return "known";
    case Roster::Pinned::kSecondKey:
      return "has a second key now; the first one is valid, too";
    case Roster::Pinned::kOldestReplaced:
      return "has a new key; its oldest one is void now";
  }
  return "";
}

void add_machines(const AppOptions& options, const Words& hosts) {
  for (const std::string& host : hosts) check_host_name(host);
  const X25519KeyPair owner = own_key(options);
  const std::filesystem::path file = roster_to_keep(options);
  // It is saved before: its key must not be lost once a machine has it.
  const Key psk = Roster::change(file, [](Roster&) {}).psk();
  for (const std::string& host : hosts) {
    const Enrolled machine = enrol(host, {owner.public_key, psk}, options.enrolment);
    const std::size_t limit = options.enrolment.rank_limit;
    const auto ranks = static_cast<std::uint32_t>(limit > 0 ? limit : machine.cores);
    Roster::Pinned pinned{};
    Roster::change(file, [&](Roster& roster) {
      if (!std::ranges::equal(roster.psk().bytes(), psk.bytes()))
        throw RunError(file.string() + ": another roster was put there meanwhile; add " + host +
                       " again");
      pinned = roster.pin(host, machine.key, ranks);
    });
    print_line(host + " " + said(pinned) + ": " + to_text(machine.key) + ", at most " +
               counted(ranks, "rank"));
  }
}

void list_machines(const AppOptions& options) {
  const std::filesystem::path file = roster_to_keep(options);
  const std::optional<Roster> roster = Roster::find(file);
  if (!roster) throw UsageError(file.string() + ": there is no such roster");
  if (const auto owner = find_machine_key(owner_key_file(options)))
    print_line("owner " + to_text(owner->public_key));
  for (const RosterEntry& entry : roster->entries())
    for (const PublicKey& key : entry.keys)
      print_line(entry.host + " " + to_text(key) + ", at most " + counted(entry.ranks, "rank"));
}

void remove_machines(const AppOptions& options, const Words& hosts) {
  const std::filesystem::path file = roster_to_keep(options);
  if (!Roster::find(file)) throw UsageError(file.string() + ": there is no such roster");
  Roster::change(file, [&](Roster& roster) {
    for (const std::string& host : hosts)
      if (!roster.remove(host)) throw UsageError(host + " is not in the roster");
  });
}

void accept_owner() {
  const std::filesystem::path file = machine_key_file();
  print_line(accept(file, known_owners_place()));
  warn_of_others(file);
}

}  // namespace

void run_roster(AppOptions& options) {
  const Words& words = options.words;
  const std::string action = words.empty() ? "" : words[0];
  const Words hosts(words.begin() + (words.empty() ? 0 : 1), words.end());
  const bool of_hosts = action == "add" || action == "remove";
  if (!of_hosts && action != "list" && action != "accept")
    throw UsageError("mixnn roster takes add HOST..., list or remove HOST..." +
                     (action.empty() ? "" : ", got '" + action + "'"));
  if (of_hosts == hosts.empty())
    throw UsageError("mixnn roster " + action +
                     (of_hosts ? " needs a HOST" : " takes nothing more, got '" + hosts[0] + "'"));
  if (action == "add") add_machines(options, hosts);
  if (action == "list") list_machines(options);
  if (action == "remove") remove_machines(options, hosts);
  if (action == "accept") accept_owner();
  check_printed();
}

}  // namespace mixnn
