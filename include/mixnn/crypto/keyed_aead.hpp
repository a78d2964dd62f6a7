#pragma once
#include <cstdint>

#include "mixnn/crypto/aead.hpp"

namespace mixnn {

// One key of a BulkAead's suite, made ready once for many texts, each under a nonce of its own: the
// number as u64, then zeros. What BulkAead does itself is the text of number 0. No number may seal
// two texts, nor cover two; whoever uses this sees to it. Backends give the same bytes.
//
// What a key is expanded to is larger than a block of secret memory: it lies in ordinary memory and
// is wiped when this goes. The BulkAead that made this must outlive it and serves the same thread.
class KeyedAead {
 public:
  virtual ~KeyedAead() = default;

  // Sizes and places are as for BulkAead: the same memory, or apart; a tag has 16 bytes.
  void seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const {
    check_sizes(plaintext, ciphertext, tag);
    do_seal(nonce, plaintext, ciphertext, tag);
  }
  // The work is about the same whether the tag fits or not. Unspecified plaintext where it does
  // not.
  [[nodiscard]] bool open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
                          Bytes plaintext) const {
    check_sizes(ciphertext, plaintext, tag);
    return do_open(nonce, ciphertext, tag, plaintext);
  }
  // The same bytes for a text that lies in two places: `head`, `body`, and zeros up to the size of
  // `ciphertext`, which overlaps neither and never holds the text.
  void seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body, Bytes ciphertext,
                  Bytes tag) const {
    check_parts(head.size(), body.size(), ciphertext, tag);
    do_seal_parts(nonce, head, body, ciphertext, tag);
  }
  // Opens such a text; what is behind both parts goes nowhere.
  [[nodiscard]] bool open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
                                Bytes head, Bytes body) const {
    check_parts(head.size(), body.size(), ciphertext, tag);
    return do_open_parts(nonce, ciphertext, tag, head, body);
  }
  void xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const {
    MIXNN_CHECK(in.size() == out.size(), "AEAD sizes");
    if (!in.empty()) do_xor_keystream(nonce, in, out);
  }

 private:
  static void check_sizes(ConstBytes in, ConstBytes out, ConstBytes tag) {
    MIXNN_CHECK(in.size() == out.size() && tag.size() == kAeadTagBytes, "AEAD sizes");
  }
  static void check_parts(std::size_t head, std::size_t body, ConstBytes text, ConstBytes tag) {
    MIXNN_CHECK(head <= text.size() && body <= text.size() - head && tag.size() == kAeadTagBytes,
                "AEAD sizes");
  }
  virtual void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
                       Bytes tag) const = 0;
  virtual bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
                       Bytes plaintext) const = 0;
  virtual void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const = 0;
  // By way of a copy, which is wiped, where a backend has nothing better.
  virtual void do_seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body,
                             Bytes ciphertext, Bytes tag) const;
  virtual bool do_open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag, Bytes head,
                             Bytes body) const;
};

// Whether `candidate` does as `reference` does, both with the same keys: nonces of all lengths,
// sizes around blocks and above, in place and apart, texts in parts, altered tags.
bool same_keyed_aead(const BulkAead& candidate, const BulkAead& reference);

}  // namespace mixnn
