#include "mixnn/app/report/progress.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/app/print.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {

constexpr double kRedrawSeconds = 0.1;

ProgressLine::ProgressLine(Terminal terminal, std::size_t epochs, std::vector<std::string> trainers)
    : terminal_(std::move(terminal)), epochs_(epochs), trainers_(std::move(trainers)) {}

ProgressHook ProgressLine::begin(const std::string& trainer, std::size_t epoch) {
  if (!terminal_) return {};
  trainer_ = trainer;
  epoch_ = epoch;
  watch_ = Stopwatch();
  shown_at_ = -1e9;
  return [this](const Progress& progress) { update(progress); };
}

void ProgressLine::update(const Progress& progress) {
  const double elapsed = watch_.seconds();
  const double share =
      static_cast<double>(progress.samples) / static_cast<double>(progress.total_samples);
  epoch_seconds_[trainer_] = elapsed / share;
  if (elapsed - shown_at_ < kRedrawSeconds && progress.step < progress.steps) return;
  shown_at_ = elapsed;
  const double rate = static_cast<double>(progress.samples) / std::max(elapsed, 1e-9);
  show(fit_parts({trainer_ + " " + std::to_string(epoch_ + 1) + "/" + std::to_string(epochs_),
                  "batch " + std::to_string(progress.step) + "/" + std::to_string(progress.steps),
                  text("loss %.4f", progress.loss), duration_text(seconds_left(elapsed)) + " left",
                  text("%.0f samples/s", rate)},
                 terminal_.columns() - 1));
}

double ProgressLine::seconds_left(double elapsed) const {
  const double now = epoch_seconds_.at(trainer_);
  double left = now - elapsed;
  const auto current = std::find(trainers_.begin(), trainers_.end(), trainer_);
  for (auto other = trainers_.begin(); other != trainers_.end(); ++other) {
    const auto known = epoch_seconds_.find(*other);
    const std::size_t to_do = epochs_ - epoch_ - (other > current ? 0 : 1);
    left += static_cast<double>(to_do) * (known == epoch_seconds_.end() ? now : known->second);
  }
  return left;
}

void ProgressLine::show(const std::string& line) {
  if (!terminal_) return;
  std::string padded = line;
  if (padded.size() < width_) padded.resize(std::min(width_, terminal_.columns() - 1), ' ');
  width_ = line.size();
  print_over(padded);
}

void ProgressLine::clear() {
  if (width_ == 0) return;
  show("");
  print_over("");
}

std::string fit_parts(const std::vector<std::string>& parts, std::size_t columns) {
  std::string line;
  for (const std::string& part : parts) {
    const std::string longer = line.empty() ? part : line + "  " + part;
    if (longer.size() > columns) return line.empty() ? part.substr(0, columns) : line;
    line = longer;
  }
  return line;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e9)));
  if (whole < 60) return text("%lld s", whole);
  if (whole < 3600) return text("%lld:%02lld", whole / 60, whole % 60);
  return text("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace mixnn
