#include "mixnn/owner/gradient_clip.hpp"

namespace mixnn {

std::vector<double> GradientClip::squares(std::uint32_t updates) {
  const std::map<std::uint32_t, GradientSquares> all = link_.ask_squares({updates, {}});
  std::vector<double> squares;
  for (std::size_t stage = 0; stage < stages_; ++stage)
    squares.push_back(all.at(places_[stage]).sum);
  return squares;
}

void GradientClip::scale(std::uint32_t updates, float scale) { link_.tell_scale({updates, scale}); }

}  // namespace mixnn
