#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/base/function_ref.hpp"
#include "mixnn/owner/owner_link.hpp"
#include "mixnn/owner/traffic.hpp"

namespace mixnn {

// What a request begins with, and what becomes of its answer. A payload must stay until the next is
// asked for.
struct Question {
  std::uint32_t receiver;  // rank
  ConstBytes payload;
};
using Ask = FunctionRef<Question(const MessageInfo&)>;
using Answered = FunctionRef<void(Message&)>;

// Puts all requests of `traffic` under way in order, as many at a time as there are credits, with
// what ranks must be sent ahead, and returns when all have been answered. Ratchets before, where
// the epoch would not suffice. `places`: rank by place. Nothing may be under way before.
void request_all(OwnerLink& link, const std::vector<std::uint32_t>& places, const Traffic& traffic,
                 Ask ask, Answered answered);

}  // namespace mixnn
