#include "mixnn/role/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "mixnn/data/batching.hpp"
#include "mixnn/message/ticket_book.hpp"
#include "mixnn/onion/ticket.hpp"
#include "mixnn/role/plan.hpp"
#include "mixnn/role/run_parameters.hpp"
#include "mixnn/train/schedule.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kPlacementSeed = 1;
constexpr std::size_t kWarmUpSteps = 4, kLastSteps = 2, kLeastSteps = 8, kMostSteps = 32;
constexpr double kTasksWanted = 60'000;
constexpr std::size_t kMostPieces = 16;  // of one message: more cells are taken together

// In this order on one rank: a message is sent in one go, cells are taken before other work, and a host's
// work goes in StageHost's order.
enum Priority { kSend, kUpdate, kTake, kBackward, kForward, kAccumulate };

constexpr std::size_t kOwner = 0;

WorkSeconds only(Work kind, double seconds) {
  WorkSeconds work{};
  work[static_cast<std::size_t>(kind)] = seconds;
  return work;
}

std::size_t relay_layers(std::size_t position, std::size_t hops) {
  return position == crossover(hops) ? 2 : 1;
}

// The ranks of one run and what they do to each other, as DESIGN's roles do it.
class Pipeline {
 public:
  Pipeline(const RunSetting& setting, const CostModel& costs);
  Forecast run();

 private:
  enum class Kind { kForward, kBackward, kBook };
  struct Exchange {
    std::size_t step, micro_batch;
  };
  struct Message {
    Kind kind;
    Exchange exchange;
    std::size_t sender, receiver;
    std::vector<std::uint32_t> route;
    std::size_t missing;  // pieces
  };
  using Shared = std::shared_ptr<Message>;
  struct Step {
    std::size_t index;
    Schedule schedule;
  };
  struct Book {
    double pages = 0, bytes = 0, tickets_s = 0;
  };
  struct Host {
    std::size_t step = 0, accumulated = 0;
    std::vector<bool> has_gradient;
    std::deque<Exchange> waiting;  // forwards of later steps
    Book book;
    double tickets = 0;  // that are left
  };

  std::size_t steps_to_run() const;
  std::size_t stage_of(std::size_t rank) const;
  double bytes_out(std::size_t stage) const { return static_cast<double>(output_bytes_[stage]); }

  void send(Kind kind, const Exchange& exchange, std::size_t from, std::size_t to, double bytes,
            double first = 0);
  void pass(const Shared& message, std::size_t position, std::size_t cells);
  WorkSeconds sending(bool owner, std::size_t cells) const;
  WorkSeconds taking(std::size_t position, std::size_t cells) const;
  void arrived(const Message& message);

  void start_steps();
  void release();
  void launch(Kind kind, const Exchange& exchange);
  Book book_of(std::size_t stage) const;
  void cover(std::size_t stage);
  void on_logits(const Exchange& exchange);
  void on_backward_done(const Exchange& exchange);
  Schedule& schedule_of(std::size_t step);

  void forward(std::size_t stage, const Exchange& exchange);
  void backward(std::size_t stage, const Exchange& exchange);
  void accumulate(std::size_t stage);
  void update(std::size_t stage);

  const RunSetting& setting_;
  const CostModel& costs_;
  MessageSizes sizes_;
  CounterRng rng_{kPlacementSeed, RandomPurpose::kForecast, 0};
  Plan plan_;
  RankSimulation simulation_;
  std::vector<std::size_t> rows_;          // by micro-batch
  std::vector<std::size_t> output_bytes_;  // of one row, by stage
  std::vector<Host> hosts_;                // by stage
  std::size_t steps_, started_ = 0, under_way_ = 0;
  std::deque<Step> active_;
  struct Released {
    Kind kind;
    Exchange exchange;
  };
  std::deque<Released> backwards_, forwards_;
  std::vector<double> ended_;
  double cells_ = 0;
};

