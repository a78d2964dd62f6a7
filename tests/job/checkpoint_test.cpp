// A training that is cut at any step and goes on in another job, with other ranks, is the
// uninterrupted one bit for bit; and what hosts write and are told for it says nothing of the
// others.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/crypto/sealed_stream.hpp"
#include "mixnn/owner/shard_writing.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using testing::LoopbackJob;
using testing::TrainedJob;

const Shape kCheckpointInput{1, 4, 5};
const std::vector<std::int64_t> kWidths{16, 12, 4};

class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "mixnn-checkpoint.XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

TrainingOptions small_training(ElementType wire) {
  TrainingOptions training;
  training.wire = wire;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.learning_rate = 0.05f;
  training.momentum = 0.9f;
  training.weight_decay = 0.001f;
  training.seed = 77;
  return training;
}

// Between two jobs: what the owner's manifest and the hosts' shards hold.
struct Saved {
  TrainingPoint point;
  std::vector<ShardRecord> shards;
  TrainedJob so_far;
};

// A type of wire, and an optimizer with its slots.
using ResumeSetting = std::pair<ElementType, Optimizer>;

TrainingOptions resumed_training(const ResumeSetting& setting) {
  TrainingOptions training = small_training(setting.first);
  training.optimizer = setting.second;
  if (optimizer_slots(setting.second) < 2) return training;
  training.learning_rate = 0.01f;
  training.lr_decay = LrDecay::kCosine;
  training.warmup = 3;
  return training;
}

class Resume : public ::testing::TestWithParam<ResumeSetting> {
 protected:
  const ModelSpec model = testing::small_model(kCheckpointInput, kWidths);
  const DataPair data = testing::small_pair(50, 23, kCheckpointInput, 4);
  const TrainingOptions training = resumed_training(GetParam());
  const CheckpointKey key{Key::from(std::vector<std::byte>(32, std::byte{5}))};
  const Scratch scratch;
  const std::size_t chunks = 1 + shard_chunks(3 * (20 * 16 + 16));  // more than any stage needs

  std::vector<ShardRecord> write(Owner& owner) {
    return owner.write_shards([&](std::size_t) {
      ShardOrder order;
      order.folder = scratch.path.string();
      Csprng().fill(order.name);
      order.public_key = key.shard_keys(order.name).public_key;
      order.chunks = static_cast<std::uint32_t>(chunks);
      return order;
    });
  }

  std::vector<std::vector<float>> read(const Saved& saved) {
    std::vector<std::vector<float>> state;
    for (std::size_t i = 0; i < saved.shards.size(); ++i) {
      const bool hosts = i < model.stages.size();  // a decoy's is empty, and as large
      const ShardText shard =
          read_shard(scratch.path, saved.shards[i].name, key, chunks, saved.shards[i].sha256,
                     hosts ? model.stage(i, 1, training.optimizer_for(model)).state_count() : 0);
      EXPECT_EQ(shard.problem, "");
      if (hosts) state.push_back(shard.state);
    }
    return state;
  }

  // One job that trains from `saved` (or the start) for at most `steps`, and saves unless the
  // training ends.
  void live(Saved& saved, std::size_t steps, std::size_t relays, const SessionOptions& session) {
    LoopbackJob job(static_cast<int>(1 + kWidths.size() + relays), 1 + relays);
    job.network.reorder(true);
    Owner owner(job.network.at(0), model, data, training, session);
    if (saved.shards.empty())
      owner.start();
    else
      owner.start(saved.point, read(saved));
    while (owner.point().epoch < training.epochs && steps > 0) {
      const std::uint32_t before = owner.point().step;
      if (const auto ended = owner.train_steps(steps)) {
        saved.so_far.epochs.push_back(*ended);
        saved.so_far.tests.push_back(owner.test());
        steps -= 5 - before;  // steps of an epoch
      } else {
        steps -= owner.point().step - before;
      }
    }
    saved.point = owner.point();
    saved.shards = write(owner);
    saved.so_far.parameters = owner.parameters();
    owner.stop();
  }
};

const Optimizer kResumedSgd = Sgd{0.9f, 0.001f};
const Optimizer kResumedAdamW = AdamW{{.weight_decay = 0.1f, .decay_matrices_only = true}};
INSTANTIATE_TEST_SUITE_P(Types, Resume,
                         ::testing::Values(ResumeSetting{ElementType::kFloat32, kResumedSgd},
                                           ResumeSetting{ElementType::kBfloat16, kResumedSgd},
                                           ResumeSetting{ElementType::kInt8, kResumedSgd},
                                           ResumeSetting{ElementType::kFloat32, kResumedAdamW}),
                         [](const auto& is) {
                           return to_string(is.param.first) + "_" + optimizer_name(is.param.second);
                         });

TEST_P(Resume, AtAnyStepWithOtherRelaysGivesTheBitsOfTheReference) {
  const TrainedJob reference = testing::train_reference(model, data, training);
  SessionOptions first, second;
  first.spot_checks = second.spot_checks = 1;
  first.window_steps = 2;
  second.hops = 1;
  second.schedule = ScheduleKind::kGpipe;
  second.padding = Padding::kCells;
  second.cell_bytes =
      kMinCellBytes;  // so that the state comes in several parts, one across its middle
  for (std::size_t cut = 0; cut <= 10; ++cut) {
    Saved saved;
    live(saved, cut, 3, first);
    EXPECT_EQ(saved.point.epoch * 5 + saved.point.step, cut);
    live(saved, 100, 2, second);
    testing::expect_same(saved.so_far, reference);
  }
}

