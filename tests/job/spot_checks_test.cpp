// A host that computes something else than its stage is found and named, an honest one is never
// named alone, and honest runs keep their bits (P8).
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/crypto/tree_hash.hpp"
#include "mixnn/wire/commitment.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;

const Shape kCheckedInput{1, 4, 5};
const std::vector<std::int64_t> kCheckedWidths{16, 12, 10, 4};
constexpr std::size_t kLiarStage = 1;  // in the middle, of 0 to 3
constexpr int kCheckedRanks = 8;       // three decoys

TrainingOptions checked_training() {
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.momentum = 0.9f;
  training.seed = 7;
  return training;
}

SessionOptions checked_session(double rate, std::size_t window) {
  SessionOptions session;
  session.spot_checks = rate;
  session.window_steps = window;
  return session;
}

struct HonestRun {
  std::vector<std::int64_t> widths;
  ElementType wire;
  float momentum;
  Padding padding;
  std::size_t window;
};

TEST(SpotChecks, AnHonestRunHasTheBitsOfTheReferenceAndAccusesNobody) {
  const ElementType f32 = ElementType::kFloat32, bf16 = ElementType::kBfloat16,
                    int8 = ElementType::kInt8;
  for (const HonestRun& run : {HonestRun{{4}, f32, 0.9f, Padding::kUniform, 2},
                               HonestRun{{16, 4}, bf16, 0.0f, Padding::kUniform, 3},
                               HonestRun{{16, 12, 4}, f32, 0.9f, Padding::kCells, 1},
                               HonestRun{{16, 12, 10, 8, 4}, f32, 0.0f, Padding::kUniform, 100},
                               HonestRun{{16, 12, 4}, bf16, 0.9f, Padding::kUniform, 4},
                               HonestRun{{16, 12, 4}, int8, 0.9f, Padding::kCells, 4}}) {
    const ModelSpec model = testing::small_model(kCheckedInput, run.widths);
    const DataPair data = testing::small_pair(82, 20, kCheckedInput, 4);  // the last step is short
    TrainingOptions training = checked_training();
    training.epochs = 2;
    training.wire = run.wire;
    training.momentum = run.momentum;
    SessionOptions session = checked_session(1, run.window);
    session.padding = run.padding;
    LoopbackJob job(kCheckedRanks + 2, 3);
    job.network.reorder(true);
    const testing::TrainedJob trained = testing::train(job, model, data, training, session);
    testing::expect_same(trained, testing::train_reference(model, data, training));
    const std::size_t steps = 7, windows = 2 * ((steps + run.window - 1) / run.window);
    EXPECT_EQ(trained.totals.spot_checks.windows, windows);
    EXPECT_EQ(trained.totals.spot_checks.challenges, windows * (kCheckedRanks + 1));
  }
}

// With few serials keys change in the middle of openings, too.
TEST(SpotChecks, AreTheSameIfAnEpochOfKeysIsShort) {
  const ModelSpec model = testing::small_model(kCheckedInput, kCheckedWidths);
  const DataPair data = testing::small_pair(96, 20, kCheckedInput, 4);
  SessionOptions session = checked_session(1, 3);
  session.cell_bytes = kMinCellBytes;
  session.serial_bits = 10;
  LoopbackJob job(kCheckedRanks);
  const testing::TrainedJob trained = testing::train(job, model, data, checked_training(), session);
  testing::expect_same(trained, testing::train_reference(model, data, checked_training()));
}

bool is_first_of_opening(const Label& label) {
  return label.kind == MessageKind::kOpening && label.part == 0 &&
         label.micro_batch == static_cast<std::uint32_t>(Opened::kState);
}

