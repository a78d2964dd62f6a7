#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "mixnn/layers/json_value.hpp"
#include "mixnn/tensor/shape.hpp"
#include "mixnn/tensor/sliding_window.hpp"

namespace mixnn {

// Samples of the shape [C, H, W] are images. They lie channels last, as H x W x C, but for a data
// set's own, which lie as the shape says.
bool is_image(const Shape& shape);
bool channels_last_differs(const Shape& shape);  // an image, and not the same either way
std::size_t channels_of(const Shape& image);
Plane plane_of(const Shape& image);
Shape image_shape(std::size_t channels, Plane plane);

// Why a layer of this type cannot take samples of the shape, if it is no image; else empty.
std::string image_problem(std::string_view type, const Shape& input);

// An integer for both, or [height, width].
Plane read_plane(const JsonValue& json, std::int64_t least);
nlohmann::json plane_to_json(Plane plane);

// The keys kernel_size, stride and padding, and dilation if `dilated`; what is not there gets
// PyTorch's default. That of stride is `stride`, or else the kernel's size.
SlidingWindow read_window(const JsonValue& json, bool dilated, std::optional<Plane> stride);
void write_window(const SlidingWindow& window, bool dilated, nlohmann::json& json);

// Empty if the window fits at least once, and the outputs, so many channels, are not too many.
std::string window_problem(std::string_view type, const SlidingWindow& window, const Shape& image,
                           std::size_t out_channels);
std::string too_many_values(std::string_view type, const Shape& output);  // empty: they are not

// Pooling takes at most half of a kernel as padding, or some windows would be empty.
void check_pool_padding(const JsonValue& json, const SlidingWindow& window);

}  // namespace mixnn
