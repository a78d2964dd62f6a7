#pragma once
#include <functional>
#include <span>

#include "mixnn/crypto/x25519.hpp"

namespace mixnn {

// A stream that anyone can write and only the holder of a secret key can read (docs/protocol.md,
// "Shards"): a fresh stream key in libsodium's sealed box (crypto_box_seal: X25519,
// XSalsa20-Poly1305), then libsodium's secretstream (XChaCha20-Poly1305) under that key in chunks
// of one size, the last with the final tag. So whatever is altered, cut, reordered or appended is
// noticed, and the file tells nothing of whom it is for.
//
//   sealed key (80) | secretstream header (24) | chunks, each kSealedChunk + 17
inline constexpr std::size_t kSealedChunk = std::size_t{64} << 10;  // of text
std::size_t sealed_stream_bytes(std::size_t chunks);

// Seals `chunks` chunks, which `text` fills one after the other, and gives the pieces of the file
// to `sink` in order. The text does not outlive the call anywhere.
void seal_stream(std::span<const std::byte, 32> public_key, std::size_t chunks,
                 const std::function<void(Bytes text)>& fill,
                 const std::function<void(ConstBytes)>& sink);

// Opens what seal_stream made of so many chunks. `read` fills the next bytes of the file, or says
// false. False if the file is anything else or made for another key: then it is read no further,
// and what `take` got is worth nothing. What may follow the last chunk is not looked at.
[[nodiscard]] bool open_stream(const X25519KeyPair& keys, std::size_t chunks,
                               const std::function<bool(Bytes piece)>& read,
                               const std::function<void(ConstBytes text)>& take);

}  // namespace mixnn
