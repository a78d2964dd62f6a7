#include "mixnn/owner/traffic.hpp"

namespace mixnn {

std::optional<Traffic::Answer> PipelineTraffic::answer(std::size_t stage, std::size_t index) const {
  const MessageInfo& info = requests_[index];
  if (info.label.kind == MessageKind::kBackward) {
    if (stage == 0) return Answer{0, 0};
    return Answer{chain_.hosts[stage - 1], chain_.output_bytes[stage - 1] * info.rows};
  }
  const std::uint32_t next = stage + 1 < chain_.hosts.size() ? chain_.hosts[stage + 1] : 0;
  return Answer{next, chain_.output_bytes[stage] * info.rows};
}

}  // namespace mixnn
