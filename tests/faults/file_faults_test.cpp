// Each call of the system by which results, checkpoints and keys are written fails in turn, in a
// whole job over the loopback: nothing older is harmed, what was finished is there, and whoever
// loses something is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>

#include "faults/failing_calls.hpp"
#include "mixnn/app/checkpoints.hpp"
#include "mixnn/app/commands/train.hpp"
#include "mixnn/app/json.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/stop_signal.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/transport/loopback.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using testing::FailingCalls;
using testing::FileFault;
using ::testing::HasSubstr;

constexpr std::size_t kLasting = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kKeyBytes = 89;  // of its file
#if defined(MIXNN_SANITIZE)
constexpr std::size_t kStride = 7;  // slow: each call fails, but not in each way
#else
constexpr std::size_t kStride = 1;
#endif

// What is printed on standard error while it lives.
class Said {
 public:
  Said() : kept_(::dup(STDERR_FILENO)), file_(::memfd_create("said", MFD_CLOEXEC)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~Said() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
    ::close(file_);
  }
  std::string text() const {
    std::string all(static_cast<std::size_t>(::lseek(file_, 0, SEEK_END)), '\0');
    return ::pread(file_, all.data(), all.size(), 0) < 0 ? "" : all;
  }

 private:
  int kept_, file_;
};

using Files = std::map<std::string, std::string>;  // path below the run's folder, contents

Files files_in(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), folder)] = {std::istreambuf_iterator<char>(in), {}};
  }
  return files;
}

std::string contents(const Files& files, const std::string& name) {
  const auto found = files.find(name);
  return found == files.end() ? "" : found->second;
}

// Files that were to get another name.
std::vector<std::string> unfinished(const Files& files) {
  constexpr std::size_t kAdded = 7;  // a dot and six characters
  std::vector<std::string> names;
  for (const auto& [name, text] : files)
    if (name.size() > kAdded && name[name.size() - kAdded] == '.' && !name.starts_with("tmp/"))
      names.push_back(name);
  return names;
}

struct Outcome {
  int code = 0;
  std::string said;
  bool resumed = false;   // from a checkpoint
  bool finished = false;  // nothing was left to train
  std::vector<std::string> calls;
};

// Of a job that begins, or goes on from a checkpoint where older results are.
enum class Start { kFresh, kOlder };

