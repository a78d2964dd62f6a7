#include "mixnn/app/options/identity_options.hpp"

#include "mixnn/app/options/options.hpp"
#include "mixnn/identity/roster.hpp"

namespace mixnn {
namespace {

const Choice<IdentityChoice> kIdentities{{{IdentityChoice::kAuto, "auto"},
                                          {IdentityChoice::kNone, "none"},
                                          {IdentityChoice::kMunge, "munge"}}};

const Choice<Channel> kChannels{{{Channel::kSsh, "ssh"}, {Channel::kSrun, "srun"}}};

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
      {.flag = "--by",
       .help = "How to reach HOST",
       .sets = kForEnrolment,
       .value = value_of(
           kChannels, [](auto& o) -> auto& { return o.enrolment.by; })},
      {.flag = "--rank-limit",
       .help = "Ranks that HOST may run in a job",
       .sets = kForEnrolment,
       .value = value_of(
           Whole{1, RosterEntry::kMostRanks, "cores"},
           [](auto& o) -> auto& { return o.enrolment.rank_limit; })},
      {.flag = "--remote-program",
       .help = "mixnn at HOST",
       .sets = kForEnrolment,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.enrolment.program; }),
       .unset = "as here"},
      {.flag = "--replace",
       .help = "Make another key in place of the old",
       .sets = kForKeys,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.enrolment.replace; })},
  };
}

}  // namespace mixnn
