#include "mixnn/owner/testing_run.hpp"

#include <algorithm>

#include "mixnn/owner/requests.hpp"

namespace mixnn {

TestingRun::TestingRun(const PipelineSetting& setting, std::uint32_t updates)
    : setting_(setting),
      outputs_(setting.training.max_rows() * setting.criterion.values() * sizeof(float)) {
  const std::size_t count = setting.data.count(), rows = setting.training.max_rows();
  for (std::size_t at = 0; at < count; at += rows) {
    const auto here = static_cast<std::uint32_t>(std::min(rows, count - at));
    const auto chunk = static_cast<std::uint32_t>(chunks_.size());
    chunks_.push_back({{MessageKind::kTest, updates, chunk, 0}, 1, here, 0});
  }
  losses_.resize(chunks_.size());
}

TestResult TestingRun::run() {
  const Stopwatch watch;
  const std::size_t at_once =
      setting_.link.requests_of_an_epoch(PipelineTraffic::messages(setting_.chain.places.size()));
  for (std::size_t from = 0; from < chunks_.size(); from += at_once) {
    const auto begin = chunks_.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end =
        chunks_.begin() + static_cast<std::ptrdiff_t>(std::min(from + at_once, chunks_.size()));
    test({begin, end});
  }
  LossSum sum;
  for (const LossSum& loss : losses_) sum += loss;
  return {watch.seconds(), sum.mean(), sum.accuracy()};
}

void TestingRun::test(const std::vector<MessageInfo>& chunks) {
  const std::size_t chunk_rows = setting_.training.max_rows();
  const PipelineTraffic traffic(setting_.chain, chunks);
  request_all(
      setting_.link, setting_.chain.places, traffic,
      [&](const MessageInfo& info) {
        return Question{setting_.chain.first_host(),
                        setting_.data.samples.rows(info.label.micro_batch * chunk_rows, info.rows)};
      },
      [&](Message& message) { on_outputs(message); });
}

void TestingRun::on_outputs(Message& message) {
  const std::size_t chunk = message.info.label.micro_batch, rows = chunks_[chunk].rows;
  const std::span<const float> outputs =
      decoded(setting_.training.wire, setting_.outputs_of(message, rows),
              outputs_.as<float>(rows * setting_.criterion.values()));
  const Labels labels(setting_.data.labels, chunk * setting_.training.max_rows(), rows);
  losses_[chunk] = setting_.criterion.sum(outputs, labels, 0, {});
}

}  // namespace mixnn
