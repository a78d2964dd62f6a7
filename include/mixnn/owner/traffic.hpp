#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "mixnn/layers/model_spec.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// The requests of one segment of traffic, in an order in which they can be released, and the
// answers that they ask of the hosts. A request is one message of the owner, passed on under one
// label until an answer is back at the owner. Pure.
class Traffic {
 public:
  // No ticket: the page of a decoy's book, which is as large and empty.
  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;
  struct Answer {
    std::uint32_t receiver = 0;  // rank, or kNobody
    std::size_t bytes = 0;
  };
  virtual ~Traffic() = default;
  virtual std::size_t places() const = 0;
  virtual const std::vector<MessageInfo>& requests() const = 0;
  // Messages of one request at most, with the books that it may need: from public numbers alone.
  virtual std::uint64_t messages_of_one() const = 0;
  // What the rank at `place` answers in request `index`, if anything.
  virtual std::optional<Answer> answer(std::size_t place, std::size_t index) const = 0;
};

// Bytes of one row of what the hosts' stages say to each other and to the owner.
struct RowBytes {
  std::vector<std::size_t> outputs;  // by stage, and of their gradients
  // Of the gradient that the first stage answers with; 0: its inputs are the data set's, and want
  // none.
  std::size_t input_gradient = 0;

  static RowBytes of(const std::vector<StageSpec>& stages);
};

// The way of activations and gradients: ranks by place (session/plan.hpp), and sizes.
struct Chain {
  const std::vector<std::uint32_t>& places;
  const RowBytes& row_bytes;

  std::size_t stages() const { return row_bytes.outputs.size(); }
  std::uint32_t first_host() const { return places.front(); }
  std::uint32_t last_host() const { return places[stages() - 1]; }
};

// Training and testing: every stage answers each request. Forward and test go on to the next stage,
// backward to the one before; the ends answer to the owner, the first stage with its input gradient
// or, if nobody wants that, with a confirmation that (padded uniformly) looks like one. Decoys get
// books of the same size, without tickets.
class PipelineTraffic final : public Traffic {
 public:
  PipelineTraffic(Chain chain, std::vector<MessageInfo> requests)
      : chain_(chain), requests_(std::move(requests)) {}
  std::size_t places() const override { return chain_.places.size(); }
  const std::vector<MessageInfo>& requests() const override { return requests_; }
  std::optional<Answer> answer(std::size_t place, std::size_t index) const override;
  std::uint64_t messages_of_one() const override { return messages(places()); }
  // By the number of places alone: as if each hosted a stage.
  static std::uint64_t messages(std::size_t places) { return 2 * places + 1; }
  // Of one step of training, with a commitment of each rank.
  static std::uint64_t messages_of_step(std::size_t places, std::size_t micro_batches) {
    return 2 * micro_batches * messages(places) + places;
  }

 private:
  Chain chain_;
  std::vector<MessageInfo> requests_;
};

// Questions to ranks one by one, each answered straight to the owner: initialization and gathering.
class PlaceTraffic final : public Traffic {
 public:
  // Of one question, with its answer and the ticket for that.
  static constexpr std::uint64_t kMessages = 3;

  explicit PlaceTraffic(std::size_t places) : places_(places) {}
  // No two questions have the same label.
  void add(std::size_t place, const MessageInfo& question, std::size_t answer_bytes) {
    asked_.push_back({place, answer_bytes});
    questions_.push_back(question);
  }
  std::size_t places() const override { return places_; }
  const std::vector<MessageInfo>& requests() const override { return questions_; }
  std::optional<Answer> answer(std::size_t place, std::size_t index) const override {
    if (place != asked_[index].place) return std::nullopt;
    return Answer{0, asked_[index].answer_bytes};
  }
  std::uint64_t messages_of_one() const override { return kMessages; }

 private:
  struct Asked {
    std::size_t place, answer_bytes;
  };
  std::size_t places_;
  std::vector<Asked> asked_;  // by question
  std::vector<MessageInfo> questions_;
};

}  // namespace mixnn
