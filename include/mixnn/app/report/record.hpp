#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/data/dataset.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/train/threading.hpp"

namespace mixnn {

// What became of one training: its epochs, each with the test after it, and the parameters' hash at
// the end. With a validation set the tests after the epochs are of that one, and the test set's is
// at the end.
struct Record {
  using Epoch = EpochRecord;

  std::string name;  // "baseline", "reference", "mixnn"
  Threading threading = {};
  std::vector<Epoch> epochs = {};
  std::string sha256 = {};
  bool validated = false;                   // there is a validation set
  std::optional<TestResult> test_set = {};  // tested at the end, if so
  std::optional<std::size_t> best = {};     // epoch, if that was to be known

  double wall_s() const;  // of training, all epochs
  double median_wall_s() const;
  double samples_per_s() const;
  const Epoch& last() const;  // there is one
  const TestResult& tested() const { return test_set ? *test_set : last().test; }
};

// One epoch and its test, by a Baseline or an Owner alike.
template <class Trainer>
void train_and_test(Trainer& trainer, std::uint32_t epoch, const ProgressHook& progress,
                    Record& record) {
  const EpochResult train = trainer.train_epoch(epoch, progress);
  record.epochs.push_back({train, trainer.test()});
  trainer.tested(record.last().test);
}

// After the last epoch.
template <class Trainer>
void test_at_end(Trainer& trainer, const DataPair& data, Record& record) {
  record.validated = data.validation.count() > 0;
  if (record.validated) record.test_set = trainer.test(data.test);
}

// The paper's two numbers, and what makes the first of them exact.
struct Comparison {
  double slowdown = 0;  // median epoch walls, mixnn over the fastest baseline
  // Of mixnn and reference in the last test, without sign; none if their loss knows no accuracy.
  std::optional<double> accuracy_difference;
  bool bit_identical = false;  // parameters of mixnn and reference
};
Comparison compare(const Record& baseline, const Record& reference, const Record& mixnn);

double median(std::vector<double> values);  // of at least one

}  // namespace mixnn
