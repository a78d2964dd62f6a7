#include "mixnn/owner/requests.hpp"

namespace mixnn {

void request_all(OwnerLink& link, const std::vector<std::uint32_t>& places, const Traffic& traffic,
                 Ask ask, Answered answered) {
  const std::vector<MessageInfo>& all = traffic.requests();
  link.make_room(traffic.messages_of_one() * all.size());
  const std::unique_ptr<Supply> supply = link.supply(traffic, places);
  for (std::size_t next = 0; next < all.size() || !link.idle();) {
    for (; next < all.size() && link.has_credit() && supply->cover(all[next].label); ++next) {
      const Question question = ask(all[next]);
      link.launch(question.receiver, all[next], question.payload);
    }
    Message message = link.wait([&] { return supply->write_ahead(); });
    supply->ended(message.info.label);
    answered(message);
    link.recycle(std::move(message.payload));
  }
}

}  // namespace mixnn