// Whoever is drawn is drawn as often as anybody else, whether it hosts a stage or not.
TEST(SpotChecks, AreDrawnAtTheRateFromAllRanksAlike) {
  const ModelSpec model = testing::small_model(kCheckedInput, {4});
  const DataPair data = testing::small_pair(96 * 12, 20, kCheckedInput, 4);
  SessionOptions session = checked_session(0.25, 1);
  session.hops = 0;
  LoopbackNetwork network(4, 1);
  std::map<int, int> opened;
  std::vector<std::unique_ptr<Node>> nodes;
  for (int rank = 1; rank < 4; ++rank)
    nodes.push_back(std::make_unique<Node>(
        network.at(rank), NodeIdentity{}, Node::Seen{},
        Node::Lies{{},
                   [&opened, rank](const Label& label, std::vector<std::byte>&) {
                     opened[rank] += is_first_of_opening(label);
                   },
                   {}}));
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  TrainingOptions training = checked_training();
  training.micro_batches = 1;
  Owner owner(network.at(0), model, data, training, session);
  owner.start();
  owner.train_epoch(0);
  const SpotCheckCounts counts = owner.stop().spot_checks;
  EXPECT_EQ(counts.windows, 96u);
  EXPECT_EQ(counts.challenges, static_cast<std::uint64_t>(opened[1] + opened[2] + opened[3]));
  for (int rank = 1; rank < 4; ++rank) {  // the mean is 24; less likely than 1e-8
    EXPECT_GT(opened[rank], 1) << rank;
    EXPECT_LT(opened[rank], 52) << rank;
  }
}

// What one host does, and what it says about it.
struct LiarState {
  int rank = 0;                 // of the liar
  std::map<int, int> at_stage;  // rank by stage
  TreeHash gradients;           // what it says that it got
  std::vector<std::vector<std::byte>> true_gradients;
};
struct Lie {
  const char* what;
  std::function<void(LiarState&, Message&)> takes = {};
  std::function<void(LiarState&, const Label&, std::vector<std::byte>&)> answers = {};
  std::size_t stage = kLiarStage;
  bool alone = true;  // whether it is the only one that is named
  const char* says;   // in the error
};

void scale(Bytes bytes, float by) {
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    float value;
    std::memcpy(&value, &bytes[at], 4);
    value *= by;
    std::memcpy(&bytes[at], &value, 4);
  }
}

bool is(const Label& label, MessageKind kind, std::uint32_t step) {
  return label.kind == kind && label.step == step;
}

// Of the tensor digests, which come when a window is checked.
bool reports_tensors(const Label& label, const std::vector<std::byte>& bytes) {
  return label.kind == MessageKind::kCommitment &&
         std::ranges::any_of(std::span(bytes).last(64),
                             [](std::byte b) { return b != std::byte{}; });
}

// Ranks that the message names, in order.
std::vector<int> named(const std::string& message) {
  std::vector<int> ranks;
  for (std::size_t at = 0; (at = message.find("rank ", at)) != std::string::npos; at += 5)
    ranks.push_back(std::stoi(message.substr(at + 5)));
  return ranks;
}

// The widths of the hidden layers are all different, so a specification tells which stage it is.
int stage_of(const Message& message) {
  const std::string text(reinterpret_cast<const char*>(message.payload.data()),
                         message.payload.size());
  for (std::size_t stage = 0; stage < kCheckedWidths.size(); ++stage)
    if (text.find("\"out_features\":" + std::to_string(kCheckedWidths[stage]) + "}") !=
            std::string::npos ||
        text.find("\"out_features\":" + std::to_string(kCheckedWidths[stage]) + ",") !=
            std::string::npos)
      return static_cast<int>(stage);
  return -1;
}

// The error with which such a run ends.
std::string error_of(const Lie& lie, LiarState& liar, OwnStages own = {}) {
  LoopbackNetwork network(kCheckedRanks, 1);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int rank = 1; rank < kCheckedRanks; ++rank) {
    Node::Lies lies;
    lies.takes = [&, rank](Message& message) {
      if (message.info.label.kind == MessageKind::kSpecification)
        if (const int stage = stage_of(message); stage >= 0) liar.at_stage[stage] = rank;
      if (liar.at_stage.contains(static_cast<int>(lie.stage)) &&
          liar.at_stage.at(static_cast<int>(lie.stage)) == rank) {
        liar.rank = rank;
        if (lie.takes) lie.takes(liar, message);
      }
    };
    lies.answers = [&, rank](const Label& label, std::vector<std::byte>& payload) {
      if (rank == liar.rank && lie.answers) lie.answers(liar, label, payload);
    };
    nodes.push_back(std::make_unique<Node>(network.at(rank), NodeIdentity{}, Node::Seen{}, lies));
  }
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  ModelSpec model = testing::small_model(kCheckedInput, kCheckedWidths);
  model.own = own;
  const DataPair data = testing::small_pair(96, 20, kCheckedInput, 4);
  Owner owner(network.at(0), model, data, checked_training(), checked_session(1, 3));
  try {
    owner.start();
    owner.train_epoch(0);
    owner.parameters();
    return "";
  } catch (const RunError& error) {
    return error.what();
  }
}

