#include "mixnn/crypto/sealed_stream.hpp"

#include <gtest/gtest.h>

#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kChunks = 3;
constexpr std::size_t kStart = 80 + 24, kChunk = kSealedChunk + 17;

using File = std::vector<std::byte>;

File seal(const X25519KeyPair& keys, std::size_t chunks = kChunks) {
  File file;
  std::size_t filled = 0;
  seal_stream(
      keys.public_key, chunks,
      [&](Bytes text) { std::fill(text.begin(), text.end(), static_cast<std::byte>(++filled)); },
      [&](ConstBytes piece) { file.insert(file.end(), piece.begin(), piece.end()); });
  return file;
}

bool opens(const X25519KeyPair& keys, const File& file) {
  std::size_t taken = 0;
  bool right = true;
  ConstBytes rest = file;
  const auto read = [&](Bytes piece) {
    if (rest.size() < piece.size()) return false;
    copy_bytes(rest.first(piece.size()), piece);
    rest = rest.subspan(piece.size());
    return true;
  };
  const std::size_t chunks = file.size() <= kStart ? 1 : (file.size() - kStart) / kChunk;
  const bool opened = open_stream(keys, chunks, read,
                                  [&](ConstBytes text) {
                                    ++taken;
                                    for (const std::byte b : text)
                                      right = right && b == static_cast<std::byte>(taken);
                                  }) &&
                      rest.empty();
  EXPECT_TRUE(right);
  EXPECT_TRUE(!opened || file.size() == sealed_stream_bytes(taken));
  return opened;
}

TEST(SealedStream, OpensWithItsKeyAlone) {
  const X25519KeyPair keys = X25519KeyPair::generate(), other = X25519KeyPair::generate();
  const File file = seal(keys);
  EXPECT_EQ(file.size(), sealed_stream_bytes(kChunks));
  EXPECT_EQ(file.size(), kStart + kChunks * kChunk);
  EXPECT_TRUE(opens(keys, file));
  EXPECT_FALSE(opens(other, file));
  EXPECT_TRUE(opens(keys, seal(keys, 1)));
}

TEST(SealedStream, TwoOfTheSameTextHaveNothingInCommon) {
  const X25519KeyPair keys = X25519KeyPair::generate();
  const File one = seal(keys), two = seal(keys);
  std::size_t same = 0;
  for (std::size_t i = 0; i < one.size(); ++i) same += one[i] == two[i];
  EXPECT_LT(same, one.size() / 128);  // 1 in 256 by chance
}

TEST(SealedStream, RefusesEveryAlteredRegion) {
  const X25519KeyPair keys = X25519KeyPair::generate();
  const File file = seal(keys);
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{31}, std::size_t{40}, std::size_t{79}, std::size_t{80},
        kStart - 1, kStart, kStart + 17, kStart + kChunk - 1, kStart + kChunk, file.size() - 1}) {
    File altered = file;
    altered[at] ^= std::byte{1};
    EXPECT_FALSE(opens(keys, altered)) << at;
  }
}

TEST(SealedStream, RefusesWhatIsCutAppendedOrReordered) {
  const X25519KeyPair keys = X25519KeyPair::generate();
  const File file = seal(keys);
  const auto chunk = [&](std::size_t i) {
    return file.begin() + static_cast<std::ptrdiff_t>(kStart + i * kChunk);
  };
  for (const std::size_t size : {std::size_t{0}, std::size_t{50}, kStart, kStart + kChunk,
                                 kStart + 2 * kChunk, file.size() - 1})
    EXPECT_FALSE(opens(keys, {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)}))
        << size;
  File longer = file;
  longer.insert(longer.end(), chunk(2), file.end());
  EXPECT_FALSE(opens(keys, longer));
  File swapped = file;
  std::swap_ranges(swapped.begin() + kStart, swapped.begin() + kStart + kChunk,
                   swapped.begin() + kStart + kChunk);
  EXPECT_FALSE(opens(keys, swapped));
  const File other = seal(keys);
  File mixed = file;
  std::copy(other.begin() + kStart, other.begin() + kStart + kChunk, mixed.begin() + kStart);
  EXPECT_FALSE(opens(keys, mixed));
}

}  // namespace
}  // namespace mixnn