Pipeline::Pipeline(const RunSetting& setting, const CostModel& costs)
    : setting_(setting),
      costs_(costs),
      sizes_(message_sizes(setting.model, setting.training, setting.session)),
      plan_(draw_plan(static_cast<std::uint32_t>(setting.ranks), setting.model.stages.size(), rng_)),
      simulation_(setting.ranks, setting.machines),
      rows_(micro_batch_rows(setting.training.batch_size, setting.training.micro_batches)),
      hosts_(setting.model.stages.size()),
      steps_(steps_to_run()) {
  const std::vector<Shape> shapes = setting.model.boundaries();
  for (std::size_t s = 0; s < hosts_.size(); ++s) {
    output_bytes_.push_back(static_cast<std::size_t>(element_count(shapes[s + 1])) * sizeof(float));
    hosts_[s].has_gradient.resize(rows_.size());
  }
  // Books run out at different times, as they do in the middle of an epoch.
  for (std::size_t s = 0; s < hosts_.size(); ++s) {
    hosts_[s].book = book_of(s);
    hosts_[s].tickets = std::floor(hosts_[s].book.pages * static_cast<double>(s + 1) /
                                   static_cast<double>(hosts_.size() + 1));
  }
}

std::size_t Pipeline::steps_to_run() const {
  const std::size_t pieces = std::min(sizes_.cells, kMostPieces);
  const auto tasks = static_cast<double>(2 * rows_.size() * (setting_.model.stages.size() + 1) * pieces *
                                         (setting_.session.hops + 2));
  return kWarmUpSteps + kLastSteps +
         std::clamp(static_cast<std::size_t>(kTasksWanted / tasks), kLeastSteps, kMostSteps);
}

std::size_t Pipeline::stage_of(std::size_t rank) const {
  return static_cast<std::size_t>(std::find(plan_.host.begin(), plan_.host.end(), rank) - plan_.host.begin());
}

Forecast Pipeline::run() {
  start_steps();
  simulation_.run();
  MIXNN_CHECK(ended_.size() == steps_, "a simulated run comes to its end");

  Forecast result;
  result.micro_batches = rows_.size();
  result.cell_bytes = sizes_.cell_bytes;
  result.cells_per_message = sizes_.cells;
  const auto all = static_cast<double>(steps_);
  const std::size_t first = kWarmUpSteps - 1, last = steps_ - 1 - kLastSteps;
  result.step_s = (ended_[last] - ended_[first]) / static_cast<double>(last - first);
  for (std::size_t kind = 0; kind < kWorkKinds; ++kind) result.work[kind] = simulation_.work()[kind] / all;
  double cores = 0, busiest = 0;
  for (std::size_t h = 0; h < setting_.machines.hosts; ++h) {
    const std::size_t ranks =
        (h + 1) * setting_.ranks / setting_.machines.hosts - h * setting_.ranks / setting_.machines.hosts;
    cores += static_cast<double>(std::min(ranks, setting_.machines.cores));
  }
  for (std::size_t rank = 0; rank < setting_.ranks; ++rank)
    busiest = std::max(busiest, simulation_.busy(rank) / all);
  result.bound_s = std::max(sum(result.work) / cores, busiest);
  result.bubble = std::max(0.0, 1 - sum(result.work) / (cores * result.step_s));
  result.cells = cells_ / all;
  result.bytes_on_wire = result.cells * static_cast<double>(sizes_.cell_bytes);
  result.baseline_s = costs_.baseline(static_cast<double>(setting_.training.batch_size));
  result.slowdown = result.baseline_s > 0 ? result.step_s / result.baseline_s : 0;
  return result;
}

// `first`: the sender's work before the first cell.
void Pipeline::send(Kind kind, const Exchange& exchange, std::size_t from, std::size_t to, double bytes,
                    double first) {
  const std::size_t cells = sizes_.cells_for(static_cast<std::size_t>(bytes));
  const std::size_t pieces = std::min(cells, kMostPieces);
  const auto message = std::make_shared<Message>(
      Message{kind, exchange, from, to, draw_route(plan_.relays, setting_.session.hops, rng_), pieces});
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t in_piece = (i + 1) * cells / pieces - i * cells / pieces;
    WorkSeconds work = sending(from == kOwner, in_piece);
    if (i == 0)
      work[static_cast<std::size_t>(from == kOwner && kind == Kind::kBook ? Work::kTickets
                                                                          : Work::kCompute)] += first;
    simulation_.add(from, kSend, work, [this, message, in_piece] { pass(message, 0, in_piece); });
  }
}

// On to the relay at `position` (from 0), or to the receiver behind the last one.
void Pipeline::pass(const Shared& message, std::size_t position, std::size_t cells) {
  const bool last = position == message->route.size();
  const std::size_t from = position == 0 ? message->sender : message->route[position - 1];
  const std::size_t to = last ? message->receiver : message->route[position];
  cells_ += static_cast<double>(cells);
  const double bytes = static_cast<double>(cells * sizes_.cell_bytes);
  simulation_.transfer(from, to, bytes, [this, message, position, cells, to, last] {
    simulation_.add(to, kTake, taking(position, cells), [this, message, position, cells, last] {
      if (!last) return pass(message, position + 1, cells);
      if (--message->missing == 0) arrived(*message);
    });
  });
}

