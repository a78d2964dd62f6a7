// What the network sees: one cell size, fresh bytes, nothing of the model (P1, P2, P4, P6).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "job/loopback_job.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/onion/format.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;
using Fate = LoopbackNetwork::Fate;

const Shape kPrivacyInput{1, 6, 8};

TrainingOptions private_training() {
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 16;
  training.micro_batches = 2;
  training.seed = 4;
  return training;
}

struct Seen {
  std::vector<std::vector<std::byte>> cells;
  std::set<std::size_t> sizes;
};

Seen record_run(const SessionOptions& session,
                std::vector<std::vector<float>>* parameters = nullptr) {
  const ModelSpec model = testing::small_model(kPrivacyInput, {32, 24, 4});
  const DataPair data = testing::small_pair(48, 20, kPrivacyInput, 4);
  LoopbackJob job(static_cast<int>(5 + session.hops));
  Seen seen;
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    seen.sizes.insert(wire.cell.size());
    seen.cells.emplace_back(wire.cell.begin(), wire.cell.end());
    return Fate::kDeliver;
  });
  const testing::TrainedJob trained = testing::train(job, model, data, private_training(), session);
  if (parameters != nullptr) *parameters = trained.parameters;
  return seen;
}

TEST(Wire, OneCellSizeInEveryPhase) {
  for (const std::size_t hops : {0, 1, 3, 5}) {
    for (const Padding padding : {Padding::kUniform, Padding::kCells}) {
      SessionOptions session;
      session.hops = hops;
      session.padding = padding;
      const Seen seen = record_run(session);
      EXPECT_EQ(seen.sizes.size(), 1u);
      EXPECT_GT(seen.cells.size(), 100u);
    }
  }
}

TEST(Wire, TwoRunsWithTheSameSeedSendDifferentBytesAndGiveTheSameParameters) {
  SessionOptions session;
  std::vector<std::vector<float>> first_parameters, second_parameters;
  const Seen first = record_run(session, &first_parameters),
             second = record_run(session, &second_parameters);
  EXPECT_EQ(first_parameters, second_parameters);
  std::set<std::vector<std::byte>> blocks;  // the 32 bytes at a few places of every cell
  std::size_t count = 0;
  for (const Seen* seen : {&first, &second})
    for (const std::vector<std::byte>& cell : seen->cells)
      for (const std::size_t at : {std::size_t{0}, kLaneOffset, kBodyOffset, kBodyOffset + 512}) {
        blocks.insert({cell.begin() + static_cast<std::ptrdiff_t>(at),
                       cell.begin() + static_cast<std::ptrdiff_t>(at + 32)});
        ++count;
      }
  EXPECT_EQ(blocks.size(), count);
}

// No 8 bytes of an initial parameter pair or of a raw sample ever stand on a link in the clear.
TEST(Wire, NeitherParametersNorInputsAreInTheClear) {
  const ModelSpec model = testing::small_model(kPrivacyInput, {32, 24, 4});
  const DataPair data = testing::small_pair(48, 20, kPrivacyInput, 4);
  std::set<std::uint64_t> secrets;
  for (const std::vector<float>& stage : initial_parameters(model, private_training().seed))
    for (std::size_t i = 0; i + 1 < stage.size(); i += 2) {
      std::uint64_t word;
      std::memcpy(&word, &stage[i], sizeof word);
      secrets.insert(word);
    }
  for (std::size_t i = 0; i + 8 <= data.train.samples.bytes().size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, &data.train.samples.bytes()[i], sizeof word);
    secrets.insert(word);
  }
  const Seen seen = record_run({});
  std::size_t found = 0;
  for (const std::vector<std::byte>& cell : seen.cells)
    for (std::size_t at = 0; at + 8 <= cell.size(); ++at) {
      std::uint64_t word;
      std::memcpy(&word, cell.data() + at, sizeof word);
      found += secrets.contains(word);
    }
  EXPECT_EQ(found, 0u);
}

// Cells on each link in a whole run, by (from, to).
std::map<std::pair<int, int>, std::size_t> cells_by_link(const ModelSpec& model,
                                                         const SessionOptions& session) {
  const DataPair data = testing::small_pair(48, 20, kPrivacyInput, 4);
  LoopbackJob job(static_cast<int>(1 + model.stages.size() + session.hops + 1));
  std::map<std::pair<int, int>, std::size_t> links;
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    ++links[{wire.from, wire.to}];
    return Fate::kDeliver;
  });
  testing::train(job, model, data, private_training(), session);
  return links;
}

