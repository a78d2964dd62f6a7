#include "mixnn/identity/identity.hpp"

namespace mixnn {

std::optional<std::string> NodeIdentity::refuse(Authentication shown, const PublicKey& owner,
                                                bool same_host) const {
  switch (shown) {
    case Authentication::kKeys:
      if (!key) return "this machine has no key: run mixnn roster add for it";
      if (owners.find(owner) == nullptr)
        return "this machine does not know this owner's key: run mixnn roster add for it";
      return std::nullopt;
    case Authentication::kMunge:
      if (credentials != nullptr) return std::nullopt;
      break;
    case Authentication::kNone:
      break;
  }
  if (required)
    return "the owner shows no identity that this node was told to require (--require-identities)";
  if (shown == Authentication::kMunge) return "munge was not asked for here: --identity munge";
  if (!owners.empty() && !same_host && !none)
    return "this machine knows an owner's key, and this owner shows none; name its roster "
           "(--roster), or say on all ranks that nobody is to be known: --identity none";
  return std::nullopt;
}

}  // namespace mixnn
