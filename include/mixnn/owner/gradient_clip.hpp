#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/owner/owner_link.hpp"
#include "mixnn/train/clipping.hpp"

namespace mixnn {

// The gradients of a step are clipped by the norm of all of them (docs/protocol.md, "Clipping"):
// every rank says what its stage's add to it, and is told by what to scale them; only then the
// stages update. Decoys are asked and told alike.
class GradientClip {
 public:
  // `places`: rank by place, those with stages first; must outlive it. `most`: of the norm.
  GradientClip(OwnerLink& link, const std::vector<std::uint32_t>& places, std::size_t stages,
               float most)
      : link_(link), places_(places), stages_(stages), most_(most) {}

  // Messages of one step, for the serials.
  static std::uint64_t messages_of_step(std::size_t places) { return 3 * places; }

  // Of the step behind so many updates, by stage. Nothing may be under way.
  std::vector<double> squares(std::uint32_t updates) {
    const std::map<std::uint32_t, GradientSquares> all = link_.ask_squares({updates, {}});
    std::vector<double> squares;
    for (std::size_t stage = 0; stage < stages_; ++stage)
      squares.push_back(all.at(places_[stage]).sum);
    return squares;
  }
  // The ranks make the update.
  void scale(std::uint32_t updates, float scale) { link_.tell_scale({updates, scale}); }
  float most() const { return most_; }

 private:
  OwnerLink& link_;
  const std::vector<std::uint32_t>& places_;
  std::size_t stages_;
  float most_;
};

}  // namespace mixnn