WorkSeconds Pipeline::sending(bool owner, std::size_t cells) const {
  const CellCosts& c = costs_.cell;
  const auto n = static_cast<double>(cells);
  const std::size_t hops = setting_.session.hops;
  WorkSeconds work{};
  work[static_cast<std::size_t>(Work::kSealing)] =
      n * static_cast<double>(sender_layers(hops)) * c.aead(static_cast<double>(sizes_.body_bytes()));
  work[static_cast<std::size_t>(Work::kHeaders)] = n * c.wrap;
  if (owner) work[static_cast<std::size_t>(Work::kTickets)] = n * static_cast<double>(hops + 1) * c.slot;
  return work;
}

WorkSeconds Pipeline::taking(std::size_t position, std::size_t cells) const {
  const CellCosts& c = costs_.cell;
  const auto n = static_cast<double>(cells);
  const std::size_t hops = setting_.session.hops;
  const bool receiver = position == hops;
  const std::size_t layers = receiver ? receiver_layers(hops) : relay_layers(position + 1, hops);
  WorkSeconds work{};
  work[static_cast<std::size_t>(Work::kSealing)] =
      n * static_cast<double>(layers) * c.aead(static_cast<double>(sizes_.body_bytes()));
  work[static_cast<std::size_t>(Work::kHeaders)] = n * (receiver ? c.receive : c.relay);
  work[static_cast<std::size_t>(Work::kHandOver)] = n * c.hand_over(static_cast<double>(sizes_.cell_bytes));
  return work;
}

void Pipeline::arrived(const Message& message) {
  if (message.kind == Kind::kBook) return;
  if (message.receiver == kOwner)
    return message.kind == Kind::kForward ? on_logits(message.exchange) : on_backward_done(message.exchange);
  const std::size_t stage = stage_of(message.receiver);
  message.kind == Kind::kForward ? forward(stage, message.exchange) : backward(stage, message.exchange);
}

// The owner, as TrainingRun does it.
void Pipeline::start_steps() {
  const bool may = active_.empty() || (active_.size() == 1 && active_.back().schedule.all_released() &&
                                       forwards_.empty() && backwards_.empty());
  if (started_ < steps_ && may) {
    active_.push_back({started_, Schedule(setting_.session.schedule, rows_.size(), 2 * hosts_.size())});
    for (const Release& release : active_.back().schedule.start())
      forwards_.push_back({Kind::kForward, {started_, release.micro_batch}});
    ++started_;
  }
  release();
}

void Pipeline::release() {
  for (std::deque<Released>* queue : {&backwards_, &forwards_})
    for (; !queue->empty() && under_way_ < setting_.session.in_flight; queue->pop_front())
      launch(queue->front().kind, queue->front().exchange);
}

void Pipeline::launch(Kind kind, const Exchange& exchange) {
  ++under_way_;
  for (std::size_t stage = 0; stage < hosts_.size(); ++stage) cover(stage);
  const std::size_t rows = rows_[exchange.micro_batch];
  const auto samples = static_cast<double>(rows);
  if (kind == Kind::kForward) {
    const auto inputs = static_cast<double>(element_count(setting_.model.input_shape));
    send(kind, exchange, kOwner, plan_.host.front(), samples * inputs, costs_.inputs(samples));
  } else {
    send(kind, exchange, kOwner, plan_.host.back(), samples * bytes_out(hosts_.size() - 1));
  }
}

// Tickets for answers are alike enough to be counted by the mean of a forward's and a backward's.
Pipeline::Book Pipeline::book_of(std::size_t stage) const {
  const std::size_t hops = setting_.session.hops, rows = rows_.front();
  const std::size_t before = stage == 0 ? 0 : rows * output_bytes_[stage - 1];
  const double cells = 0.5 * (sizes_.cells_for(rows * output_bytes_[stage]) + sizes_.cells_for(before));
  const double page = static_cast<double>(BookWriter::kPageOverhead + ticket_bytes(hops, 0)) +
                      cells * static_cast<double>(live_header_bytes(hops));
  const auto capacity = static_cast<double>(sizes_.capacity() - BookWriter::kBookOverhead);
  const double pages = std::max(1.0, std::floor(capacity / page));
  return {pages, std::min(capacity, pages * page),
          pages * cells * static_cast<double>(hops + 1) * costs_.cell.slot};
}

