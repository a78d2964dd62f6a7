#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "mixnn/app/options/identity_options.hpp"
#include "mixnn/identity/known_owners.hpp"

namespace mixnn {

// The conversation of `mixnn roster add` with a machine, over ssh or srun. The owner says one line,
// `owner KEY psk KEY`, on standard input, so that no key stands on a command line; the machine
// answers with one, `mixnn machine 1: KEY cores N`. It makes its key if it has none.

struct Enrolled {
  PublicKey key{};
  std::uint32_t cores = 0;
};

// The owner's side: starts this program at `host` and talks to it. Throws RunError.
Enrolled enrol(const std::string& host, const KnownOwner& owner, const EnrolmentOptions& how);

// The machine's side: reads standard input, writes both files, returns the answer. Throws
// UsageError.
std::string accept(const std::filesystem::path& machine_key,
                   const std::filesystem::path& known_owners);

}  // namespace mixnn
