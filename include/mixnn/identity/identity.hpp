#pragma once
#include <optional>

#include "mixnn/crypto/x25519.hpp"
#include "mixnn/identity/credentials.hpp"
#include "mixnn/identity/known_owners.hpp"
#include "mixnn/identity/roster.hpp"

namespace mixnn {

// How two peers of a handshake know each other, from nothing to best.
enum class Authentication : std::uint8_t { kNone = 0, kMunge = 1, kKeys = 2 };

// What an owner knows its nodes by: keys if it has them, else credentials if there are any. Ranks
// of its own host need nothing, unless it is required of all: one user's processes on one machine
// do not protect from each other anyway.
struct OwnerIdentity {
  struct Keys {
    X25519KeyPair own;
    Roster roster;
  };
  std::optional<Keys> keys;
  Credentials* credentials = nullptr;  // outlives it
  bool required = false;

  Authentication with(bool same_host) const {
    if (same_host && !required) return Authentication::kNone;
    if (keys) return Authentication::kKeys;
    return credentials != nullptr ? Authentication::kMunge : Authentication::kNone;
  }
};

// What a node knows its owner by, and shows itself with.
struct NodeIdentity {
  std::optional<X25519KeyPair> key;
  KnownOwners owners;
  Credentials* credentials = nullptr;  // outlives it
  bool required = false;               // of every owner
  bool none = false;                   // of no owner, whatever is known

  // Why this node does not serve an owner that shows so much of itself; nothing if it does. A node
  // that knows an owner falls back to nothing only for a process of its own host: else whoever is
  // between the two could say that there are no identities.
  std::optional<std::string> refuse(Authentication shown, const PublicKey& owner,
                                    bool same_host) const;
};

}  // namespace mixnn