// Links whose cells are no whole messages of so many. The owner's carry control cells besides,
// which are single and as many for every rank: of those the differences count.
std::size_t links_with_parts(const std::map<std::pair<int, int>, std::size_t>& links,
                             std::size_t cells) {
  std::size_t parts = 0;
  std::map<bool, std::size_t> first;  // of the owner's links: from it, to it
  for (const auto& [link, count] : links) {
    const bool owners = link.first == 0 || link.second == 0;
    const std::size_t base = owners ? first.try_emplace(link.first == 0, count).first->second : 0;
    parts += (count > base ? count - base : base - count) % cells != 0;
  }
  return parts;
}

// With uniform padding every message of every kind has the same number of cells, so each link sees
// multiples of it. Without it the same run shows some messages to be shorter.
TEST(Wire, UniformPaddingGivesEveryMessageTheSameNumberOfCells) {
  const ModelSpec model = testing::small_model(kPrivacyInput, {64, 24, 4});
  SessionOptions session;
  session.cell_bytes = kMinCellBytes;
  const std::size_t cells = message_sizes(model, private_training(), session).cells;
  ASSERT_GT(cells, 1u);
  const auto uniform = cells_by_link(model, session);
  EXPECT_GT(uniform.size(), 20u);
  EXPECT_EQ(links_with_parts(uniform, cells), 0u);
  session.padding = Padding::kCells;
  EXPECT_GT(links_with_parts(cells_by_link(model, session), cells), 0u);
}

// A network whose activations are its largest tensors sends half the bytes as bfloat16, and a
// quarter as int8 with the scales of its rows, in cells of one size.
TEST(Wire, ShorterTypesShortenTheLargestMessage) {
  const ModelSpec model = testing::small_model(kPrivacyInput, {4096, 24, 4});
  TrainingOptions training = private_training();
  const MessageSizes whole = message_sizes(model, training, {});
  training.wire = ElementType::kBfloat16;
  const MessageSizes half = message_sizes(model, training, {});
  const std::size_t activations = training.max_rows() * 4096;
  EXPECT_GE(whole.capacity(), activations * 4);
  EXPECT_GE(half.capacity(), activations * 2);
  EXPECT_LT(half.capacity(), activations * 2 + 64 * half.cells);
  training.wire = ElementType::kInt8;
  const MessageSizes quarter = message_sizes(model, training, {});
  const std::size_t with_scales = activations + training.max_rows() * sizeof(float);
  EXPECT_GE(quarter.capacity(), with_scales);
  EXPECT_LT(quarter.capacity(), with_scales + 64 * quarter.cells);
}

// What all ranks are told alike does not depend on the number of stages, only on public numbers.
TEST(Roster, RunParametersDoNotTellTheNumberOfStages) {
  const TrainingOptions training = private_training();
  SessionOptions session;
  session.cell_bytes = 8192;
  const auto pool = [&](const std::vector<std::int64_t>& widths) {
    return pool_cells(message_sizes(testing::small_model(kPrivacyInput, widths), training, session),
                      session, 12);
  };
  EXPECT_EQ(pool({24, 4}), pool({24, 24, 24, 24, 24, 4}));
}

// A host's specification holds its own layers and input, and not one word of the others.
TEST(Specification, TellsAStageItsOwnLayersAlone) {
  const ModelSpec model = testing::small_model(kPrivacyInput, {32, 77, 55, 4});
  const std::string text = stage_spec_to_json(model.stage(2, 8, Sgd{0.9f, 0}));
  EXPECT_NE(text.find("55"), std::string::npos);
  EXPECT_NE(text.find("77"), std::string::npos);  // its input
  EXPECT_EQ(text.find("32"), std::string::npos);
  for (const char* word :
       {"small", "stage", "index", "position", "first", "last", "name", "seed", "flatten"})
    EXPECT_EQ(text.find(word), std::string::npos) << word;
}

// A middle stage's specification is the same wherever it stands in the model.
TEST(Specification, DoesNotTellThePosition) {
  const ModelSpec deep = testing::small_model(kPrivacyInput, {32, 32, 32, 32, 4});
  const ModelSpec shallow = testing::small_model(kPrivacyInput, {32, 32, 4});
  EXPECT_EQ(stage_spec_to_json(deep.stage(1, 8, Sgd{0.9f, 0})),
            stage_spec_to_json(deep.stage(3, 8, Sgd{0.9f, 0})));
  EXPECT_EQ(stage_spec_to_json(deep.stage(2, 8, Sgd{0.9f, 0})),
            stage_spec_to_json(shallow.stage(1, 8, Sgd{0.9f, 0})));
}

}  // namespace
}  // namespace mixnn
