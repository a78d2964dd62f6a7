#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "mixnn/app/log/event_file.hpp"
#include "mixnn/app/log/log_file.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/record.hpp"
#include "mixnn/base/clock.hpp"

namespace mixnn {

// What --log and --tensorboard ask for: every step and every epoch of a training, as it comes. A
// row that cannot be written ends its file, and no training.
class TrainingLog {
 public:
  // Whether it can be written, as far as that shows beforehand. Throws UsageError.
  static void check(const AppOptions& options);

  // `after`: the steps that were made before, if a training goes on; rows of later ones are
  // dropped. Throws UsageError and FileError.
  explicit TrainingLog(const AppOptions& options, std::optional<std::size_t> after = {});

  // For the run that trains, or goes on with, an epoch (0..) now. Valid until the next call, and as
  // long as this object. `next` is called, too.
  ProgressHook steps(const std::string& run, std::size_t epoch, ProgressHook next);
  void epoch_ended(const Record& record);  // its last one
  void ended(const Record& record);        // its test of the test set, if there is one

  std::string problem() const { return problem_; }  // what could not be written; empty: nothing

 private:
  void step(const Progress& now);
  LogRow row_of(const Record& record, LogRow::Kind kind) const;
  void add(const LogRow& row);

  std::filesystem::path events_;  // folder; empty: none
  bool validated_;                // tests after epochs are of a validation set
  std::size_t after_;
  std::optional<LogFile> file_;
  std::map<std::string, EventFile> event_files_;  // by run
  std::string problem_;
  std::string run_;
  std::size_t epoch_ = 0;
  std::map<std::string, LogRow> last_;  // of each run: its newest step
  Stopwatch watch_;                     // since that
};

}  // namespace mixnn
