#pragma once
#include <cstddef>
#include <deque>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/forecast/book_supply.hpp"
#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/forecast/rank_simulation.hpp"
#include "mixnn/forecast/run_setting.hpp"
#include "mixnn/forecast/simulated_host.hpp"
#include "mixnn/forecast/simulated_messages.hpp"
#include "mixnn/forecast/simulated_owner.hpp"
#include "mixnn/session/plan.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {

// Some steps of one run: owner, hosts and the messages between them, wired as DESIGN's roles are.
// Placement and routes come from a fixed seed, so the same setting gives the same times. Pure.
class PipelineSimulation {
 public:
  // Both must outlive it.
  PipelineSimulation(const RunSetting& setting, const CostModel& costs, std::size_t steps);
  PipelineSimulation(const PipelineSimulation&) = delete;  // events hold `this`
  PipelineSimulation& operator=(const PipelineSimulation&) = delete;

  void run();  // once

  const MessageSizes& sizes() const { return sizes_; }
  std::size_t micro_batches() const { return rows_.size(); }
  const std::vector<double>& ended() const { return owner_.ended(); }  // when, by step
  std::size_t steps() const { return ended().size(); }
  const WorkSeconds& work() const { return ranks_.work(); }  // of all steps and ranks
  double busy(std::size_t rank) const { return ranks_.busy(rank); }
  double busiest_link() const { return ranks_.busiest_link(); }  // seconds, of all steps
  double link_bytes() const { return ranks_.link_bytes(); }      // of all steps
  double cells() const { return messages_.cells(); }             // of all steps, over all links

 private:
  double rows(const SimulatedRequest& request) const {
    return static_cast<double>(rows_[request.micro_batch]);
  }
  std::size_t input_gradient_bytes(std::size_t stage) const;
  BookShape book_of(std::size_t place) const;
  void add_host(std::size_t stage);
  void add_supply(std::size_t place);
  std::vector<std::uint32_t> route();  // of the next message
  void cover_all();
  void send_inputs(const SimulatedRequest& request);
  void send_gradient(const SimulatedRequest& request);
  void forwarded(std::size_t stage, const SimulatedRequest& request);
  void returned(std::size_t stage, const SimulatedRequest& request);
  // From the owner or a host to the next one, where `then` goes on.
  void send(std::size_t from, std::size_t to, double bytes, double compute_before,
            RankSimulation::Event then);

  const RunSetting& setting_;
  const CostModel& costs_;
  MessageSizes sizes_;
  CounterRng rng_;
  Plan plan_;
  RankSimulation ranks_;
  std::vector<std::size_t> rows_;          // by micro-batch
  std::vector<std::size_t> output_bytes_;  // of one row, by stage
  SimulatedMessages messages_;
  SimulatedOwner owner_;
  std::deque<SimulatedHost> hosts_;  // by stage; they do not move
  std::vector<BookShape> books_;     // by place
  std::vector<BookSupply> supplies_;
};

}  // namespace mixnn
