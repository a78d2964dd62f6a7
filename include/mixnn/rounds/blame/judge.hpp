#pragma once
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mixnn/rounds/blame/showing.hpp"
#include "mixnn/rounds/routes.hpp"

namespace mixnn {

// Who can have done it. Each pair holds one who did, if nobody on the link between the two did:
// they contradict each other about what went from one to the other. Who is named alone contradicts
// itself, or more others than there may be hostile ranks.
struct Verdict {
  using Pair = std::pair<std::uint32_t, std::uint32_t>;  // the smaller rank first
  std::set<Pair> pairs;
  std::map<std::uint32_t, std::string> alone;  // why
  // If there is nobody else: whose slots came late, though they say of no other that it was. That
  // is no lie, and may be no more than a slow machine.
  std::set<std::uint32_t> late;

  bool names_nobody() const { return pairs.empty() && alone.empty(); }
};
std::string to_string(const Verdict& verdict);
// Fewer than half of the ranks besides the owner's are hostile: with more contradicted by one, that
// one is.
constexpr std::size_t most_hostile(std::size_t ranks) { return (ranks - 2) / 2; }

// The owner's judgement of one exchange, from what all ranks reported of it and show. It has all
// keys, so it knows of each slot that is shown whether it is as its sender must have made it, and
// what an honest rank makes of it. It takes nobody's word for what another did: where two words
// about one link do not go together, both are named. The owner's own words are true.
class Judge {
 public:
  // `routes`: of the exchange's draw; null where it has no circuits. `secrets` by rank. All must
  // outlive it.
  Judge(const BulkAead& aead, const Transcript& own, const Routes* routes,
        std::span<const Key> secrets, std::size_t hops);

  // How many slots of it the rank said were bad, at most 255; nothing if its word did not come, or
  // came late.
  void report(std::uint32_t rank, std::optional<std::uint8_t> bad, bool late = false) {
    reports_[rank] = bad;
    reported_late_[rank] = late;
  }
  void show(const Shown& shown);
  Verdict verdict() const;

 private:
  // Of one circuit: what its slot was in the first round, and in the last before the receiver.
  struct Circuit {
    bool right_p = false, right_k = false;  // in the first round: the sender's seals
    bool passed = false, emptied = false;   // behind the crossover: as it was, or void
  };
  struct Way {  // ranks by place: sender, relays, receiver
    std::array<std::uint32_t, kMaxRoundHops + 2> at{};
  };
  Way way(std::uint32_t x, std::uint32_t y) const;
  void find_circuits();
  void look(const Shown& shown, const Way& way, Circuit& circuit);
  bool opens(const Key& key, ConstBytes tag, ConstBytes text, Bytes out) const;

  bool has_shown(std::uint32_t rank) const {
    return shown_[rank] == kept_rounds(hops_) * (ranks_ - 1);
  }
  std::uint8_t faults(std::uint32_t rank, std::size_t round, std::uint32_t link) const {
    return faults_[rank * ranks_ + link][round];
  }
  bool missed_before(std::uint32_t rank, std::size_t round) const;
  bool emptied_all(std::uint32_t crossover) const;
  void judge_rank(std::uint32_t rank, Verdict& verdict) const;
  void judge_slot(std::uint32_t rank, std::size_t round, std::uint32_t link,
                  Verdict& verdict) const;
  void judge_circuit(std::uint32_t x, std::uint32_t y, Verdict& verdict) const;
  bool reaches_crossover(const Way& way, const Circuit& circuit, Verdict& verdict) const;

  const BulkAead& aead_;
  std::uint64_t exchange_;
  DrawNumber draw_;
  const Routes* routes_;
  std::span<const Key> secrets_;
  std::size_t hops_, ranks_;
  std::vector<std::optional<std::uint8_t>> reports_;  // by rank
  std::vector<bool> reported_late_;                   // by rank
  std::vector<std::size_t> shown_;                    // by rank: slots
  std::vector<Faults> faults_;                        // by rank and link
  std::vector<Circuit> circuits_;                     // by sender and receiver
  std::vector<Verdict::Pair> on_link_;  // sender and receiver, by kept round, and a slot's two ends
  std::vector<std::byte> text_, body_, emptiness_;
};

}  // namespace mixnn
