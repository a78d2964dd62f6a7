#include "mixnn/app/identities.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/munge.hpp"
#include "mixnn/identity/places.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

bool wants_none(const IdentityOptions& identity) {
  return identity.choice == IdentityChoice::kNone || identity.roster == fs::path("none");
}

Credentials* munge_credentials() {
  Credentials* const munge = munge_service();
  if (munge == nullptr)
    throw UsageError(
        "--identity munge: this mixnn was built without libmunge; build it with libmunge-dev");
  return munge;
}

OwnerIdentity::Keys owner_keys(const AppOptions& options, Roster roster) {
  const fs::path file = owner_key_file(options);
  const std::optional<X25519KeyPair> key = find_machine_key(file);
  if (!key)
    throw UsageError(file.string() + ": there is no such key, but a roster, " +
                     roster_file(options).string() +
                     "; name the key of the machine that made it (--owner-identity), or go "
                     "without: --roster none");
  return {*key, std::move(roster)};
}

}  // namespace

fs::path machine_key_file() {
  const fs::path file = machine_key_place();
  if (file.empty())
    throw UsageError("neither XDG_CONFIG_HOME nor HOME says where to keep this machine's key");
  return file;
}

fs::path owner_key_file(const AppOptions& options) {
  return options.identity.owner_key ? *options.identity.owner_key : machine_key_file();
}

fs::path roster_file(const AppOptions& options) {
  return options.identity.roster.value_or(roster_place());
}

OwnerIdentity owner_identity(const AppOptions& options, bool alone) {
  OwnerIdentity identity;
  identity.required = options.identity.required;
  if (alone && !identity.required) return identity;
  if (wants_none(options.identity)) {
    if (identity.required)
      throw UsageError("--require-identities: there are none with --identity or --roster none");
    return identity;
  }
  if (options.identity.choice == IdentityChoice::kMunge) {
    identity.credentials = munge_credentials();
    return identity;
  }
  const fs::path file = roster_file(options);
  std::optional<Roster> roster = file.empty() ? std::nullopt : Roster::find(file);
  if (roster)
    identity.keys = owner_keys(options, std::move(*roster));
  else if (identity.required || options.identity.roster)
    throw UsageError(file.string() + ": there is no such roster; mixnn roster add HOST makes it");
  return identity;
}

NodeIdentity node_identity(const AppOptions& options) {
  NodeIdentity identity;
  identity.required = options.identity.required;
  identity.none = wants_none(options.identity);
  if (options.identity.choice == IdentityChoice::kMunge) identity.credentials = munge_credentials();
  if (identity.none || machine_key_place().empty()) return identity;
  identity.key = find_machine_key(machine_key_place());
  identity.owners = KnownOwners::load(known_owners_place());
  return identity;
}

std::string peers_text(const std::optional<Authentication>& elsewhere) {
  if (!elsewhere) return {};
  switch (*elsewhere) {
    case Authentication::kKeys:
      return "known by their keys";
    case Authentication::kMunge:
      return "known by munge: their user, not their machine; who is root on any can be all";
    case Authentication::kNone:
      break;
  }
  return "NOT authenticated: whoever answers is served; mixnn roster add HOST";
}

}  // namespace mixnn
