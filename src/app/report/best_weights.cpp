#include "mixnn/app/report/best_weights.hpp"

#include "mixnn/app/print.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/train/best_epoch.hpp"
#include "mixnn/train/model_file.hpp"

namespace mixnn {

BestWeights::BestWeights(const AppOptions& options, const ModelSpec& model)
    : file_(options.keep_best), model_(model) {}

void BestWeights::go_on_after(std::span<const EpochRecord> epochs) {
  const std::optional<std::size_t> best = best_epoch(epochs);
  std::error_code error;
  if (file_.empty() || !best || std::filesystem::exists(file_, error)) return;
  first_ = epochs.size();
  print_error("warning: --keep-best " + file_.string() + ": is not there, though epoch " +
              std::to_string(*best + 1) +
              " was the best so far; it receives the best from here on");
}

void BestWeights::epoch_ended(std::span<const EpochRecord> epochs,
                              const std::function<Weights()>& weights) {
  if (file_.empty()) return;
  Weights now = weights();
  check_finite(now, epochs.size());
  const std::span<const EpochRecord> counted = epochs.subspan(first_);
  if (best_epoch(counted) == counted.size() - 1) best_ = std::move(now);
  if (!write())
    print_error("warning: --keep-best " + problem_ + "; it is tried again after the next epoch");
}

bool BestWeights::write() {
  if (best_.empty()) return true;
  try {
    save_safetensors(file_, model_, best_);
    best_.clear();
    problem_.clear();
    return true;
  } catch (const RunError& error) {
    problem_ = error.what();
    return false;
  }
}

void BestWeights::found_finished(std::span<const EpochRecord> epochs, const Weights& last) {
  std::error_code error;
  if (file_.empty() || std::filesystem::exists(file_, error)) return;
  const std::optional<std::size_t> best = best_epoch(epochs);
  if (best == epochs.size() - 1)
    best_ = last;
  else if (best)
    print_error("warning: --keep-best " + file_.string() + ": is not there, and epoch " +
                std::to_string(*best + 1) + ", which was the best, is over");
  finish();
}

void BestWeights::finish() {
  if (!write()) throw RunError("--keep-best " + problem_);
}

void note_best(const AppOptions& options, Record& record) {
  if (!options.keep_best.empty() || options.early_stop > 0) record.best = best_epoch(record.epochs);
}

}  // namespace mixnn
