#include "mixnn/crypto/sealed_stream.hpp"

#include "sodium.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kSealedKeyBytes = crypto_box_SEALBYTES + Key::size();
constexpr std::size_t kStreamHeaderBytes = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kStartBytes = kSealedKeyBytes + kStreamHeaderBytes;
constexpr std::size_t kSealedChunkBytes =
    kSealedChunk + crypto_secretstream_xchacha20poly1305_ABYTES;
static_assert(crypto_secretstream_xchacha20poly1305_KEYBYTES == Key::size());

struct StreamState {
  crypto_secretstream_xchacha20poly1305_state sodium;
  ~StreamState() { sodium_memzero(&sodium, sizeof sodium); }
};

unsigned char tag_of(bool last) {
  return last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
              : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
}

}  // namespace

std::size_t sealed_stream_bytes(std::size_t chunks) {
  return kStartBytes + chunks * kSealedChunkBytes;
}

void seal_stream(std::span<const std::byte, 32> public_key, std::size_t chunks,
                 const std::function<void(Bytes)>& fill,
                 const std::function<void(ConstBytes)>& sink) {
  MIXNN_CHECK(chunks > 0, "a stream of nothing");
  ensure_sodium();
  Key key;
  randombytes_buf(key.bytes().data(), key.size());
  std::array<std::byte, kStartBytes> start{};
  const int sealed =
      crypto_box_seal(u8(Bytes(start)), u8(key.bytes()), key.size(), u8(ConstBytes(public_key)));
  MIXNN_CHECK(sealed == 0, "a key that no secret belongs to");
  StreamState state;
  crypto_secretstream_xchacha20poly1305_init_push(&state.sodium, u8(Bytes(start)) + kSealedKeyBytes,
                                                  u8(key.bytes()));
  sink(start);
  std::vector<std::byte> text(kSealedChunk), chunk(kSealedChunkBytes);
  for (std::size_t i = 0; i < chunks; ++i) {
    fill(text);
    crypto_secretstream_xchacha20poly1305_push(&state.sodium, u8(Bytes(chunk)), nullptr,
                                               u8(Bytes(text)), text.size(), nullptr, 0,
                                               tag_of(i + 1 == chunks));
    sink(chunk);
  }
  wipe(text);
}

bool open_stream(const X25519KeyPair& keys, std::size_t chunks,
                 const std::function<bool(Bytes)>& read,
                 const std::function<void(ConstBytes)>& take) {
  ensure_sodium();
  std::array<std::byte, kStartBytes> start{};
  Key key;
  if (chunks == 0 || !read(start) ||
      crypto_box_seal_open(u8(key.bytes()), u8(ConstBytes(start)), kSealedKeyBytes,
                           u8(ConstBytes(keys.public_key)), u8(keys.secret.bytes())) != 0)
    return false;
  StreamState state;
  if (crypto_secretstream_xchacha20poly1305_init_pull(
          &state.sodium, u8(ConstBytes(start)) + kSealedKeyBytes, u8(key.bytes())) != 0)
    return false;
  std::vector<std::byte> text(kSealedChunk), chunk(kSealedChunkBytes);
  bool good = true;
  for (std::size_t i = 0; good && i < chunks; ++i) {
    unsigned char tag = 0;
    good = read(chunk) &&
           crypto_secretstream_xchacha20poly1305_pull(&state.sodium, u8(Bytes(text)), nullptr, &tag,
                                                      u8(ConstBytes(chunk)), chunk.size(), nullptr,
                                                      0) == 0 &&
           tag == tag_of(i + 1 == chunks);
    if (good) take(text);
  }
  wipe(text);
  return good;
}

}  // namespace mixnn
