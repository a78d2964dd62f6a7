#include "mixnn/role/traffic.hpp"

namespace mixnn {

MessageInfo MicroBatchInfo::info(MessageKind kind) const {
  return {{kind, step, micro_batch, 0}, micro_batches, rows, learning_rate};
}

void TrainingTraffic::answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const {
  const MicroBatchInfo& m = micro_batches_[chain];
  out.push_back({m.info(MessageKind::kForward), chain_.after(stage), chain_.output_bytes[stage] * m.rows});
  // The first stage confirms: with uniform padding that looks like any gradient.
  const std::size_t bytes = stage > 0 ? chain_.output_bytes[stage - 1] * m.rows : 0;
  out.push_back({m.info(MessageKind::kBackward), chain_.before(stage), bytes});
}

void TestTraffic::answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const {
  const MicroBatchInfo& m = chunks_[chain];
  out.push_back({m.info(MessageKind::kTest), chain_.after(stage), chain_.output_bytes[stage] * m.rows});
}

void HostTraffic::answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const {
  const Question& question = questions_[chain];
  if (question.stage == stage) out.push_back({question.info, 0, question.answer_bytes});
}

}  // namespace mixnn
