#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mixnn/crypto/random.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/owner_link.hpp"
#include "mixnn/owner/stage_replay.hpp"
#include "mixnn/owner/stage_state.hpp"
#include "mixnn/owner/trained_window.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// What was checked of a training.
struct SpotCheckCounts {
  std::uint64_t windows = 0;     // that ended with commitments
  std::uint64_t challenges = 0;  // openings of ranks, decoys among them
};

// Whether hosts compute their stages (P8; docs/protocol.md, "Spot checks"). At the end of each
// window of steps every rank commits to its state. Only then each rank is drawn with the rate as
// its probability, independently and alike. If one is, every rank says what came to it in the
// window; then those drawn open theirs, and the owner computes it again. Throws RunError that names
// the rank that contradicts itself or the owner, or the two that contradict each other.
class SpotChecks {
 public:
  // All must outlive it.
  SpotChecks(OwnerLink& link, const Plan& plan, const std::vector<StageSpec>& stages,
             const StageSizes& sizes, const DataSet& data, const TrainingOptions& training,
             double rate);

  // The first commitments: to the state that the hosts were sent, of all stages of the model (what
  // is behind a state's end is zero).
  void begin(const std::vector<std::vector<float>>& state, std::uint32_t updates);
  // A window has ended, with so many updates made. True if the training goes straight on; false if
  // challenge() comes first.
  bool window_ends(std::uint32_t updates);
  // Whether this key epoch has serials for it; else keys change first, and tickets for what comes
  // after are void.
  bool has_room(const TrainedWindow& window) const;
  void challenge(const TrainedWindow& window, std::uint32_t updates);
  // What a host gathered is what it committed to.
  void check_gathered(std::size_t place, std::span<const float> parameters) const;
  const SpotCheckCounts& counts() const { return counts_; }

 private:
  // By rank.
  using Commitments = std::map<std::uint32_t, Commitment>;

  std::string who(std::size_t place) const;  // "rank 5, the host of stage 2,"
  const Commitment& of(const Commitments& all, std::size_t place) const {
    return all.at(plan_.places[place]);
  }
  OpeningSizes sizes_of(const TrainedWindow& window) const;
  void check_ends(const Commitments& reported, const TrainedWindow& window) const;
  void check(std::size_t place, const Commitments& reported, const TrainedWindow& window,
             const StageReplay& replay) const;

  OwnerLink& link_;
  const Plan& plan_;
  const std::vector<StageSpec>& stages_;
  const StageSizes& sizes_;
  const DataSet& data_;
  const TrainingOptions& training_;
  std::uint64_t threshold_;  // of 2^32
  Csprng rng_;
  Commitments before_, now_;        // the last two
  std::vector<std::size_t> drawn_;  // places, in the order in which they open
  SpotCheckCounts counts_;
};

}  // namespace mixnn