// One ticket of this host's is used; a new book goes out where there is none left.
void Pipeline::cover(std::size_t stage) {
  Host& host = hosts_[stage];
  if (--host.tickets >= 0) return;
  host.tickets += host.book.pages;
  send(Kind::kBook, {}, kOwner, plan_.host[stage], host.book.bytes, host.book.tickets_s);
}

Schedule& Pipeline::schedule_of(std::size_t step) { return active_[step - active_.front().index].schedule; }

void Pipeline::on_logits(const Exchange& exchange) {
  --under_way_;
  const double seconds = costs_.loss(static_cast<double>(rows_[exchange.micro_batch]));
  simulation_.add(kOwner, kSend, only(Work::kCompute, seconds), [this, exchange] {
    for (const Release& release : schedule_of(exchange.step).on_logits(exchange.micro_batch))
      backwards_.push_back({Kind::kBackward, {exchange.step, release.micro_batch}});
    release();
    start_steps();
  });
}

void Pipeline::on_backward_done(const Exchange& exchange) {
  --under_way_;
  for (const Release& release : schedule_of(exchange.step).on_backward_done(exchange.micro_batch))
    forwards_.push_back({Kind::kForward, {exchange.step, release.micro_batch}});
  for (; !active_.empty() && active_.front().schedule.done(); active_.pop_front())
    ended_.push_back(simulation_.now());
  release();
  start_steps();
}

// The stage hosts, as StageHost does it.
void Pipeline::forward(std::size_t stage, const Exchange& exchange) {
  if (exchange.step != hosts_[stage].step) return hosts_[stage].waiting.push_back(exchange);
  const auto rows = static_cast<double>(rows_[exchange.micro_batch]);
  simulation_.add(plan_.host[stage], kForward, only(Work::kCompute, costs_.stages[stage].forward(rows)),
                  [this, stage, exchange, rows] {
                    const std::size_t next =
                        stage + 1 < hosts_.size() ? plan_.host[stage + 1] : std::uint32_t{kOwner};
                    send(Kind::kForward, exchange, plan_.host[stage], next, rows * bytes_out(stage));
                  });
}

void Pipeline::backward(std::size_t stage, const Exchange& exchange) {
  const auto rows = static_cast<double>(rows_[exchange.micro_batch]);
  simulation_.add(plan_.host[stage], kBackward,
                  only(Work::kCompute, costs_.stages[stage].input_gradient(rows)),
                  [this, stage, exchange, rows] {
                    const std::size_t before = stage == 0 ? std::uint32_t{kOwner} : plan_.host[stage - 1];
                    send(Kind::kBackward, exchange, plan_.host[stage], before,
                         stage == 0 ? 0 : rows * bytes_out(stage - 1));
                    hosts_[stage].has_gradient[exchange.micro_batch] = true;
                    if (exchange.micro_batch == hosts_[stage].accumulated) accumulate(stage);
                  });
}

void Pipeline::accumulate(std::size_t stage) {
  const auto rows = static_cast<double>(rows_[hosts_[stage].accumulated]);
  simulation_.add(plan_.host[stage], kAccumulate, only(Work::kCompute, costs_.stages[stage].accumulate(rows)),
                  [this, stage] {
                    Host& host = hosts_[stage];
                    if (++host.accumulated == rows_.size()) return update(stage);
                    if (host.has_gradient[host.accumulated]) accumulate(stage);
                  });
}

void Pipeline::update(std::size_t stage) {
  simulation_.add(plan_.host[stage], kUpdate, only(Work::kCompute, costs_.stages[stage].update),
                  [this, stage] {
                    Host& host = hosts_[stage];
                    ++host.step;
                    host.accumulated = 0;
                    host.has_gradient.assign(rows_.size(), false);
                    std::deque<Exchange> waiting;
                    waiting.swap(host.waiting);
                    for (const Exchange& exchange : waiting) forward(stage, exchange);
                  });
}

}  // namespace

Forecast forecast(const RunSetting& setting, const CostModel& costs) {
  MIXNN_CHECK(costs.stages.size() == setting.model.stages.size(), "the costs are those of the model");
  return Pipeline(setting, costs).run();
}

}  // namespace mixnn
