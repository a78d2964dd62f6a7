// A stage's host: messages of any label and payload, in any order, with and without tickets.
#include <set>

#include "fuzz/messages.hpp"
#include "fuzz/small_stage.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/node/stage_host.hpp"

namespace mixnn::fuzzing {
namespace {

class FuzzedAnswers final : public Answers {
 public:
  bool can_answer(const Label& label) const override { return !withheld.contains(label); }
  void answer(const Label& label, ConstBytes payload) override {
    for (const std::byte b : payload) sum += std::to_integer<unsigned>(b);  // all can be read
    gradients += label.kind == MessageKind::kBackward;
  }
  void recycle(AlignedBuffer) override {}

  std::set<Label> withheld;
  unsigned sum = 0;
  int gradients = 0;
};

Message message_of(Choices& choices) {
  Message message;
  message.info = info_of(choices);
  const ConstBytes bytes = choices.some();
  Input payload(bytes.size() + 4 * std::size_t{choices.number<std::uint8_t>()});
  copy_bytes(bytes, payload);
  payload = harmless(message.info.label.kind, std::move(payload));
  message.payload = AlignedBuffer(payload.size());
  copy_bytes(payload, message.payload.bytes());
  return message;
}

StageHost host_of(Choices& choices) {
  static const std::vector<StageSpec> stages = small_stages();
  const std::uint32_t which = choices.below(8);
  const std::uint32_t part_floats = count_of(choices), updates = count_of(choices);
  if (which == 7) return StageHost(part_floats, updates);
  return StageHost(stages[which % stages.size()], part_floats, updates);
}

void clip(StageHost& host, std::uint32_t updates) {
  if (!host.has_gradients(updates)) return;
  MIXNN_CHECK(!(host.gradient_squares() < 0), "squares are not negative");
  host.scale(updates, 0.5f);
}

bool run_stage_host(ConstBytes input) {
  Choices choices(input);
  FuzzedAnswers answers;
  const auto work = [&](StageHost& host) {
    while (host.work(answers)) {
    }
  };
  try {
    StageHost host = host_of(choices);
    while (choices.any()) {
      const std::uint32_t what = choices.below(8);
      if (what == 7)
        answers.withheld.insert(label_of(choices));
      else if (what == 6)
        answers.withheld.clear();
      else if (what == 5)
        host.commit(choices.below(2) == 1);
      else if (what == 4)
        clip(host, count_of(choices));
      else
        host.accept(message_of(choices));
      if (what > 0) work(host);
    }
    work(host);
    Usage usage;
    host.add_memory(usage);
  } catch (const RunError&) {
  }
  return answers.gradients > 0;
}

// Two micro-batches of each of two steps, forward and backward, then parameters both ways.
std::vector<Input> stage_host_seeds() {
  std::vector<Input> seeds;
  for (int stage = 0; stage < 6; ++stage) {
    Chosen chosen;
    chosen.bytes({stage, 64, 0});
    const auto send = [&](MessageKind kind, std::uint32_t step, std::uint32_t micro_batch) {
      MessageInfo info;
      info.label = {kind, step, micro_batch, 0};
      info.micro_batches = 2;
      info.rows = 2;
      put(chosen.bytes({1}), info).some(bytes_of("....")).bytes({9});
    };
    for (const std::uint32_t step : {0u, 1u}) {
      for (const auto kind : {MessageKind::kForward, MessageKind::kBackward})
        for (const std::uint32_t m : {0u, 1u}) send(kind, step, m);
      if (stage == 4) chosen.bytes({4, static_cast<int>(step)});
      send(MessageKind::kTest, step + 1, 0);
      chosen.bytes({5, 1});  // the end of a window
    }
    for (const std::uint32_t part : {0u, 1u}) send(MessageKind::kOpening, 2, 1 + part);
    send(MessageKind::kGather, 2, 0);
    send(MessageKind::kParameters, 2, 0);
    seeds.push_back(chosen.input());
  }
  return seeds;
}

}  // namespace

extern const Target kStageHost;
const Target kStageHost{"stage_host", run_stage_host, stage_host_seeds, 1024};

}  // namespace mixnn::fuzzing