class FileFaults : public ::testing::TestWithParam<Start> {
 protected:
  FileFaults() {
    const char* const memory = "/dev/shm";  // where no disk keeps it waiting
    const fs::path place = ::access(memory, W_OK) == 0 ? memory : fs::temp_directory_path();
    std::string name = (place / "mixnn-faults.XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    run_ = root_ / "run";
    before_ = root_ / "before";
    ::setenv("TMPDIR", (run_ / "tmp").c_str(), 1);
    set_options();
    fs::create_directories(before_ / "tmp");
    reset();
    const Outcome clean = run();
    reference_ = contents(files_in(run_), "out/model.safetensors");
    EXPECT_EQ(clean.code, kExitSuccess) << clean.said;
    if (GetParam() == Start::kOlder) make_older();
    reset();
    calls_ = run().calls;
    training_ = training_begins(calls_);
  }
  ~FileFaults() override {
    ::unsetenv("TMPDIR");
    fs::remove_all(root_);
  }

  void set_options() {
    options_.command = "train";
    options_.quiet = true;
    options_.training.epochs = 1;
    options_.training.batch_size = 12;
    options_.training.micro_batches = 2;
    options_.training.seed = 7;
    options_.session.hops = 1;
    options_.checkpoint.every = {CheckpointOptions::Interval::Unit::kBatches, 3};
    options_.checkpoint.keep = 1;
    options_.checkpoint.folder = run_ / "checkpoint";
    options_.checkpoint.key = run_ / "state" / "key";
    options_.out = run_ / "out";
    options_.json = run_ / "report.json";
    options_.trace = run_ / "trace.json";
    inputs_.model = testing::small_model({1, 2, 2}, {5, 3});
    inputs_.data = testing::small_pair(50, 7, {1, 2, 2}, 3);
  }

  // The folders as they were before the run.
  void reset() {
    fs::remove_all(run_);
    fs::copy(before_, run_, fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(run_))
      fs::permissions(entry.path(), fs::perms::owner_all);
  }

  // Told to stop after a step, it has checkpointed.
  void make_older() {
    reset();
    remember_stop_signals();
    ::raise(SIGUSR1);
    EXPECT_EQ(run().code, kExitToBeContinued);
    forget_stop_signal();
    for (const char* name : {"out/model.safetensors", "out/report.json", "report.json"})
      std::ofstream(run_ / name) << "older";
    fs::remove_all(before_);
    fs::copy(run_, before_, fs::copy_options::recursive);
  }

  int job(Outcome& outcome) {
    AppOptions given = options_;
    check_outputs(given.out, given.json);
    check_output_file("--trace", given.trace);
    const auto checkpoints = open_checkpoints(given, inputs_);
    for (const std::string& note : checkpoints->take_notes()) print_error(note);
    outcome.resumed = checkpoints->resumed();
    outcome.finished = checkpoints->finished();
    if (outcome.finished) {
      write_finished(given, inputs_, *checkpoints);
      return kExitSuccess;
    }
    constexpr int kRanks = 4;  // the owner, two hosts and a relay
    LoopbackNetwork network(kRanks, 1);
    std::vector<std::unique_ptr<Node>> nodes;
    for (int rank = 1; rank < kRanks; ++rank)
      nodes.push_back(std::make_unique<Node>(network.at(rank)));
    network.pump([&] {
      for (const auto& node : nodes) node->step();
    });
    cpu_set_t cores{};
    CPU_SET(0, &cores);
    OwnerIdentity identity;
    return run_train({given, inputs_, checkpoints.get(), network.at(0), "", cores, identity});
  }

  // As main() runs it. Calls fail below `folder`.
  Outcome run(const FileFault& fault, const fs::path& folder) {
    Outcome outcome;
    const Said said;
    FailingCalls calls(folder.string(), fault);
    try {
      outcome.code = job(outcome);
    } catch (const UsageError& error) {
      outcome.code = kExitBadInput;
      print_error(error.what());
    } catch (const std::exception& error) {
      outcome.code = kExitRunFailed;
      print_error(error.what());
    }
    outcome.said = said.text();
    outcome.calls = calls.all();
    return outcome;
  }
  Outcome run() { return run({}, run_); }

  // The number of the first call of a checkpoint that is written after some training. The first of
  // all shows that it can be done, before any.
  std::size_t training_begins(const std::vector<std::string>& calls) const {
    const auto is = [](const char* name, const char* file) {
      return [=](const std::string& call) {
        return call.starts_with(name) && call.find(file) != std::string::npos;
      };
    };
    auto at = calls.begin();
    if (GetParam() == Start::kFresh)
      at = std::find_if(at, calls.end(), is("rename", "/checkpoint-00000001.manifest"));
    at = std::find_if(at, calls.end(), is("mkstemp", ".shard"));
    return static_cast<std::size_t>(at - calls.begin()) + 1;
  }

  static std::string failed(const Outcome& outcome, const FileFault& fault) {
    return outcome.calls.size() < fault.call ? "none" : outcome.calls[fault.call - 1];
  }

  // What holds whatever fails.
  void expect_unharmed(const Outcome& outcome, const Files& before, const Files& after,
                       const FileFault& fault) {
    const std::string key = contents(after, "state/key");
    if (before.contains("state/key"))
      EXPECT_EQ(key, contents(before, "state/key"));
    else
      EXPECT_TRUE(!after.contains("state/key") || key.size() == kKeyBytes) << key;
    for (const auto& [name, was] : before)
      EXPECT_TRUE(name.starts_with("checkpoint/") || after.contains(name)) << name;
    const std::string model = contents(after, "out/model.safetensors");
    EXPECT_TRUE(model == reference_ || model == contents(before, "out/model.safetensors"));
    for (const char* name : {"out/report.json", "report.json", "trace.json"}) {
      const std::string text = contents(after, name);
      EXPECT_TRUE(text == contents(before, name) || nlohmann::json::accept(text)) << name;
    }
    if (outcome.code == kExitSuccess) expect_complete(before, after, reference_);
    if (outcome.code != kExitSuccess || !outcome.said.empty()) {
      EXPECT_THAT(outcome.said, HasSubstr(std::strerror(fault.error)));
      EXPECT_THAT(outcome.said, HasSubstr(run_.string()));
    }
  }

  static void expect_complete(const Files& before, const Files& after,
                              const std::string& reference) {
    EXPECT_EQ(contents(after, "out/model.safetensors"), reference);
    for (const char* name : {"out/report.json", "report.json", "trace.json"})
      EXPECT_NE(contents(after, name), contents(before, name)) << name;
  }

  // The same command again, with nothing that fails: it goes on from what is there.
  void expect_recovery(const Outcome& outcome) {
    const Outcome again = run();
    EXPECT_EQ(again.code, kExitSuccess) << again.said;
    EXPECT_EQ(contents(files_in(run_), "out/model.safetensors"), reference_);
    EXPECT_TRUE(GetParam() == Start::kFresh || again.resumed || again.finished);
    EXPECT_TRUE(outcome.code != kExitSuccess || !outcome.said.empty() || again.finished);
  }

  fs::path root_, run_, before_;
  AppOptions options_;
  Inputs inputs_;
  std::string reference_;           // the model that is to be trained
  std::vector<std::string> calls_;  // of a run in which none fails
  std::size_t training_ = 0;        // the first of them that surely comes when something is trained
};

TEST_P(FileFaults, EachCallOnceInTurn) {
  const Files before = files_in(before_);
  const FileFault faults[] = {
      {.error = ENOSPC}, {.error = EIO},
      {.error = EINTR},  {.error = EROFS},
      {.error = ENOLCK}, {.error = ENOSYS},
      {.error = 0},      {.error = EIO, .kind = FileFault::Kind::kDoneAllTheSame}};
  std::size_t way = 0;
  for (FileFault fault : faults) {
    for (fault.call = 1 + way++ % kStride; fault.call <= calls_.size(); fault.call += kStride) {
      reset();
      const Outcome outcome = run(fault, run_);
      SCOPED_TRACE(failed(outcome, fault) + ": " +
                   (fault.error ? std::strerror(fault.error) : "short") +
                   "; it said: " + outcome.said);
      const Files after = files_in(run_);
      expect_unharmed(outcome, before, after, fault);
      // It is tried again, but for what is seen before anything is trained.
      EXPECT_TRUE(outcome.code == kExitSuccess || fault.call < training_);
      if (fault.error == 0 || fault.error == EINTR) {
        EXPECT_EQ(outcome.code, kExitSuccess);
        EXPECT_EQ(outcome.said, "");
      }
      const bool may_stay = failed(outcome, fault).starts_with("unlink") ||
                            fault.kind == FileFault::Kind::kDoneAllTheSame;
      EXPECT_TRUE(may_stay || unfinished(after).empty());
      expect_recovery(outcome);
      if (HasFailure()) return;
    }
  }
}

TEST_P(FileFaults, AllCallsFromEachOn) {
  const Files before = files_in(before_);
  for (const int error : {ENOSPC, EIO})
    for (FileFault fault{.call = 1, .error = error, .count = kLasting}; fault.call <= calls_.size();
         fault.call += kStride) {
      reset();
      const Outcome outcome = run(fault, run_);
      SCOPED_TRACE("from " + failed(outcome, fault) + " on: " + std::strerror(error) +
                   "; it said: " + outcome.said);
      const Files after = files_in(run_);
      expect_unharmed(outcome, before, after, fault);
      expect_recovery(outcome);
      if (HasFailure()) return;
    }
}

TEST_P(FileFaults, AFullDiskOfCheckpointsEndsNoTraining) {
  const Files before = files_in(before_);
  reset();
  const std::vector<std::string> calls = run({}, options_.checkpoint.folder).calls;
  for (const std::size_t count : {std::size_t{4}, kLasting})
    for (FileFault fault{.call = 1, .error = ENOSPC, .count = count}; fault.call <= calls.size();
         fault.call += kStride) {
      reset();
      const Outcome outcome = run(fault, options_.checkpoint.folder);
      SCOPED_TRACE("from " + failed(outcome, fault) + " on; it said: " + outcome.said);
      const Files after = files_in(run_);
      expect_unharmed(outcome, before, after, fault);
      EXPECT_TRUE(outcome.code == kExitSuccess || fault.call < training_begins(calls));
      expect_recovery(outcome);
      if (HasFailure()) return;
    }
}

// What opens the checkpoints stands beside the key.
TEST_P(FileFaults, ARecordThatCannotBeWrittenIsSaidAndLosesNoCheckpoint) {
  const std::string records = options_.checkpoint.key.string() + ".runs";
  const Files before = files_in(before_);
  reset();
  const std::vector<std::string> calls = run({}, records).calls;
  for (const auto kind : {FileFault::Kind::kNot, FileFault::Kind::kDoneAllTheSame})
    for (const std::size_t count : {std::size_t{1}, kLasting})
      for (FileFault fault{.call = 1, .error = EIO, .count = count, .kind = kind};
           fault.call <= calls.size(); fault.call += kStride) {
        reset();
        const Outcome outcome = run(fault, records);
        const std::string call = failed(outcome, fault);
        SCOPED_TRACE("from " + call + " on; it said: " + outcome.said);
        expect_unharmed(outcome, before, files_in(run_), fault);
        EXPECT_TRUE(outcome.code == kExitSuccess || call.starts_with("open"));
        for (const char* writes : {"mkdir", "mkstemp", "write", "fsync", "rename"})
          EXPECT_TRUE(!call.starts_with(writes) || !outcome.said.empty());
        expect_recovery(outcome);
        if (HasFailure()) return;
      }
}

TEST_P(FileFaults, AFullDiskOfResultsLosesNoModel) {
  reset();
  const std::size_t calls = run({}, options_.out).calls.size();
  for (FileFault fault{.call = 1, .error = ENOSPC, .count = kLasting}; fault.call <= calls;
       fault.call += kStride) {
    reset();
    const Outcome outcome = run(fault, options_.out);
    SCOPED_TRACE("from " + failed(outcome, fault) + " on; it said: " + outcome.said);
    const Files after = files_in(run_);
    expect_unharmed(outcome, files_in(before_), after, fault);
    std::size_t models = 0;
    for (const auto& [name, text] : after) models += text == reference_ ? 1 : 0;
    EXPECT_TRUE(outcome.code == kExitBadInput || models >= 1);
    EXPECT_TRUE(outcome.code != kExitSuccess || outcome.said.empty());
    expect_recovery(outcome);
    if (HasFailure()) return;
  }
}

// A call that this test does not see would never fail: all that a run makes are among those that it
// counts, as `strace` shows.
TEST_P(FileFaults, AllKindsOfCallsAreSeen) {
  reset();
  std::set<std::string> names, of_records;
  for (const std::string& call : run().calls) {
    names.insert(call.substr(0, call.find(' ')));
    if (call.find(".runs/") != std::string::npos) of_records.insert(call.substr(0, call.find(' ')));
  }
  std::set<std::string> expected{"close", "flock",  "fsync",  "ftruncate", "mkstemp",
                                 "open",  "rename", "unlink", "write"};
  if (GetParam() == Start::kFresh) expected.insert({"link", "mkdir"});
  for (const std::string& name : expected) EXPECT_TRUE(names.contains(name)) << name;
  for (const char* name : {"close", "fsync", "mkstemp", "open", "rename", "write"})
    EXPECT_TRUE(of_records.contains(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(Starts, FileFaults, ::testing::Values(Start::kFresh, Start::kOlder),
                         [](const auto& start) {
                           return start.param == Start::kFresh ? "Fresh" : "Older";
                         });

}  // namespace
}  // namespace mixnn
