#pragma once
#include "mixnn/app/options/options.hpp"
#include "mixnn/identity/identity.hpp"

namespace mixnn {

// What this process shows itself with and knows its peers by, from the options and the files of
// identities. Both throw UsageError that names the file and the remedy.

// `alone`: no rank is on another host. Then nothing is looked for unless it is required.
OwnerIdentity owner_identity(const AppOptions& options, bool alone);
NodeIdentity node_identity(const AppOptions& options);

// The owner's key for its roster: the one that is named, or this machine's.
std::filesystem::path machine_key_file();  // throws UsageError if no place is known for it
std::filesystem::path owner_key_file(const AppOptions& options);
std::filesystem::path roster_file(const AppOptions& options);

// One line on how the owner knows the ranks of other hosts; empty if there are none.
std::string peers_text(const std::optional<Authentication>& elsewhere);

}  // namespace mixnn
