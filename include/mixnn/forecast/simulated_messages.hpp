#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "mixnn/forecast/cell_work.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {

// Messages of many cells between simulated ranks: each takes a route of its own, cell by cell,
// so that hops overlap. Where a message has many cells, some are handed on together: the
// simulation stays short, and all of them count. Pure, if the routes are.
class SimulatedMessages {
 public:
  using Event = RankSimulation::Event;
  using DrawRoute = std::function<std::vector<std::uint32_t>()>;
  // `ranks` must outlive it. `draw_route` gives each message its relays.
  SimulatedMessages(RankSimulation& ranks, const MessageSizes& sizes, const CellWork& work,
                    DrawRoute draw_route);
  SimulatedMessages(const SimulatedMessages&) = delete;  // events hold `this`
  SimulatedMessages& operator=(const SimulatedMessages&) = delete;

  static constexpr std::size_t kMostPieces = 16;  // of one message: more cells are taken together

  // `before`: what the sender does right before the first cell. `arrived` comes when the receiver
  // has taken the last one.
  void send(std::size_t from, std::size_t to, double bytes, const WorkSeconds& before,
            Event arrived);
  double cells() const { return cells_; }  // so far, over all links

 private:
  struct Message {
    std::size_t sender, receiver;
    std::vector<std::uint32_t> route;
    std::size_t missing;  // pieces
    Event arrived;
  };
  void pass(const std::shared_ptr<Message>& message, std::size_t position, std::size_t cells);

  RankSimulation& ranks_;
  MessageSizes sizes_;
  CellWork work_;
  DrawRoute draw_route_;
  double cells_ = 0;
};

}  // namespace mixnn
