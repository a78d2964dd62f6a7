// An owner that checks its hosts, and hosts that compute their stages but for what the fuzzer
// alters: of messages that they take, of answers, and so of commitments and what they open.
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/transport/loopback.hpp"
#include "small_model.hpp"

namespace mixnn::fuzzing {
namespace {

struct NothingIsAnswered {};

Node::Lies lies_of(Choices& choices) {
  Node::Lies lies;
  lies.takes = [&](Message& message) {
    const MessageKind kind = message.info.label.kind;
    if (choices.below(8) != 7 || kind == MessageKind::kSpecification) return;
    alter(message.payload.bytes(), choices.number<std::uint16_t>(), choices.some());
  };
  lies.answers = [&](const Label&, Input& payload) {
    const std::uint32_t how = choices.below(8);
    if (how == 6) payload.resize(choices.number<std::uint16_t>());
    if (how >= 6) alter(payload, choices.number<std::uint8_t>(), choices.some());
  };
  return lies;
}

bool run_spot_checks(ConstBytes input) {
  Choices choices(input);
  LoopbackNetwork network(3);
  Node first(network.at(1), {}, {}, lies_of(choices)),
      second(network.at(2), {}, {}, lies_of(choices));
  int idle = 0;
  network.pump([&] {
    const bool any = first.step() | second.step();
    idle = any ? 0 : idle + 1;
    if (idle > 100) throw NothingIsAnswered();  // the owner would wait for its timeout
  });
  static const Shape shape{1, 2, 2};
  static const ModelSpec model = testing::small_model(shape, {3, 2});
  static const DataPair data = testing::small_pair(6, 4, shape, 2);
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 4;
  training.micro_batches = 2;
  SessionOptions session;
  session.hops = 0;
  session.serial_bits = 12;
  session.spot_checks = 1;
  session.window_steps = 1;
  try {
    Owner owner(network.at(0), model, data, training, session);
    owner.start();
    owner.train_epoch(0);
    owner.test();
    owner.parameters();
    owner.stop();
    return true;
  } catch (const RunError&) {
    return false;
  } catch (const NothingIsAnswered&) {
    return false;
  }
}

std::vector<Input> spot_check_seeds() { return {Input(64)}; }

}  // namespace

extern const Target kSpotChecks;
const Target kSpotChecks{"spot_checks", run_spot_checks, spot_check_seeds, 512};

}  // namespace mixnn::fuzzing
