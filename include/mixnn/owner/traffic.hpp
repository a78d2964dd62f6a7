#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/owner/book_keeper.hpp"

namespace mixnn {

// The way of activations and gradients: ranks by stage, and the sizes of what stages say to each
// other.
struct Chain {
  const std::vector<std::uint32_t>& hosts;       // rank by stage
  const std::vector<std::size_t>& output_bytes;  // of one row, by stage
};

// Training and testing: every stage answers each request. Forward and test go on to the next stage,
// backward to the one before; the ends answer to the owner, the first stage with a confirmation
// that (padded uniformly) looks like a gradient.
class PipelineTraffic final : public Traffic {
 public:
  PipelineTraffic(Chain chain, std::vector<MessageInfo> requests)
      : chain_(chain), requests_(std::move(requests)) {}
  std::size_t stages() const override { return chain_.hosts.size(); }
  const std::vector<MessageInfo>& requests() const override { return requests_; }
  std::optional<Answer> answer(std::size_t stage, std::size_t index) const override;
  std::uint64_t messages_of_one() const override { return messages(stages()); }
  static std::uint64_t messages(std::size_t stages) { return 2 * stages + 1; }

 private:
  Chain chain_;
  std::vector<MessageInfo> requests_;
};

// Questions to one host, each answered straight to the owner: initialization and gathering.
class HostTraffic final : public Traffic {
 public:
  HostTraffic(std::size_t stages, std::size_t host) : stages_(stages), host_(host) {}
  void add(const MessageInfo& question, std::size_t answer_bytes) {
    questions_.push_back(question);
    answer_bytes_.push_back(answer_bytes);
  }
  std::size_t host() const { return host_; }
  std::size_t stages() const override { return stages_; }
  const std::vector<MessageInfo>& requests() const override { return questions_; }
  std::optional<Answer> answer(std::size_t stage, std::size_t index) const override {
    if (stage != host_) return std::nullopt;
    return Answer{0, answer_bytes_[index]};
  }
  std::uint64_t messages_of_one() const override { return 3; }

 private:
  std::size_t stages_, host_;
  std::vector<MessageInfo> questions_;
  std::vector<std::size_t> answer_bytes_;
};

}  // namespace mixnn
