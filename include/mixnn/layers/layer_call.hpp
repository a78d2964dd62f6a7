#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/random.hpp"
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

// What a layer with this key draws for one row of a call. The same numbers come in the backward,
// and however the batch is cut into micro-batches.
inline CounterRng row_stream(std::uint64_t key, const Occasion& occasion, std::size_t row) {
  return {key, RandomPurpose::kLayer, occasion.step,
          occasion.first_row + static_cast<std::uint32_t>(row)};
}

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

// Where the parts of a workspace lie, each from a new cache line on.
class WorkspaceLayout {
 public:
  // Makes room for one more; the bytes before it.
  std::size_t add(std::size_t bytes) {
    constexpr std::size_t kLine = AlignedBuffer::kAlignment;
    return std::exchange(bytes_, bytes_ + (bytes + kLine - 1) / kLine * kLine);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
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
