#include "mixnn/rounds/outbox.hpp"

namespace mixnn {

void Outbox::put(std::uint64_t logical, const Circuit& circuit, Message message) {
  const bool first = messages_.try_emplace({logical, circuit}, std::move(message)).second;
  MIXNN_CHECK(first, "two messages for one circuit and logical exchange");
}

void Outbox::begin(std::uint64_t logical, BufferStock& stock) {
  while (!messages_.empty() && messages_.begin()->first.first + kKeptLogical <= logical) {
    stock.put(std::move(messages_.begin()->second.payload));
    messages_.erase(messages_.begin());
  }
}

void Outbox::at(std::uint64_t logical,
                FunctionRef<void(const Circuit&, const Message&)> say) const {
  for (auto at = messages_.lower_bound({logical, Circuit{}});
       at != messages_.end() && at->first.first == logical; ++at)
    say(at->first.second, at->second);
}

}  // namespace mixnn