std::vector<Lie> all_lies() {
  const auto commitment = [](std::vector<std::byte>& bytes, std::size_t field) {
    bytes[32 * field] ^= std::byte{1};
  };
  return {
      {.what = "uses gradients scaled by -0.3, and says that it got these",
       .takes =
           [](LiarState&, Message& m) {
             if (m.info.label.kind == MessageKind::kBackward) scale(m.payload.bytes(), -0.3f);
           },
       .alone = false,
       .says = "gradients between them"},
      {.what = "uses gradients scaled by -0.3, and says what it really got",
       .takes =
           [](LiarState& liar, Message& m) {
             if (m.info.label.kind != MessageKind::kBackward || m.info.label.step >= 3) return;
             const ConstBytes got = m.payload.bytes().first(m.info.rows * 12 * sizeof(float));
             liar.true_gradients.resize(9);
             liar.true_gradients[m.info.label.step * 3 + m.info.label.micro_batch].assign(
                 got.begin(), got.end());
             scale(m.payload.bytes(), -0.3f);
           },
       .answers =
           [](LiarState& liar, const Label& label, std::vector<std::byte>& bytes) {
             if (reports_tensors(label, bytes)) {
               for (const auto& gradient : liar.true_gradients) liar.gradients.add(gradient);
               std::ranges::copy(liar.gradients.finish(), std::span(bytes).last(32).begin());
             }
             if (label.kind == MessageKind::kOpening && bytes.size() == 4 * 12 * sizeof(float))
               for (const auto& gradient : liar.true_gradients) {
                 std::vector<std::byte> scaled = gradient;
                 scale(scaled, -0.3f);
                 if (scaled == bytes) bytes = gradient;
               }
           },
       .says = "its updates are not those"},
      {.what = "sends gradients on that it scaled by -0.3",
       .answers =
           [](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (label.kind == MessageKind::kBackward) scale(bytes, -0.3f);
           },
       .alone = false,
       .says = "gradients between them"},
      {.what = "gives one wrong output once",
       .answers =
           [](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (is(label, MessageKind::kForward, 4) && label.micro_batch == 1)
               bytes[5] ^= std::byte{1};
           },
       .alone = false,
       .says = "activations between them in steps 4 to 6"},
      {.what = "gives one wrong output once, as the last",
       .answers =
           [](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (is(label, MessageKind::kForward, 4) && label.micro_batch == 1)
               bytes[5] ^= std::byte{1};
           },
       .stage = 3,
       .says = "its outputs are not those"},
      {.what = "computes with another input once",
       .takes =
           [](LiarState&, Message& m) {
             if (is(m.info.label, MessageKind::kForward, 4)) scale(m.payload.bytes(), 2);
           },
       .alone = false,
       .says = "activations between them"},
      {.what = "computes with another input once, as the first",
       .takes =
           [](LiarState&, Message& m) {
             if (is(m.info.label, MessageKind::kForward, 4)) m.payload.bytes()[3] ^= std::byte{1};
           },
       .stage = 0,
       .says = "other inputs than it was sent"},
      {.what = "computes with other gradients, as the last",
       .takes =
           [](LiarState&, Message& m) {
             if (is(m.info.label, MessageKind::kBackward, 7)) scale(m.payload.bytes(), -1);
           },
       .stage = 3,
       .says = "other gradients than it was sent in steps 7 to 8"},
      {.what = "skips an update",
       .takes =
           [](LiarState&, Message& m) {
             if (is(m.info.label, MessageKind::kBackward, 2)) m.info.learning_rate = 0;
           },
       .says = "its updates are not those"},
      {.what = "opens another state",
       .answers =
           [](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (is_first_of_opening(label)) bytes[9] ^= std::byte{1};
           },
       .says = "another state than the one"},
      {.what = "opens another input",
       .answers =
           [](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (label.kind == MessageKind::kOpening && bytes.size() == 4 * 16 * sizeof(float))
               bytes[9] ^= std::byte{1};
           },
       .says = "other inputs or gradients than it had reported"},
      {.what = "commits to another state",
       .answers =
           [=](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             static int times = 0;
             if (label.kind == MessageKind::kCommitment && ++times > 1) commitment(bytes, 1);
           },
       .says = "did not compute its stage"},
      {.what = "reports other inputs",
       .answers =
           [=](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (reports_tensors(label, bytes)) commitment(bytes, 2);
           },
       .alone = false,
       .says = ""},
      {.what = "does not take its parameters",
       .takes =
           [](LiarState&, Message& m) {
             if (m.info.label.kind == MessageKind::kParameters) scale(m.payload.bytes(), 1.5f);
           },
       .says = "did not take the state that it was sent"},
      {.what = "gathers other parameters",
       .answers =
           [](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
             if (label.kind == MessageKind::kGather) bytes[0] ^= std::byte{1};
           },
       .says = "sent other parameters at the end"},
  };
}

