#include "mixnn/app/log/training_log.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/app/json.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {

void TrainingLog::check(const AppOptions& options) {
  if (!options.log.empty()) {
    LogFile::check_name(options.log);
    check_output_file("--log", options.log);
  }
  if (!options.tensorboard.empty()) check_output_folder("--tensorboard", options.tensorboard);
}

TrainingLog::TrainingLog(const AppOptions& options, std::optional<std::size_t> after)
    : events_(options.tensorboard), validated_(options.validation > 0), after_(after.value_or(0)) {
  if (!options.log.empty()) file_.emplace(options.log, after);
}

ProgressHook TrainingLog::steps(const std::string& run, std::size_t epoch, ProgressHook next) {
  if (!file_ && events_.empty()) return next;
  run_ = run;
  epoch_ = epoch;
  watch_ = Stopwatch();
  return [this, next = std::move(next)](const Progress& now) {
    step(now);
    if (next) next(now);
  };
}

void TrainingLog::step(const Progress& now) {
  LogRow row{.run = run_,
             .kind = LogRow::Kind::kStep,
             .epoch = epoch_ + 1,
             .step = epoch_ * now.steps + now.step,
             .samples = epoch_ * now.total_samples + now.samples};
  row.loss = now.step_loss;
  row.learning_rate = decimal(now.learning_rate);
  row.gradient_norm = now.gradient_norm;
  row.samples_per_s = static_cast<double>(now.step_samples) / std::max(watch_.seconds(), 1e-9);
  add(row);
  last_[run_] = row;
  watch_ = Stopwatch();
}

// A row of the same place without numbers yet.
LogRow TrainingLog::row_of(const Record& record, LogRow::Kind kind) const {
  const LogRow& last = last_.at(record.name);
  return {.run = record.name,
          .kind = kind,
          .epoch = last.epoch,
          .step = last.step,
          .samples = last.samples};
}

void TrainingLog::epoch_ended(const Record& record) {
  if (!last_.contains(record.name)) return;
  LogRow row = row_of(record, LogRow::Kind::kEpoch);
  const EpochRecord& epoch = record.last();
  row.train_loss = epoch.train.train_loss;
  row.train_accuracy = epoch.train.train_accuracy;
  (validated_ ? row.validation_loss : row.test_loss) = epoch.test.loss;
  (validated_ ? row.validation_accuracy : row.test_accuracy) = epoch.test.accuracy;
  row.wall_s = epoch.train.wall_s;
  add(row);
}

void TrainingLog::ended(const Record& record) {
  if (!last_.contains(record.name) || !record.test_set) return;
  LogRow row = row_of(record, LogRow::Kind::kEnd);
  row.test_loss = record.test_set->loss;
  row.test_accuracy = record.test_set->accuracy;
  add(row);
}

void TrainingLog::add(const LogRow& row) {
  const auto attempt = [this](const auto& write) {
    try {
      write();
      return true;
    } catch (const FileError& error) {
      problem_ += (problem_.empty() ? "" : "; ") + std::string(error.what());
      return false;
    }
  };
  if (file_ && !attempt([&] { file_->add(row); })) file_.reset();
  const bool written =
      events_.empty() || attempt([&] {
        event_files_.try_emplace(row.run, events_ / row.run, after_).first->second.add(row);
      });
  if (!written) events_.clear();
}

}  // namespace mixnn
