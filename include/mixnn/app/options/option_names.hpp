#pragma once
#include <string>

#include "mixnn/app/options/mix_names.hpp"
#include "mixnn/app/options/option_value.hpp"
#include "mixnn/checkpoint/store.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// The names of choices, as options take them and reports show them.
std::string to_string(Padding padding);
std::string to_string(AeadChoice aead);
std::string to_string(ScheduleKind schedule);
std::string to_string(LrDecay decay);
std::string to_string(ResumeMode mode);
std::string to_string(const CheckpointOptions::Interval& interval);

Padding parse_padding(const OptionText& option);
AeadChoice parse_aead(const OptionText& option);
ScheduleKind parse_schedule(const OptionText& option);
LrDecay parse_lr_decay(const OptionText& option);
ElementType parse_wire_dtype(const OptionText& option);
// What follows on other settings: nothing of floats, which are what one expects.
std::string wire_dtype_note(ElementType wire);
ResumeMode parse_resume(const OptionText& option);
// 10m, 1e or 100b: minutes, epochs, batches.
CheckpointOptions::Interval parse_interval(const OptionText& option);

}  // namespace mixnn
