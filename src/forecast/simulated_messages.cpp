#include "mixnn/forecast/simulated_messages.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/forecast/simulated_owner.hpp"
#include "mixnn/forecast/simulated_request.hpp"

namespace mixnn {

SimulatedMessages::SimulatedMessages(RankSimulation& ranks, const MessageSizes& sizes,
                                     const CellWork& work, DrawRoute draw_route)
    : ranks_(ranks), sizes_(sizes), work_(work), draw_route_(std::move(draw_route)) {}

void SimulatedMessages::send(std::size_t from, std::size_t to, double bytes,
                             const WorkSeconds& before, Event arrived) {
  const std::size_t cells = sizes_.cells_for(static_cast<std::size_t>(bytes));
  const std::size_t pieces = std::min(cells, kMostPieces);
  const auto message =
      std::make_shared<Message>(Message{from, to, draw_route_(), pieces, std::move(arrived)});
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t in_piece = (i + 1) * cells / pieces - i * cells / pieces;
    WorkSeconds work = work_.sending(from == SimulatedOwner::kRank, in_piece);
    if (i == 0)
      for (std::size_t kind = 0; kind < kWorkKinds; ++kind) work[kind] += before[kind];
    ranks_.add(from, kSend, work, [this, message, in_piece] { pass(message, 0, in_piece); });
  }
}

// On to the relay at `position` (from 0), or to the receiver behind the last one.
void SimulatedMessages::pass(const std::shared_ptr<Message>& message, std::size_t position,
                             std::size_t cells) {
  const bool last = position == message->route.size();
  const std::size_t from = position == 0 ? message->sender : message->route[position - 1];
  const std::size_t to = last ? message->receiver : message->route[position];
  cells_ += static_cast<double>(cells);
  const auto bytes = static_cast<double>(cells * sizes_.cell_bytes);
  ranks_.transfer(from, to, bytes, [this, message, position, cells, to, last] {
    ranks_.add(to, kTake, work_.taking(position, cells), [this, message, position, cells, last] {
      if (!last) return pass(message, position + 1, cells);
      if (--message->missing == 0) message->arrived();
    });
  });
}

}  // namespace mixnn
