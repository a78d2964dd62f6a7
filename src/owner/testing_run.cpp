#include "mixnn/owner/testing_run.hpp"

#include <algorithm>
#include <map>

#include "mixnn/owner/requests.hpp"

namespace mixnn {

TestingRun::TestingRun(const PipelineSetting& setting, std::uint32_t updates, std::uint32_t number)
    : setting_(setting),
      updates_(updates),
      number_(number),
      outputs_(setting.training.max_rows() * setting.criterion.values() * sizeof(float)) {
  const std::size_t count = setting.data.count(), rows = setting.training.max_rows();
  for (std::size_t at = 0; at < count; at += rows) {
    const auto here = static_cast<std::uint32_t>(std::min(rows, count - at));
    const auto chunk = static_cast<std::uint32_t>(chunks_.size());
    chunks_.push_back({{MessageKind::kTest, updates, chunk, number}, 1, here, 0});
  }
}

TestResult TestingRun::run() {
  const Stopwatch watch;
  std::vector<LossSum> losses(chunks_.size());
  all_chunks(samples(), [&](std::size_t chunk, std::span<const float> outputs) {
    const Labels labels(setting_.data.labels, chunk * setting_.training.max_rows(),
                        chunks_[chunk].rows);
    losses[chunk] = setting_.criterion.sum(outputs, labels, 0, {});
  });
  LossSum sum;
  for (const LossSum& loss : losses) sum += loss;
  return {watch.seconds(), sum.mean(), sum.accuracy()};
}

// As many as are under way may come before an earlier one.
void TestingRun::outputs(const OutputSink& sink) {
  std::map<std::size_t, std::vector<float>> early;
  std::size_t next = 0;
  const std::size_t rows = setting_.training.max_rows();
  all_chunks(samples(), [&](std::size_t chunk, std::span<const float> outputs) {
    if (chunk != next) {
      early.emplace(chunk, std::vector<float>(outputs.begin(), outputs.end()));
      return;
    }
    sink(next++ * rows, outputs);
    for (auto it = early.find(next); it != early.end(); it = early.find(next)) {
      sink(next++ * rows, it->second);
      early.erase(it);
    }
  });
  MIXNN_CHECK(early.empty() && next == chunks_.size(), "outputs for every sample");
}

// With one request under way, the next is asked for only when the last has been answered.
void TestingRun::one_by_one(std::size_t count, const NextSample& next, const OutputSink& sink) {
  MIXNN_CHECK(setting_.link.in_flight() == 1, "one sample under way at a time");
  chunks_.clear();
  for (std::size_t i = 0; i < count; ++i)
    chunks_.push_back(
        {{MessageKind::kTest, updates_, static_cast<std::uint32_t>(i), number_}, 1, 1, 0});
  all_chunks([&](const MessageInfo&) { return next(); },
             [&](std::size_t chunk, std::span<const float> outputs) { sink(chunk, outputs); });
}

TestingRun::GiveChunk TestingRun::samples() const {
  return [this](const MessageInfo& info) {
    return setting_.data.samples.rows(info.label.micro_batch * setting_.training.max_rows(),
                                      info.rows);
  };
}

void TestingRun::all_chunks(const GiveChunk& give, const TakeChunk& take) {
  const std::size_t at_once =
      setting_.link.requests_of_an_epoch(PipelineTraffic::messages(setting_.chain.places.size()));
  for (std::size_t from = 0; from < chunks_.size(); from += at_once) {
    const auto begin = chunks_.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end =
        chunks_.begin() + static_cast<std::ptrdiff_t>(std::min(from + at_once, chunks_.size()));
    test({begin, end}, give, take);
  }
}

void TestingRun::test(const std::vector<MessageInfo>& chunks, const GiveChunk& give,
                      const TakeChunk& take) {
  const PipelineTraffic traffic(setting_.chain, chunks);
  request_all(
      setting_.link, setting_.chain.places, traffic,
      [&](const MessageInfo& info) {
        return Question{setting_.chain.first_host(), inputs_of(give(info), info.rows)};
      },
      [&](Message& message) { take(message.info.label.micro_batch, outputs_in(message)); });
}

ConstBytes TestingRun::inputs_of(ConstBytes samples, std::size_t rows) {
  if (setting_.own.first.empty()) return samples;
  const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
  return setting_.own.first.evaluate(samples, rows);
}

std::span<const float> TestingRun::outputs_in(Message& message) {
  const std::size_t rows = chunks_[message.info.label.micro_batch].rows;
  ConstBytes outputs = setting_.outputs_of(message, rows);
  if (!setting_.own.last.empty()) {
    const ActivityRecorder::Scope computing(setting_.link.activity(), Activity::kCompute);
    outputs = setting_.own.last.evaluate(outputs, rows);
  }
  return setting_.encoding().decoded(outputs,
                                     outputs_.as<float>(rows * setting_.criterion.values()));
}

}  // namespace mixnn
