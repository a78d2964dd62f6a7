#include "mixnn/rounds/keys.hpp"

namespace mixnn {
namespace {

Key root(const Key& secret, std::string_view label, DrawNumber draw, std::uint32_t link) {
  return hmac_sha256(secret.bytes(), {bytes_of(label), std::as_bytes(std::span(&draw, 1)),
                                      std::as_bytes(std::span(&link, 1))});
}

}  // namespace

Key p_key(const Key& secret, DrawNumber draw, std::uint32_t in) {
  return root(secret, "mixnn p", draw, in);
}
Key q_key(const Key& secret, DrawNumber draw, std::uint32_t out) {
  return root(secret, "mixnn q", draw, out);
}
Key k_key(const Key& secret, DrawNumber draw, std::uint32_t first) {
  return root(secret, "mixnn k", draw, first);
}
Key filler_key(const Key& secret, DrawNumber draw, std::uint32_t in) {
  return root(secret, "mixnn fill", draw, in);
}
Key void_key(const Key& secret, DrawNumber draw, std::uint32_t out) {
  return root(secret, "mixnn void", draw, out);
}

Key show_key(const Key& to_owner) {
  return hmac_sha256(to_owner.bytes(), {bytes_of("mixnn show")});
}

}  // namespace mixnn
