#include "mixnn/owner/trained_window.hpp"

namespace mixnn {

void TrainedWindow::add(const MessageInfo& forward, std::span<const std::uint32_t> samples) {
  if (used_ == parts_.size()) parts_.emplace_back();
  Part& part = parts_[used_++];
  part.forward = forward;
  part.samples = samples;
}

TrainedWindow::Part& TrainedWindow::part(std::uint32_t step, std::uint32_t micro_batch) {
  std::size_t at = used_;
  while (at > 0 && (parts_[at - 1].forward.label.step != step ||
                    parts_[at - 1].forward.label.micro_batch != micro_batch))
    --at;
  MIXNN_CHECK(at > 0, "a micro-batch of this window");
  return parts_[at - 1];
}

std::size_t TrainedWindow::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Part& part : parts_)
    bytes += part.inputs.capacity() + part.outputs.capacity() + part.gradient.capacity() +
             part.input_gradient.capacity();
  return bytes;
}

}  // namespace mixnn
