#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mixnn {

// Which ranks run on one machine, as far as the owner knows. Processes of one user on one machine
// can read each other's memory, so its ranks are one observer (docs/threat-model.md, "One machine,
// one user").
struct MachineMap {
  // How the owner knows who shares a machine that is not its own.
  enum class By : std::uint8_t { kWord, kKeys };
  std::vector<std::uint32_t> of;  // by rank; 0 is the owner's, the others by their lowest rank
  By by = By::kWord;

  std::size_t count() const;
  std::vector<std::uint32_t> sizes() const;  // ranks of each, the owner among those of the first
  // Ranks but the owner that pool what they know. The owner's machine is trusted, so that those
  // there pool nothing that is to be hidden: each is a group of its own.
  std::vector<std::vector<std::uint32_t>> groups() const;
};

MachineMap one_machine(std::size_t ranks);
// Ranks with the same label are on one machine; what is labelled as rank 0 is the owner's.
MachineMap group_by_machine(const std::vector<std::string>& labels, MachineMap::By by);

// How stages lie on machines. It follows from their number and from who shares a machine.
struct StageSpread {
  std::size_t most = 1;  // stages on a machine that is not the owner's: as few as can be
  bool apart = true;     // no stage is on the machine of one beside it

  bool operator==(const StageSpread&) const = default;
};
StageSpread spread_of(const MachineMap& machines, std::size_t stages);

// So many ranks of groups, of each at most `most`: all such choices are as likely. What is added up
// are doubles, so equal probabilities differ by 1e-13 of them at most.
class GroupShares {
 public:
  GroupShares(const std::vector<std::vector<std::uint32_t>>& groups, std::size_t ranks,
              std::size_t most);

  bool possible() const { return ways_.front()[ranks_] > 0; }
  double log2_choices() const;  // of their number, if it is possible
  // How many ranks of each group, one group after the other: that of `group`, if `left` are left.
  template <class Rng>
  std::size_t draw(std::size_t group, std::size_t left, Rng& rng) const {
    constexpr std::uint32_t kHigh = 1u << 26, kLow = 1u << 27;
    const double high = rng.below(kHigh), low = rng.below(kLow);
    return share_at(group, left, (high * kLow + low) / (static_cast<double>(kHigh) * kLow));
  }

 private:
  double ways(std::size_t group, std::size_t left, std::size_t share) const;
  std::size_t share_at(std::size_t group, std::size_t left, double at) const;  // from [0, 1)

  std::vector<std::size_t> sizes_;
  std::size_t ranks_, most_;
  std::vector<std::vector<double>> ways_;  // to choose so many of this group and all behind it
  double log2_scale_ = 0;                  // that all rows were lowered by
};

// Bits that whoever knows the machines and the number of stages has of who hosts what before
// anything is sent, of log2 (ranks - 1)! / (ranks - 1 - stages)!; where stages keep apart, a little
// more.
double bits_of_machines(const MachineMap& machines, std::size_t stages);
// The same of a host about which of the other ranks hosts the stage behind its own, of
// log2 (ranks - 2); on average over hosts, where each has a machine of its own.
double next_host_bits(const MachineMap& machines, std::size_t stages);

// As jobs are placed: the owner alone, if there are several machines, and the others evenly.
MachineMap spread_evenly(std::size_t ranks, std::size_t machines);

}  // namespace mixnn
