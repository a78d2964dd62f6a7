#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/codec.hpp"
#include "mixnn/wire/kinds.hpp"

namespace mixnn {

// Names one request: every message on its way from the owner through hosts back to the owner
// carries the same label, and a host answers a message with the ticket of that label.
struct Label {
  MessageKind kind{};
  std::uint32_t step = 0;         // updates that the stages have made before it
  std::uint32_t micro_batch = 0;  // in the step, or chunk of the test set
  std::uint32_t part = 0;         // of specification, parameters, books; control, reports: the rank
  auto operator<=>(const Label&) const = default;
};
void describe(auto& codec, Of<Label> auto& label) {
  codec.choice(label.kind, is_known);
  codec.numbers(label.step, label.micro_batch, label.part);
}
Work activity_work(const Label& label);     // as the record of activities names it
std::string to_string(const Label& label);  // "forward of step 3, micro-batch 1"

// What the owner tells the receiver of a message: the description in its slot, padded to 32 bytes.
struct MessageInfo {
  Label label;
  std::uint32_t micro_batches = 0;  // in this step; of a specification: its parts
  std::uint32_t rows = 0;           // of this micro-batch; of parameters: floats in this part
  float learning_rate = 0;          // of this step's update
  std::uint32_t first_row = 0;      // of a forward's micro-batch, counted from its batch's first
};
void describe(auto& codec, Of<MessageInfo> auto& info) {
  codec.nested(info.label);
  codec.numbers(info.micro_batches, info.rows, info.learning_rate, info.first_row);
}
using EncodedInfo = std::array<std::byte, 32>;
EncodedInfo encode_info(const MessageInfo& info);

}  // namespace mixnn
