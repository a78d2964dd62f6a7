#pragma once
#include <span>
#include <vector>

#include "mixnn/onion/format.hpp"

namespace mixnn {

// Seconds of one piece of work that grows linearly: with rows or with bytes.
struct LinearCost {
  double fixed = 0, per_unit = 0;
  double operator()(double units) const { return fixed + per_unit * units; }
};

// What one stage's host, or the owner of its own, computes, by the rows of a micro-batch; `update`
// is once a step.
struct StageCosts {
  LinearCost forward, input_gradient, accumulate;
  double update = 0;
};

// Of stages in a row on one rank.
StageCosts sum_of(std::span<const StageCosts> stages);

// What a cell costs wherever it is touched: its body layers (`aead`, by bytes, for each seal, and
// this share of it for each cover), and besides them a fixed time.
struct CellCosts {
  LinearCost aead;
  double cover = 1;
  double in_seals(const Passes& passes) const {
    return static_cast<double>(passes.seals) + cover * static_cast<double>(passes.covers);
  }
  double wrap = 0, relay = 0, receive = 0;  // header, filler, mixing
  double slot = 0;                          // one slot of one header, when the owner makes a ticket
  // From rank to rank on one host, by bytes, on the receiver's core: fetching what lies in another
  // core's cache, and finding nothing of its own in this one's.
  LinearCost hand_over;
  // Where ranks share cores, from process to process (machine/process_change.hpp), and the share
  // of it that a cell costs besides.
  double process_change = 0, change_share = 1;
};

// What a slot of traffic in rounds costs at each place of its way, by its bytes: sealing, opening,
// covers, copies.
struct SlotCosts {
  LinearCost send, relay, cross, receive;
};

// The unit costs of one model on one kind of machine; all times in seconds.
struct CostModel {
  CellCosts cell;
  SlotCosts slot;  // of a run in rounds
  std::vector<StageCosts> stages;
  LinearCost inputs, loss;  // at the owner, by rows
  LinearCost baseline;      // a whole step of the fastest single process, by rows
  int baseline_threads = 1;
  double fit_error = 0;  // mean relative error of `cell` over the measured wraps and peels
};

// The line through two measurements, x0 <= x1; it neither falls nor begins below zero.
LinearCost cost_through(double x0, double y0, double x1, double y1);

// A whole step as the sum of its parts: all stages, the loss and the inputs.
LinearCost step_of_one_thread(const CostModel& costs);

}  // namespace mixnn
