#include "mixnn/session/round_secrets.hpp"

#include <array>

namespace mixnn {

Key round_secret(const EpochKeys& keys) {
  return hmac_sha256(keys.slot_key().bytes(), {bytes_of("MixNN rounds")});
}

LaneKeys lane_keys(const Key& secret) {
  const auto way = [&](std::byte direction) {
    return hmac_sha256(secret.bytes(), {bytes_of("mixnn lane"), std::array{direction}});
  };
  return {way(std::byte{0}), way(std::byte{1})};
}

}  // namespace mixnn
