#include "mixnn/owner/traffic.hpp"

namespace mixnn {

RowBytes RowBytes::of(const std::vector<StageSpec>& stages) {
  RowBytes bytes;
  for (const StageSpec& stage : stages) bytes.outputs.push_back(stage.output_bytes(1));
  if (stages.front().input_gradient) bytes.input_gradient = stages.front().input_bytes(1);
  return bytes;
}

std::optional<Traffic::Answer> PipelineTraffic::answer(std::size_t place, std::size_t index) const {
  const MessageInfo& info = requests_[index];
  const std::size_t stage = place;
  if (stage >= chain_.stages()) return Answer{kNobody, 0};
  if (info.label.kind == MessageKind::kBackward) {
    if (stage == 0) return Answer{0, chain_.row_bytes.input_gradient * info.rows};
    return Answer{chain_.places[stage - 1], chain_.row_bytes.outputs[stage - 1] * info.rows};
  }
  const std::uint32_t next = stage + 1 < chain_.stages() ? chain_.places[stage + 1] : 0;
  return Answer{next, chain_.row_bytes.outputs[stage] * info.rows};
}

}  // namespace mixnn
