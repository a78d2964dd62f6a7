#include "mixnn/onion/epoch.hpp"

namespace mixnn {

namespace {

// Four rounds are enough only for large halves. Those of a serial have 20 bits at most, and round
// functions of so few entries can be solved for; ten is what FF1 of NIST SP 800-38G takes for such
// domains.
constexpr std::uint64_t kRounds = 10;

}  // namespace

EpochKeys::EpochKeys(const Key& root, const Digest& handshake_hash)
    : chain_(hmac_sha256(handshake_hash, {bytes_of("MixNN epoch chain"), root.bytes()})) {
  derive_slot_key();
}

EpochKeys EpochKeys::next(const Key& fresh) const {
  EpochKeys keys;
  keys.epoch_ = epoch_ + 1;
  keys.chain_ = hmac_sha256(chain_.bytes(), {bytes_of("MixNN next epoch"), fresh.bytes()});
  keys.derive_slot_key();
  return keys;
}

void EpochKeys::derive_slot_key() {
  slot_key_ = hmac_sha256(chain_.bytes(), {bytes_of("MixNN slot key")});
}

SerialPermutation::SerialPermutation(const Secret<16>& key, unsigned bits)
    : key_(key), bits_(bits) {
  MIXNN_CHECK(bits >= 2 && bits <= 40 && bits % 2 == 0, "bits of a serial");
}

std::uint64_t SerialPermutation::operator()(std::uint64_t i) const {
  const unsigned half = bits_ / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  std::uint64_t left = i >> half, right = i & mask;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const std::uint64_t mixed = left ^ (siphash(key_, round << 40 | right) & mask);
    left = right;
    right = mixed;
  }
  return left << half | right;
}

}  // namespace mixnn
