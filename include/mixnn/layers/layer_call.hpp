#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "mixnn/base/bytes.hpp"
#include "mixnn/tensor/element_type.hpp"
#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// Why a layer is called, and for which rows. Random numbers that a layer draws follow from this and
// its key alone, so neither the order of the calls nor the number of ranks changes them.
struct Occasion {
  bool training = false;        // or evaluation
  std::uint32_t step = 0;       // updates made before
  std::uint32_t first_row = 0;  // of the micro-batch, counted from the first of its batch
};
inline constexpr Occasion kEvaluation{};

// Makes floats of the bytes in which inputs were sent.
class InputSource {
 public:
  virtual ConstMatrix floats(ConstBytes bytes) = 0;

 protected:
  ~InputSource() = default;
};

// The inputs of a layer, one row a sample: floats, or bytes as they were sent, of which floats are
// made if a layer asks for them. Owns nothing.
class LayerInput {
 public:
  LayerInput(ConstMatrix floats)  // NOLINT: meant to convert
      : floats_(floats) {}
  LayerInput(ElementType type, ConstBytes bytes, InputSource& source)
      : type_(type), bytes_(bytes), source_(&source) {}

  // Valid until the next call of any layer of the stage.
  ConstMatrix floats() const { return source_ != nullptr ? source_->floats(bytes_) : floats_; }
  // For layers that take indices.
  ElementType type() const { return type_; }
  ConstBytes bytes() const { return bytes_; }

 private:
  ConstMatrix floats_;
  ElementType type_ = ElementType::kFloat32;
  ConstBytes bytes_;
  InputSource* source_ = nullptr;
};

// What the three calls of a layer for one micro-batch have in common. All of it is the caller's,
// who keeps it unchanged between them.
struct LayerCall {
  LayerInput x;
  Matrix y;  // the outputs, which forward writes
  Bytes
      workspace;  // as many bytes as the layer asked for, aligned to a cache line; not initialized
  Occasion occasion;

  // The first `count` values of type T of the workspace, behind `before` bytes.
  template <class T>
  std::span<T> work(std::size_t count, std::size_t before = 0) const {
    MIXNN_CHECK(before % alignof(T) == 0 && before + count * sizeof(T) <= workspace.size(),
                "a layer asks for the workspace that it uses");
    return {reinterpret_cast<T*>(workspace.data() + before), count};
  }
};

}  // namespace mixnn
