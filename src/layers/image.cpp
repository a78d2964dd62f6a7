#include "mixnn/layers/image.hpp"

#include <nlohmann/json.hpp>

namespace mixnn {
namespace {

constexpr std::int64_t kMaxWindow = 1024;
constexpr std::int64_t kMaxValues = std::int64_t{1} << 24;  // of a sample

std::int64_t signed_of(std::size_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

bool is_image(const Shape& shape) { return shape.size() == 3; }

bool channels_last_differs(const Shape& shape) {
  return is_image(shape) && channels_of(shape) > 1 && plane_of(shape).pixels() > 1;
}

std::size_t channels_of(const Shape& image) { return static_cast<std::size_t>(image.at(0)); }

Plane plane_of(const Shape& image) {
  return {static_cast<std::size_t>(image.at(1)), static_cast<std::size_t>(image.at(2))};
}

Shape image_shape(std::size_t channels, Plane plane) {
  return {signed_of(channels), signed_of(plane.height), signed_of(plane.width)};
}

std::string image_problem(std::string_view type, const Shape& input) {
  if (is_image(input)) return {};
  return std::string(type) + " takes images [channels, height, width], but gets " +
         shape_text(input);
}

Plane read_plane(const JsonValue& json, std::int64_t least) {
  const auto extent = [least](const JsonValue& value) {
    return static_cast<std::size_t>(value.integer(least, kMaxWindow));
  };
  if (!json.is_array()) return {extent(json), extent(json)};
  const std::vector<JsonValue> both = json.items(2);
  if (both.size() != 2) json.fail("must be an integer, or [height, width]");
  return {extent(both[0]), extent(both[1])};
}

nlohmann::json plane_to_json(Plane plane) {
  if (plane.height == plane.width) return plane.height;
  return {plane.height, plane.width};
}

SlidingWindow read_window(const JsonValue& json, bool dilated, std::optional<Plane> stride) {
  SlidingWindow window;
  window.kernel = read_plane(json.member("kernel_size"), 1);
  window.stride = stride.value_or(window.kernel);
  if (json.has("stride")) window.stride = read_plane(json.member("stride"), 1);
  if (json.has("padding")) window.padding = read_plane(json.member("padding"), 0);
  if (dilated && json.has("dilation")) window.dilation = read_plane(json.member("dilation"), 1);
  return window;
}

void write_window(const SlidingWindow& window, bool dilated, nlohmann::json& json) {
  json["kernel_size"] = plane_to_json(window.kernel);
  json["stride"] = plane_to_json(window.stride);
  json["padding"] = plane_to_json(window.padding);
  if (dilated) json["dilation"] = plane_to_json(window.dilation);
}

std::string window_problem(std::string_view type, const SlidingWindow& window, const Shape& image,
                           std::size_t out_channels) {
  const Plane output = window.output(plane_of(image));
  if (output.pixels() == 0)
    return std::string(type) + " has a kernel larger than its padded images " + shape_text(image);
  return too_many_values(type, image_shape(out_channels, output));
}

std::string too_many_values(std::string_view type, const Shape& output) {
  if (element_count(output) <= kMaxValues) return {};
  return std::string(type) + " gives " + shape_text(output) + ", more than " +
         std::to_string(kMaxValues) + " values";
}

void check_pool_padding(const JsonValue& json, const SlidingWindow& window) {
  if (2 * window.padding.height > window.kernel.height ||
      2 * window.padding.width > window.kernel.width)
    json.member("padding").fail("must be at most half of kernel_size");
}

}  // namespace mixnn
