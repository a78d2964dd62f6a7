#include "mixnn/app/log/log_row.hpp"

#include <array>

namespace mixnn {
namespace {

constexpr std::array kColumns{
    LogColumn{"loss", "train/loss", &LogRow::loss},
    LogColumn{"learning_rate", "train/learning_rate", &LogRow::learning_rate},
    LogColumn{"gradient_norm", "train/gradient_norm", &LogRow::gradient_norm},
    LogColumn{"samples_per_s", "train/samples_per_s", &LogRow::samples_per_s},
    LogColumn{"train_loss", "train/epoch_loss", &LogRow::train_loss},
    LogColumn{"train_accuracy", "train/epoch_accuracy", &LogRow::train_accuracy},
    LogColumn{"validation_loss", "validation/loss", &LogRow::validation_loss},
    LogColumn{"validation_accuracy", "validation/accuracy", &LogRow::validation_accuracy},
    LogColumn{"test_loss", "test/loss", &LogRow::test_loss},
    LogColumn{"test_accuracy", "test/accuracy", &LogRow::test_accuracy},
    LogColumn{"wall_s", "train/epoch_wall_s", &LogRow::wall_s}};

}  // namespace

const char* to_string(LogRow::Kind kind) {
  switch (kind) {
    case LogRow::Kind::kStep:
      return "step";
    case LogRow::Kind::kEpoch:
      return "epoch";
    case LogRow::Kind::kEnd:
      return "end";
  }
  return "unknown";
}

std::span<const LogColumn> log_columns() { return kColumns; }

}  // namespace mixnn
