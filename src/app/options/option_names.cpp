#include "mixnn/app/options/option_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mixnn {
namespace {

template <class T>
using Name = std::pair<T, const char*>;
constexpr std::array kPaddings{Name<Padding>{Padding::kUniform, "uniform"},
                               Name<Padding>{Padding::kCells, "cells"}};
constexpr std::array kAeads{Name<AeadChoice>{AeadChoice::kAuto, "auto"},
                            Name<AeadChoice>{AeadChoice::kAes256Gcm, "aes256gcm"},
                            Name<AeadChoice>{AeadChoice::kChaCha20Poly1305, "chacha20poly1305"}};
constexpr std::array kSchedules{Name<ScheduleKind>{ScheduleKind::kGpipe, "gpipe"},
                                Name<ScheduleKind>{ScheduleKind::k1F1B, "1f1b"}};
constexpr std::array kLrDecays{Name<LrDecay>{LrDecay::kLinear, "linear"},
                               Name<LrDecay>{LrDecay::kNone, "none"}};
constexpr std::array kWireTypes{Name<ElementType>{ElementType::kFloat32, "float32"},
                                Name<ElementType>{ElementType::kBfloat16, "bfloat16"}};
constexpr std::array kResumeModes{Name<ResumeMode>{ResumeMode::kAuto, "auto"},
                                  Name<ResumeMode>{ResumeMode::kNever, "never"},
                                  Name<ResumeMode>{ResumeMode::kMust, "must"}};
using Unit = CheckpointOptions::Interval::Unit;
constexpr std::array kUnits{Name<Unit>{Unit::kMinutes, "m"}, Name<Unit>{Unit::kEpochs, "e"},
                            Name<Unit>{Unit::kBatches, "b"}};
template <class T, std::size_t N>
std::string name_of(const std::array<Name<T>, N>& names, T value) {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return "unknown";
}

template <class T, std::size_t N>
T value_of(const std::array<Name<T>, N>& names, const OptionText& option) {
  std::string choices;
  for (std::size_t i = 0; i < N; ++i) {
    if (option.text == names[i].second) return names[i].first;
    choices += (i == 0 ? "" : i + 1 < N ? ", " : " or ") + std::string(names[i].second);
  }
  reject(option, choices);
}

}  // namespace

std::string to_string(Padding padding) { return name_of(kPaddings, padding); }
std::string to_string(AeadChoice aead) { return name_of(kAeads, aead); }
std::string to_string(ScheduleKind schedule) { return name_of(kSchedules, schedule); }
std::string to_string(LrDecay decay) { return name_of(kLrDecays, decay); }
std::string to_string(ResumeMode mode) { return name_of(kResumeModes, mode); }
std::string to_string(const CheckpointOptions::Interval& interval) {
  return std::to_string(interval.count) + name_of(kUnits, interval.unit);
}

Padding parse_padding(const OptionText& option) { return value_of(kPaddings, option); }
AeadChoice parse_aead(const OptionText& option) { return value_of(kAeads, option); }
ScheduleKind parse_schedule(const OptionText& option) { return value_of(kSchedules, option); }
LrDecay parse_lr_decay(const OptionText& option) { return value_of(kLrDecays, option); }
ElementType parse_wire_dtype(const OptionText& option) { return value_of(kWireTypes, option); }
std::string wire_dtype_note(ElementType wire) {
  return wire == ElementType::kFloat32 ? "" : ", " + to_string(wire) + " between stages";
}

ResumeMode parse_resume(const OptionText& option) { return value_of(kResumeModes, option); }

CheckpointOptions::Interval parse_interval(const OptionText& option) {
  constexpr const char* kForms = "minutes, epochs or batches, such as 10m, 1e or 500b";
  if (option.text.size() < 2) reject(option, kForms);
  CheckpointOptions::Interval interval;
  const std::string unit = option.text.substr(option.text.size() - 1);
  const auto* found =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& u) { return unit == u.second; });
  if (found == kUnits.end()) reject(option, kForms);
  interval.unit = found->first;
  interval.count =
      whole_number({option.name, option.text.substr(0, option.text.size() - 1)}, 1, 1'000'000);
  return interval;
}

}  // namespace mixnn