void expect_found(const Lie& lie, OwnStages own = {}) {
  LiarState liar;
  const std::string error = error_of(lie, liar, own);
  EXPECT_NE(error.find(lie.says), std::string::npos) << lie.what << ": " << error;
  std::set<int> allowed{liar.rank};
  for (const int by : {-1, 1})
    if (const auto found = liar.at_stage.find(static_cast<int>(lie.stage) + by);
        !lie.alone && found != liar.at_stage.end())
      allowed.insert(found->second);
  const std::vector<int> ranks = named(error);
  EXPECT_EQ(std::ranges::count(ranks, liar.rank), 1) << lie.what << ": " << error;
  EXPECT_LE(ranks.size(), lie.alone ? 1u : 2u) << lie.what << ": " << error;
  for (const int rank : ranks) EXPECT_TRUE(allowed.contains(rank)) << lie.what << ": " << error;
}

TEST(SpotChecks, EveryLieIsFoundAndTheRankOrThePairIsNamed) {
  for (const Lie& lie : all_lies()) expect_found(lie);
}

// Then stages 2 and 3 of four are hosted. What the first and the last host say is held against what
// the owner sent and got.
TEST(SpotChecks, FindALieOfTheHostBesideTheOwnersOwnStages) {
  const auto wrong_once = [](MessageKind kind) {
    return [kind](LiarState&, const Label& label, std::vector<std::byte>& bytes) {
      if (is(label, kind, 4) && label.micro_batch == 1) bytes[5] ^= std::byte{1};
    };
  };
  const auto takes_other = [](MessageKind kind) {
    return [kind](LiarState&, Message& m) {
      if (is(m.info.label, kind, 4)) scale(m.payload.bytes(), 2);
    };
  };
  for (const Lie& lie : {Lie{.what = "computes with other inputs, as the first host",
                        .takes = takes_other(MessageKind::kForward),
                        .stage = 1,
                        .says = "stage 2, says that it got other inputs"},
                         Lie{.what = "sends the owner a wrong input gradient",
                         .answers = wrong_once(MessageKind::kBackward),
                         .stage = 1,
                         .says = "its input gradients are not those"},
                         Lie{.what = "gives the owner a wrong output",
                         .answers = wrong_once(MessageKind::kForward),
                         .stage = 2,
                         .says = "its outputs are not those"},
                         Lie{.what = "computes with other gradients, as the last host",
                         .takes = takes_other(MessageKind::kBackward),
                         .stage = 2,
                         .says = "stage 3, says that it got other gradients"}})
    expect_found(lie, {1, 1});
}

TEST(SpotChecks, AreNotMadeAtARateOfZero) {
  const ModelSpec model = testing::small_model(kCheckedInput, kCheckedWidths);
  const DataPair data = testing::small_pair(24, 20, kCheckedInput, 4);
  LoopbackJob job(kCheckedRanks);
  const testing::TrainedJob trained =
      testing::train(job, model, data, checked_training(), checked_session(0, 3));
  EXPECT_EQ(trained.totals.spot_checks.windows, 0u);
  EXPECT_EQ(trained.totals.ranks[1].last.window_bytes, 0u);
}

}  // namespace
}  // namespace mixnn
