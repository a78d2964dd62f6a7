#pragma once
#include <cstdint>
#include <span>

#include "mixnn/tensor/table.hpp"

namespace mixnn {

// What changes pictures [C, H, W] on their way into training, at random: a part of the picture with
// a border of kCropBorder zeros around it, of the picture's size, and left and right exchanged in
// half of the cases.
struct Augmentation {
  static constexpr std::int64_t kCropBorder = 4;

  bool crop = false, flip = false;

  bool any() const { return crop || flip; }
  bool operator==(const Augmentation&) const = default;
};

// Copies the rows at `indices` to `out`, as Table::gather does, and changes each. How follows from
// the seed, the epoch and the row's index alone.
void gather_augmented(const Table& samples, std::span<const std::uint32_t> indices,
                      const Augmentation& how, std::uint64_t seed, std::uint32_t epoch, Bytes out);

}  // namespace mixnn
