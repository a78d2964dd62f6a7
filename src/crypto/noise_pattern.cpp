#include "mixnn/crypto/noise_pattern.hpp"

#include <algorithm>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

using enum NoiseToken;

constexpr std::array kPatterns{
    NoisePattern{"NN", false, false, false, {{{kE}, {kE, kEE}}}, 2},
    NoisePattern{"KK", true, true, false, {{{kE, kES, kSS}, {kE, kEE, kSE}}}, 2},
    NoisePattern{"XX", false, false, false, {{{kE}, {kE, kEE, kS, kES}, {kS, kSE}}}, 3},
    NoisePattern{"IK", false, true, false, {{{kE, kES, kS, kSS}, {kE, kEE, kSE}}}, 2},
    NoisePattern{"IKpsk2", false, true, true, {{{kE, kES, kS, kSS}, {kE, kEE, kSE, kPsk}}}, 2}};

}  // namespace

const NoisePattern& noise_pattern(std::string_view name) {
  const auto found = std::ranges::find(kPatterns, name, &NoisePattern::name);
  MIXNN_CHECK(found != kPatterns.end(), "an unknown handshake pattern");
  return *found;
}

}  // namespace mixnn
