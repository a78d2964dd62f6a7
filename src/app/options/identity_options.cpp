#include "mixnn/app/options/identity_options.hpp"

#include "mixnn/app/options/options.hpp"

namespace mixnn {
namespace {

const Choice<IdentityChoice> kIdentities{{{IdentityChoice::kAuto, "auto"},
                                          {IdentityChoice::kNone, "none"},
                                          {IdentityChoice::kMunge, "munge"}}};

}  // namespace

std::vector<OptionRow> identity_options() {
  return {
      {.flag = "--identity",
       .help = "auto: keys, where there are some",
       .sets = kForPeers,
       .value = value_of(
           kIdentities, [](auto& o) -> auto& { return o.identity.choice; })},
      {.flag = "--require-identities",
       .help = "Of all peers, or do not begin",
       .sets = kForPeers,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.identity.required; })},
      {.flag = "--roster",
       .help = "Machines that the owner trusts",
       .sets = kForPeers | kForEnrolment,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.identity.roster; }),
       .takes = "FILE|none",
       .unset = "~/.config/mixnn"},
      {.flag = "--owner-identity",
       .help = "The owner's own key",
       .sets = kForRanks | kForEnrolment,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.identity.owner_key; }),
       .unset = "~/.config/mixnn"},
  };
}

}  // namespace mixnn
