#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/data/batching.hpp"
#include "mixnn/role/book_keeper.hpp"

namespace mixnn {

// The way of activations and gradients: ranks by stage, and the sizes of what stages say to each other.
struct Chain {
  const std::vector<std::uint32_t>& hosts;       // rank by stage
  const std::vector<std::size_t>& output_bytes;  // of one row, by stage
  std::uint32_t after(std::size_t stage) const { return stage + 1 < hosts.size() ? hosts[stage + 1] : 0; }
  std::uint32_t before(std::size_t stage) const { return stage > 0 ? hosts[stage - 1] : 0; }
};

// One micro-batch of a training segment.
struct MicroBatchInfo {
  std::uint32_t step = 0;  // updates before it
  std::uint32_t micro_batch = 0, micro_batches = 0;
  std::uint32_t rows = 0;
  float learning_rate = 0;
  MessageInfo info(MessageKind kind) const;
};

// Training: each stage answers forward to the next and backward to the one before; the ends answer to the owner.
class TrainingTraffic final : public Traffic {
 public:
  TrainingTraffic(Chain chain, std::vector<MicroBatchInfo> micro_batches)
      : chain_(chain), micro_batches_(std::move(micro_batches)) {}
  std::size_t chains() const override { return micro_batches_.size(); }
  std::size_t stages() const override { return chain_.hosts.size(); }
  void answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const override;
  // Messages of one chain, with the books that it may need.
  static std::uint64_t messages(std::size_t stages) { return 4 * stages + 2; }

 private:
  Chain chain_;
  std::vector<MicroBatchInfo> micro_batches_;
};

// Testing: forward alone.
class TestTraffic final : public Traffic {
 public:
  TestTraffic(Chain chain, std::vector<MicroBatchInfo> chunks) : chain_(chain), chunks_(std::move(chunks)) {}
  std::size_t chains() const override { return chunks_.size(); }
  std::size_t stages() const override { return chain_.hosts.size(); }
  void answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const override;
  static std::uint64_t messages(std::size_t stages) { return 2 * stages + 1; }

 private:
  Chain chain_;
  std::vector<MicroBatchInfo> chunks_;
};

// Questions to one host at a time, each answered straight to the owner: initialization and gathering.
class HostTraffic final : public Traffic {
 public:
  struct Question {
    std::size_t stage = 0;
    MessageInfo info;
    std::size_t answer_bytes = 0;
  };
  HostTraffic(std::size_t stages, std::vector<Question> questions) : stages_(stages), questions_(std::move(questions)) {}
  std::size_t chains() const override { return questions_.size(); }
  std::size_t stages() const override { return stages_; }
  void answers(std::size_t stage, std::size_t chain, std::vector<Answer>& out) const override;
  const Question& question(std::size_t chain) const { return questions_[chain]; }
  static constexpr std::uint64_t kMessages = 3;

 private:
  std::size_t stages_;
  std::vector<Question> questions_;
};

}  // namespace mixnn
