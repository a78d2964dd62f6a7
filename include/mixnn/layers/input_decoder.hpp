#pragma once
#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/tensor/products.hpp"

namespace mixnn {

// Makes floats of a stage's inputs: raw numbers, scaled, or as others encoded them. Raw images,
// channels first, become channels last. Those of one pass at a time: making them anew from the
// bytes is faster than fetching several times as much from beyond the nearest caches, and memory is
// bounded by one micro-batch.
class InputDecoder final : public InputSource {
 public:
  InputDecoder(const StageSpec& spec, Products products);

  // Inputs are the floats that a layer takes, where they lie: nothing is to be made.
  bool in_place() const {
    return type_ == ElementType::kFloat32 && scale_ == 1.0f && channels_ == 1;
  }
  std::size_t memory_bytes() const { return floats_.size(); }
  // Rows of a pass; made anew if others have been asked for in between.
  ConstMatrix floats(ConstBytes bytes) override;
  // These hold a new pass's inputs now.
  void begin(ConstBytes bytes);

 private:
  void make_row(ConstBytes row, std::span<float> values) const;

  Encoding encoding_;
  ElementType type_;
  bool raw_;
  float scale_;
  std::size_t columns_, channels_ = 1;  // channels: of raw images
  Products products_;
  AlignedBuffer floats_;
  ConstBytes of_;  // what they are made of
};

}  // namespace mixnn
