#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "mixnn/app/terminal.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

// One line on the terminal that says how far a run is, written over until it is cleared; without a
// terminal, nothing.
class ProgressLine {
 public:
  // `trainers` take turns, one epoch each.
  ProgressLine(Terminal terminal, std::size_t epochs, std::vector<std::string> trainers);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // For the trainer that begins an epoch (0..) now. Valid until the next call, and as long as this
  // object.
  ProgressHook begin(const std::string& trainer, std::size_t epoch);
  void show(const std::string& text);  // in place of the line
  void clear();

 private:
  void update(const Progress& progress);
  double seconds_left(double elapsed) const;

  Terminal terminal_;
  std::size_t epochs_;
  std::vector<std::string> trainers_;
  std::map<std::string, double> epoch_seconds_;  // of each trainer, as far as known
  std::string trainer_;
  std::size_t epoch_ = 0;
  Stopwatch watch_;         // of the epoch
  double shown_at_ = -1e9;  // on that watch
  std::size_t width_ = 0;   // of what stands on the line
};

// As many of `parts` as fit `columns`, from the first on, with two spaces between; never longer.
std::string fit_parts(const std::vector<std::string>& parts, std::size_t columns);
std::string duration_text(double seconds);  // "7 s", "2:05", "1:02:05"

}  // namespace mixnn
