#include "mixnn/owner/traffic.hpp"

namespace mixnn {

std::optional<Traffic::Answer> PipelineTraffic::answer(std::size_t place, std::size_t index) const {
  const MessageInfo& info = requests_[index];
  const std::size_t stage = place;
  if (stage >= chain_.stages()) return Answer{kNobody, 0};
  if (info.label.kind == MessageKind::kBackward) {
    if (stage == 0) return Answer{0, 0};
    return Answer{chain_.places[stage - 1], chain_.output_bytes[stage - 1] * info.rows};
  }
  const std::uint32_t next = stage + 1 < chain_.stages() ? chain_.places[stage + 1] : 0;
  return Answer{next, chain_.output_bytes[stage] * info.rows};
}

}  // namespace mixnn
