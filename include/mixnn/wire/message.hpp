#pragma once
#include "mixnn/base/buffer.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// A whole message, as its receiver gets it. The payload is padded: to whole cells, or to a slot.
struct Message {
  MessageInfo info;
  AlignedBuffer payload;
};

}  // namespace mixnn
