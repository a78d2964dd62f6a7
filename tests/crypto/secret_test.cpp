#include "mixnn/crypto/secret.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "crypto/crypto_testing.hpp"
#include "mixnn/crypto/noise.hpp"

namespace mixnn {
namespace {

using testing::Grave;

TEST(Secret, WipeLeavesZeros) {
  std::vector<std::byte> bytes(100, std::byte{7});
  wipe(bytes);
  EXPECT_EQ(bytes, std::vector<std::byte>(100));
  wipe({});
}

TEST(Secret, IsWipedWhenItGoes) {
  Csprng rng = testing::seeded(1);
  const auto plain = testing::random_bytes(rng, 32);
  Grave<Key> grave;
  grave.bear(Key::from(plain));
  ASSERT_TRUE(grave.holds(plain));
  grave.bury();
  EXPECT_FALSE(grave.holds(plain));
}

TEST(Secret, IsWipedInsideAnOptionalThatWasMovedFromOrReset) {
  Csprng rng = testing::seeded(2);
  const auto plain = testing::random_bytes(rng, 32);
  Grave<std::optional<Key>> grave;
  std::optional<Key>& secret = grave.bear(Key::from(plain));
  const std::optional<Key> moved = std::move(secret);
  EXPECT_EQ(to_hex(moved->bytes()), to_hex(plain));
  secret.reset();
  EXPECT_FALSE(grave.holds(plain));
  grave.bury();
}

TEST(Secret, IsOverwrittenWhenAnotherIsAssigned) {
  Csprng rng = testing::seeded(3);
  const auto plain = testing::random_bytes(rng, 32);
  Grave<Key> grave;
  grave.bear(Key::from(plain)) = rng.key();
  EXPECT_FALSE(grave.holds(plain));
  grave.bury();
}

TEST(Secret, KeyPairsCiphersAndHandshakesWipeTheirKeys) {
  Csprng rng = testing::seeded(4);
  const Key secret = rng.key();
  Grave<X25519KeyPair> pair;
  pair.bear(X25519KeyPair::from_secret(secret));
  ASSERT_TRUE(pair.holds(secret.bytes()));
  pair.bury();
  EXPECT_FALSE(pair.holds(secret.bytes()));

  Grave<NoiseCipher> cipher;
  cipher.bear(secret);
  ASSERT_TRUE(cipher.holds(secret.bytes()));
  cipher.bury();
  EXPECT_FALSE(cipher.holds(secret.bytes()));

  Grave<NoiseHandshake> noise;
  noise.bear(noise_pattern("NN"), NoiseSide::kInitiator, ConstBytes{},
             NoiseKeys{.ephemeral = X25519KeyPair::from_secret(secret)});
  ASSERT_TRUE(noise.holds(secret.bytes()));
  noise.bury();
  EXPECT_FALSE(noise.holds(secret.bytes()));

  // The seed is the generator's first key: gone with the first refill, and with the generator.
  Grave<Csprng> generator;
  Csprng& drawing = generator.bear(secret);
  ASSERT_TRUE(generator.holds(secret.bytes()));
  const Key drawn = drawing.key();
  EXPECT_FALSE(generator.holds(secret.bytes()));
  const auto state = std::as_bytes(std::span(&drawing, 1));
  const std::vector<std::byte> before(state.begin(), state.end());
  generator.bury();
  EXPECT_FALSE(generator.holds(drawn.bytes()));
  EXPECT_FALSE(
      generator.holds(ConstBytes(before).subspan(64 + 32, 512)));  // what it had ready to give next
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<Key> && !Printable<X25519KeyPair> && !Printable<NoiseCipher>);

TEST(SecretDeathTest, AnotherSizeStopsTheProgram) {
  const std::vector<std::byte> bytes(31);
  EXPECT_DEATH(Key::from(bytes), "another size");
}

}  // namespace
}  // namespace mixnn