TEST_P(Resume, ManyTimesGivesTheBitsOfTheReference) {
  Saved saved;
  for (int i = 0; i < 5; ++i) live(saved, 2, 3, {});
  testing::expect_same(saved.so_far, testing::train_reference(model, data, training));
}

TEST_P(Resume, ShardsAreAlikeButForTheirContents) {
  Saved saved;
  live(saved, 3, 3, {});
  std::set<std::uintmax_t> sizes;
  std::set<ShardName> names;
  for (const ShardRecord& shard : saved.shards) {
    const fs::path file = scratch.path / shard_file_name(shard.name);
    sizes.insert(fs::file_size(file));
    names.insert(shard.name);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(sizes.size(), 1u);
  EXPECT_EQ(names.size(), 6u);  // of three hosts and three decoys
}

// Each pair of parameters of the model, as eight bytes: none of them is in any file in the clear.
TEST_P(Resume, NoParameterIsInTheClearOnTheDisk) {
  Saved saved;
  live(saved, 3, 3, {});
  std::set<std::uint64_t> secrets;
  for (const std::vector<float>& stage : saved.so_far.parameters)
    for (std::size_t i = 0; i + 1 < stage.size(); i += 2) {
      std::uint64_t word;
      std::memcpy(&word, &stage[i], sizeof word);
      secrets.insert(word);
    }
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator(scratch.path)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 0; at + 8 <= text.size(); ++at) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, sizeof word);
      found += secrets.contains(word);
    }
  }
  EXPECT_EQ(found, 0u);
}

TEST_P(Resume, AHostThatCannotWriteEndsNoTrainingAndTheNextSaveIsGood) {
  Saved saved;
  {
    LoopbackJob job(7);
    Owner owner(job.network.at(0), model, data, training, {});
    owner.start();
    owner.train_steps(2);
    fs::remove_all(scratch.path);
    try {
      write(owner);
      FAIL() << "written";
    } catch (const SaveError& error) {
      EXPECT_NE(std::string(error.what()).find("stage host"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(scratch.path.string()), std::string::npos);
      EXPECT_NE(std::string(error.what()).find("No such file"), std::string::npos);
    }
    fs::create_directory(scratch.path);
    owner.train_steps(1);
    saved.point = owner.point();
    saved.shards = write(owner);
    owner.stop();
  }
  live(saved, 100, 3, {});
  testing::expect_same(saved.so_far, testing::train_reference(model, data, training));
}

// All is one batch: its loss is of the initial parameters, and nothing but the test or the
// parameters themselves shows what the only update did.
TEST(ALastUpdateThatDiverges, IsSeenByTheTestAndByWhoWritesACheckpoint) {
  const ModelSpec model = testing::small_model(kCheckpointInput, kWidths);
  const DataPair data = testing::small_pair(50, 23, kCheckpointInput, 4);
  TrainingOptions training = small_training(ElementType::kFloat32);
  training.batch_size = 50;
  training.learning_rate = std::numeric_limits<float>::infinity();
  training.lr_decay = LrDecay::kNone;
  const auto said = [&](auto after_the_update) {
    LoopbackJob job(7);
    Owner owner(job.network.at(0), model, data, training, {});
    owner.start();
    owner.train_epoch(0);
    try {
      after_the_update(owner);
    } catch (const SaveError&) {
      return std::string("a failed save");
    } catch (const RunError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_NE(said([](Owner& owner) {
              owner.test();
            }).find("no longer a finite number in the test after epoch 1"),
            std::string::npos);
  EXPECT_NE(said([](Owner& owner) {
              check_finite(owner.parameters(), 1);
            }).find("no longer finite numbers after 1 epoch"),
            std::string::npos);
  EXPECT_NE(said([](Owner& owner) {
              owner.write_shards([](std::size_t) {
                ShardOrder order;
                order.folder = "/nowhere";
                order.chunks = 100;
                return order;
              });
            }).find("no longer finite numbers after 1 epoch and 0 steps"),
            std::string::npos);
}

// The order in which ranks are asked, and the labels under which, are drawn anew each time.
TEST(ShardTraffic, LabelsTellNothing) {
  std::set<std::uint32_t> parts;
  for (int i = 0; i < 8; ++i) {
    const ShardTraffic traffic({2, 0, 1}, 40);
    for (std::size_t at = 0; at < 3; ++at) {
      const MessageInfo& info = traffic.requests()[at];
      parts.insert(info.label.part);
      EXPECT_EQ(info.label.step, 40u);
      EXPECT_EQ(traffic.place_of(info.label), (std::vector<std::size_t>{2, 0, 1}[at]));
      for (std::size_t place = 0; place < 3; ++place)
        EXPECT_EQ(traffic.answer(place, at).has_value(), place == traffic.place_of(info.label));
    }
  }
  EXPECT_EQ(parts.size(), 24u);
  EXPECT_GT(*parts.rbegin(), 1000u);
}

}  // namespace
}  // namespace mixnn
