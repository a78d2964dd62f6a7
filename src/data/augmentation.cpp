#include "mixnn/data/augmentation.hpp"

#include <algorithm>
#include <cstring>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

// Where a picture's place (y, x) is taken from.
struct Change {
  std::int64_t down = 0, right = 0;
  bool mirrored = false;

  Change(const Augmentation& how, CounterRng& rng) {
    constexpr std::uint32_t kPlaces = 2 * Augmentation::kCropBorder + 1;
    if (how.crop) {
      down = static_cast<std::int64_t>(rng.below(kPlaces)) - Augmentation::kCropBorder;
      right = static_cast<std::int64_t>(rng.below(kPlaces)) - Augmentation::kCropBorder;
    }
    if (how.flip) mirrored = rng.below(2) == 1;
  }
};

// A line of a picture, of numbers of `size` bytes.
void copy_line(const std::byte* from, std::byte* to, std::int64_t width, std::size_t size,
               const Change& change) {
  for (std::int64_t x = 0; x < width; ++x) {
    const std::int64_t at = (change.mirrored ? width - 1 - x : x) + change.right;
    std::byte* const place = to + static_cast<std::size_t>(x) * size;
    if (at < 0 || at >= width)
      std::memset(place, 0, size);
    else
      std::memcpy(place, from + static_cast<std::size_t>(at) * size, size);
  }
}

}  // namespace

void gather_augmented(const Table& samples, std::span<const std::uint32_t> indices,
                      const Augmentation& how, std::uint64_t seed, std::uint32_t epoch, Bytes out) {
  if (!how.any()) return samples.gather(indices, out);
  const Shape& shape = samples.row_shape();
  MIXNN_CHECK(shape.size() == 3 && out.size() == indices.size() * samples.row_bytes(),
              "pictures, and room for them");
  const std::int64_t height = shape[1], width = shape[2];
  const std::size_t size = element_bytes(samples.type()),
                    line = static_cast<std::size_t>(width) * size;
  std::byte* to = out.data();
  for (const std::uint32_t index : indices) {
    const ConstBytes picture = samples.rows(index, 1);
    CounterRng rng(seed, RandomPurpose::kAugmentation, epoch, index);
    const Change change(how, rng);
    for (std::int64_t row = 0; row < shape[0] * height; ++row, to += line) {
      const std::int64_t y = row % height + change.down;
      if (y < 0 || y >= height)
        std::memset(to, 0, line);
      else
        copy_line(picture.data() + static_cast<std::size_t>(row / height * height + y) * line, to,
                  width, size, change);
    }
  }
}

}  // namespace mixnn
