#include "mixnn/forecast/forecast.hpp"

#include <gtest/gtest.h>

#include "forecast/mlp_costs.hpp"

namespace mixnn {
namespace {

using testing::small_model;

// One stage, and cells so large that a book lasts longer than the simulation.
struct ForecastCase {
  ModelSpec model = small_model({64}, {10});
  TrainingOptions training;
  SessionOptions session;
  std::size_t ranks = 2;
  Machines machines;
  CostModel costs;

  ForecastCase() {
    training.batch_size = 1000;
    training.micro_batches = 1;
    session.hops = 0;
    session.cell_bytes = 1 << 20;
    costs.cell = {.aead = {}, .wrap = 1, .relay = 4, .receive = 2, .slot = 0, .hand_over = {}};
    costs.stages = {
        {.forward = {5, 0}, .input_gradient = {7, 0}, .accumulate = {11, 0}, .update = 13}};
    costs.loss = {3, 0};
    costs.baseline = {10, 0};
  }
  Forecast result() const { return forecast({model, training, session, ranks, machines}, costs); }
};

// Owner: sends 1, takes logits 2, loss 3, sends 1, takes the confirmation 2: 9. Host: takes 2,
// forward 5, sends 1, takes 2, gradient 7, sends 1, accumulates 11, updates 13: 42.
TEST(Forecast, OnOneCoreAStepIsAllOfItsWork) {
  const Forecast f = ForecastCase().result();
  EXPECT_NEAR(f.step_s, 51, 1e-9);
  EXPECT_NEAR(sum(f.work), 51, 1e-9);
  EXPECT_NEAR(f.cores_s, 51, 1e-9);
  EXPECT_NEAR(f.bubble, 0, 1e-9);
  EXPECT_NEAR(f.slowdown, 5.1, 1e-9);
  EXPECT_NEAR(f.cells, 4, 1e-9);
  EXPECT_NEAR(f.bytes_on_wire, 4 * static_cast<double>(f.cell_bytes), 1e-6);
}

// The host's cycle: its own 42, and 6 in which it waits for the owner to take the logits (2),
// compute the loss (3) and send the gradient (1). All else of the owner's goes on beside it.
TEST(Forecast, OnManyCoresAStepIsItsCriticalPath) {
  ForecastCase c;
  c.machines.cores = 8;
  c.machines.helpers = 0;
  const Forecast f = c.result();
  EXPECT_NEAR(f.step_s, 48, 1e-9);
  EXPECT_NEAR(f.cores_s, 42, 1e-9);
  EXPECT_NEAR(f.bubble, 1 - 51.0 / (2 * 48), 1e-9);
}

// Of the 48, 36 are the host's computing, which its helpers share: four threads, less than evenly.
TEST(Forecast, HelpersShortenTheCriticalPath) {
  ForecastCase c;
  c.machines.cores = 8;
  const Forecast f = c.result();
  EXPECT_GT(f.step_s, 12 + 36.0 / 4);
  EXPECT_LT(f.step_s, 12 + 36.0 / 2);
  EXPECT_LE(f.cores_s, f.step_s);
  EXPECT_NEAR(sum(f.work), 51, 1e-9);
}

// Each of the 4 messages is one cell, which costs half a change where two ranks share a core, and
// none where each has its own.
TEST(Forecast, RanksThatShareCoresPayForChangingBetweenThem) {
  ForecastCase c;
  c.costs.cell.process_change = 6;
  c.costs.cell.change_share = 0.5;
  EXPECT_NEAR(sum(c.result().work), 51 + 4 * 3, 1e-9);
  c.machines.cores = 2;
  EXPECT_NEAR(sum(c.result().work), 51, 1e-9);
}

// Three relays take 4 each on every one of the 4 messages.
TEST(Forecast, HopsAddTheirWork) {
  ForecastCase c;
  c.session.hops = 3;
  c.ranks = 5;
  const Forecast one = c.result();
  EXPECT_NEAR(sum(one.work), 51 + 4 * 12, 1e-9);
  EXPECT_NEAR(one.step_s, 51 + 4 * 12, 0.5);  // a cell of the next step may be taken before
  EXPECT_NEAR(one.cells, 16, 1e-9);
  c.machines.cores = 8;
  c.machines.helpers = 0;
  // The logits' way to the owner and the gradient's way back; now and then a relay is busy: with
  // the next inputs, or as the host, which relays too.
  EXPECT_GE(c.result().step_s, 48 + 2 * 12 - 1e-9);
  EXPECT_LT(c.result().step_s, 48 + 2 * 12 + 8);
}

// Sender 3 layers, relays 1, 2 and 1, receiver 3.
TEST(Forecast, SealingIsByLayersAndBytes) {
  ForecastCase c;
  c.session.hops = 3;
  c.ranks = 5;
  c.costs.cell.aead = {2, 1e-6};
  const Forecast f = c.result();
  const double layer = 2 + 1e-6 * static_cast<double>(f.cell_bytes - kBodyOffset);
  EXPECT_NEAR(f.work[static_cast<std::size_t>(WorkKind::kSealing)], 4 * 10 * layer, 1e-6);
}

TEST(Forecast, TicketsAreAllTheOwners) {
  ForecastCase c;
  c.costs.cell.slot = 1;
  EXPECT_NEAR(c.result().work[static_cast<std::size_t>(WorkKind::kTickets)], 2,
              1e-9);  // and books, none in sight
}

struct Real : ForecastCase {
  Real() {
    session = {};
    model = testing::mlp();
    training.batch_size = 128;
    training.micro_batches = 2;
    ranks = 8;
    machines.cores = 2;
    costs = testing::mlp_costs();
  }
};

TEST(Forecast, IsTheSameEveryTime) { EXPECT_EQ(Real().result().step_s, Real().result().step_s); }

TEST(Forecast, OfOneHostHasNoBoundOfLinks) {
  const Forecast f = Real().result();
  EXPECT_EQ(f.links_s.busiest, 0);
  EXPECT_EQ(f.links_s.chain, 0);
  EXPECT_EQ(f.links_s.schedule, 0);
}

// Each rank has a host of its own: every link of a way costs a latency. The next step's inputs
// travel while gradients still do, and so does the last answer, so there are two messages less.
TEST(Forecast, StaysAboveTheBoundsOfItsLinks) {
  for (const double bytes_per_second : {1e7, 1e9})
    for (const double latency : {1e-5, 1e-2})
      for (const std::size_t m : {1u, 4u}) {
        Real c;
        c.machines = {.hosts = 8, .cores = 2, .bytes_per_second = bytes_per_second};
        c.machines.latency = latency;
        c.training.micro_batches = m;
        const Forecast f = c.result();
        const double messages = 2.0 * 3, links = 3 + 1;
        EXPECT_GE(f.links_s.chain, 0.9 * messages * links * latency);
        EXPECT_GE(f.step_s, 0.9 * f.links_s.chain) << "routes have their own lengths in each step";
        EXPECT_GE(f.step_s, 0.9 * f.links_s.busiest);
        EXPECT_GE(f.links_s.schedule, 0.9 * f.links_s.largest());
        EXPECT_GE(f.step_s, 0.9 * f.links_s.schedule) << "whose processors take no time";
        EXPECT_NEAR(f.links_s.busiest * 8, f.bytes_on_wire / bytes_per_second,
                    f.bytes_on_wire / bytes_per_second)
            << "some carry more than others";
        EXPECT_GE(f.links_s.busiest * 8, 0.99 * f.bytes_on_wire / bytes_per_second);
        EXPECT_NEAR(f.links_s.bytes, f.bytes_on_wire, 0.1 * f.bytes_on_wire) << "other routes";
      }
}

TEST(Forecast, TakesRanksOnTheHostsOnWhichTheyAre) {
  const auto with_hosts = [](std::vector<std::size_t> host_of_rank) {
    Real c;
    c.machines = {.hosts = 2, .cores = 2, .bytes_per_second = 1e8};
    c.machines.host_of_rank = std::move(host_of_rank);
    return c.result();
  };
  const Forecast blocks = with_hosts({});
  EXPECT_EQ(with_hosts({0, 0, 0, 0, 1, 1, 1, 1}).step_s, blocks.step_s);
  EXPECT_EQ(with_hosts({1, 1, 1, 1, 0, 0, 0, 0}).links_s.busiest, blocks.links_s.busiest);
  EXPECT_NE(with_hosts({0, 1, 0, 1, 0, 1, 0, 1}).links_s.busiest, blocks.links_s.busiest);
  EXPECT_EQ(with_hosts({0, 0, 0, 0, 0, 0, 0, 0}).links_s.largest(), 0) << "nothing is sent";
  EXPECT_EQ(with_hosts({0, 0, 0, 0, 0, 0, 0, 0}).links_s.bytes, 0);
  EXPECT_LT(blocks.links_s.bytes, blocks.bytes_on_wire) << "not what stays on a host";
}

TEST(Forecast, StaysAboveItsBound) {
  for (const std::size_t cores : {1u, 2u, 4u, 8u, 100u})
    for (const std::size_t m : {1u, 2u, 3u, 8u}) {
      Real c;
      c.machines.cores = cores;
      c.training.micro_batches = m;
      const Forecast f = c.result();
      EXPECT_GE(f.step_s, 0.97 * f.cores_s)
          << cores << " cores, " << m;  // the bound is a mean with start and end
      EXPECT_GE(f.bubble, 0);
      EXPECT_LT(f.bubble, 1);
    }
}

TEST(Forecast, MoreOfAnythingButCoresTakesLonger) {
  const auto step = [](const auto& change) {
    Real c;
    change(c);
    return c.result().step_s;
  };
  const double plain = step([](Real&) {});
  EXPECT_GT(step([](Real& c) { c.session.hops = 4; }), plain);
  EXPECT_LT(step([](Real& c) { c.session.hops = 0; }), plain);
  EXPECT_GT(step([](Real& c) { c.machines.cores = 1; }), plain);
  EXPECT_LT(step([](Real& c) { c.machines.cores = 4; }), plain);
  EXPECT_GT(step([](Real& c) { c.training.batch_size = 256; }), plain);
  EXPECT_GT(step([](Real& c) { c.training.micro_batches = 16; }), plain);
  EXPECT_LT(step([](Real& c) { c.session.padding = Padding::kCells, c.session.cell_bytes = 4096; }),
            step([](Real& c) { c.session.cell_bytes = 4096; }));
  const auto linked = [&](double bytes_per_second, double latency) {
    return step([&](Real& c) { c.machines = {8, 2, bytes_per_second, latency}; });
  };
  EXPECT_GT(linked(1e9, 1e-3), linked(1e9, 1e-5));
  EXPECT_GT(linked(1e7, 1e-5), linked(1e9, 1e-5));
}

TEST(Forecast, CutsWhatIsLargeIntoPiecesAndCountsThemAll) {
  Real c;
  c.session.cell_bytes = kMinCellBytes;
  const Forecast f = c.result();
  EXPECT_GT(f.cells_per_message, 16u);
  EXPECT_GE(f.cells, static_cast<double>(2 * 2 * 4 * 4 * f.cells_per_message));
}

}  // namespace
}  // namespace mixnn
