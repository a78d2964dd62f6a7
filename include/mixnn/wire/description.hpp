#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/bytes.hpp"

namespace mixnn {

// What a message is. The first group goes through relays, the second is zero-hop control between
// owner and one rank.
enum class MessageKind : std::uint8_t {
  kSpecification = 1,  // owner -> host: StageSpec as sized JSON; answered when the stage stands
  kParameters = 2,     // owner -> host: one part of the stage's state; answered when stored
  kTicketBook = 3,     // owner -> host: tickets for answers; not answered
  kForward = 4,        // activations, stage to stage; the owner receives logits
  kBackward =
      5,      // output gradients, stage to stage; the owner receives the first stage's confirmation
  kTest = 6,  // activations without training
  kGather = 7,  // owner -> host: asks for one part of the parameters; answered with it
  kCheckpoint =
      8,  // owner -> host: a ShardOrder; answered with the SHA-256 of the shard once it is written

  // Each carries a ticket for its answer, and kEpoch reserve tickets besides.
  kEpoch = 16,      // owner -> rank: a new epoch begins; answered by a report
  kPause = 17,      // owner -> rank: sleep until the next cell; answered by a report
  kResume = 18,     // owner -> rank: wake up; answered by a report
  kStop = 19,       // owner -> rank: the run is over; answered by a final report
  kReport = 20,     // rank -> owner: acknowledgement, final counters or an error
  kTrace = 21,      // owner -> rank: asks for one part of the recorded events; answered with it
  kTracePart = 22,  // rank -> owner
};
bool is_control(MessageKind kind);
std::string to_string(MessageKind kind);

// Names one request: every message on its way from the owner through hosts back to the owner
// carries the same label, and a host answers a message with the ticket of that label.
struct Label {
  MessageKind kind{};
  std::uint32_t step = 0;         // updates that the stages have made before it
  std::uint32_t micro_batch = 0;  // in the step, or chunk of the test set
  std::uint32_t part = 0;         // of specification, parameters, books; control, reports: the rank
  auto operator<=>(const Label&) const = default;
};
Work work_of(const Label& label);           // for the record of activities
std::string to_string(const Label& label);  // "forward of step 3, micro-batch 1"

// What the owner writes into the receiver's slot of a message.
struct MessageInfo {
  Label label;
  std::uint32_t micro_batches = 0;  // in this step
  std::uint32_t rows = 0;           // of this micro-batch; of parameters: floats in this part
  float learning_rate = 0;          // of this step's update
  std::uint32_t first_row = 0;      // of a forward's micro-batch, counted from its batch's first
};

// To and from the 32 opaque bytes that the onion carries. Decoding refuses unknown kinds.
using EncodedInfo = std::array<std::byte, 32>;
EncodedInfo encode(const MessageInfo& info);
std::optional<MessageInfo> decode(std::span<const std::byte, 32> bytes);

}  // namespace mixnn
