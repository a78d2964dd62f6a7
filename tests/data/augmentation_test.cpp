#include "mixnn/data/augmentation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace mixnn {
namespace {

constexpr std::size_t kPicture = 2 * 5 * 3;

// Pictures [2, 5, 3] of numbers that tell picture, channel, line and column.
template <class T>
Table pictures(std::size_t count) {
  std::vector<T> values;
  for (std::size_t i = 0; i < count * kPicture; ++i) values.push_back(static_cast<T>(1 + i));
  return Table::of({2, 5, 3}, values);
}

template <class T>
std::vector<T> augmented(const Table& samples, const std::vector<std::uint32_t>& rows,
                         const Augmentation& how, std::uint32_t epoch = 0) {
  std::vector<T> out(rows.size() * kPicture);
  gather_augmented(samples, rows, how, 7, epoch, std::as_writable_bytes(std::span(out)));
  return out;
}

// The picture with a border of zeros, from which all crops are.
template <class T>
bool is_crop(const T* crop, const T* of, std::int64_t down, std::int64_t right, bool mirrored) {
  for (std::int64_t c = 0; c < 2; ++c)
    for (std::int64_t y = 0; y < 5; ++y)
      for (std::int64_t x = 0; x < 3; ++x) {
        const std::int64_t from_y = y + down, from_x = (mirrored ? 2 - x : x) + right;
        const bool inside = from_y >= 0 && from_y < 5 && from_x >= 0 && from_x < 3;
        const T expected = inside ? of[(c * 5 + from_y) * 3 + from_x] : T{0};
        if (crop[(c * 5 + y) * 3 + x] != expected) return false;
      }
  return true;
}

template <class T>
void expect_every_crop_and_flip() {
  const Table samples = pictures<T>(2000);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < 2000; ++i) rows.push_back(1999 - i);
  const std::vector<T> out = augmented<T>(samples, rows, {.crop = true, .flip = true});
  std::vector<T> all(samples.bytes().size() / sizeof(T));
  std::memcpy(all.data(), samples.bytes().data(), samples.bytes().size());
  std::set<std::int64_t> places;
  std::size_t mirrors = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool found = false;
    for (std::int64_t place = 0; place < 9 * 9 * 2 && !found; ++place) {
      const std::int64_t down = place / 2 / 9 - 4, right = place / 2 % 9 - 4;
      found = is_crop(&out[i * kPicture], &all[rows[i] * kPicture], down, right, place % 2 == 1);
      // Where a single column is left, or none, there is no telling.
      if (found && std::abs(right) < 2 && std::abs(down) < 5) {
        places.insert(place / 2);
        mirrors += static_cast<std::size_t>(place % 2);
      }
    }
    ASSERT_TRUE(found) << i;
  }
  EXPECT_EQ(places.size(), 27u);
  EXPECT_GT(mirrors, 250u);
  EXPECT_LT(mirrors, 420u);
}

TEST(Augmentation, TakesEveryPartOfAPictureWithABorderOfZeros) {
  expect_every_crop_and_flip<std::uint16_t>();
  expect_every_crop_and_flip<float>();
}

TEST(Augmentation, FlipsHalfOfThePictures) {
  const Table samples = pictures<std::uint16_t>(1);
  std::size_t mirrored = 0;
  for (std::uint32_t epoch = 0; epoch < 1000; ++epoch) {
    const auto out = augmented<std::uint16_t>(samples, {0}, {.flip = true}, epoch);
    EXPECT_TRUE(out[0] == 1 ? out[29] == 30 : out[0] == 3 && out[29] == 28) << out[0];
    if (out[0] == 3) ++mirrored;
  }
  EXPECT_NEAR(static_cast<double>(mirrored), 500, 60);
}

TEST(Augmentation, FollowsFromSeedEpochAndSampleAlone) {
  const Table samples = pictures<std::uint16_t>(50);
  const Augmentation both{.crop = true, .flip = true};
  std::vector<std::uint32_t> rows(50);
  for (std::uint32_t i = 0; i < 50; ++i) rows[i] = i;
  const auto all = augmented<std::uint16_t>(samples, rows, both, 3);
  const auto one = augmented<std::uint16_t>(samples, {20}, both, 3);
  EXPECT_TRUE(std::ranges::equal(one, std::span(all).subspan(20 * kPicture, kPicture)));
  EXPECT_NE(all, augmented<std::uint16_t>(samples, rows, both, 4));
}

TEST(Augmentation, NoneLeavesThePicturesAsTheyAre) {
  const Table samples = pictures<std::uint16_t>(3);
  const auto out = augmented<std::uint16_t>(samples, {0, 1, 2}, {});
  EXPECT_TRUE(std::ranges::equal(bytes_of(std::span(out)), samples.bytes()));
}

}  // namespace
}  // namespace mixnn
