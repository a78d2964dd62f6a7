#include "mixnn/owner/owner.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "mixnn/crypto/random.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/tied.hpp"
#include "mixnn/owner/link/onion_link.hpp"
#include "mixnn/owner/link/pace_settling.hpp"
#include "mixnn/owner/link/paced_link.hpp"
#include "mixnn/owner/link/rounds_link.hpp"
#include "mixnn/owner/own_end.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/owner/shard_writing.hpp"
#include "mixnn/owner/stage_state.hpp"
#include "mixnn/owner/testing_run.hpp"
#include "mixnn/owner/trace_collection.hpp"
#include "mixnn/owner/training_run.hpp"
#include "mixnn/session/owner_handshake.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

// By the traffic that ranks are told of.
std::unique_ptr<OwnerLink> make_link(Transport& transport, const RunParameters& parameters,
                                     std::vector<EpochKeys> keys, const Plan& plan,
                                     const MessageSizes& sizes, const SessionOptions& session,
                                     const TrainingOptions& training) {
  if (parameters.period_ns > 0)
    return std::make_unique<PacedLink>(transport, parameters, std::move(keys), plan, session,
                                       training.micro_batches, training.staleness);
  if (parameters.traffic == TrafficKind::kRounds)
    return std::make_unique<RoundsLink>(transport, parameters, std::move(keys), plan, session,
                                        training.micro_batches, training.staleness);
  return std::make_unique<OnionLink>(transport, parameters, std::move(keys), plan, sizes, session);
}

}  // namespace

struct Owner::State {
  Transport& transport;
  ModelSpec model;
  const DataPair& data;
  TrainingOptions training;
  SessionOptions session;
  OwnerIdentity identity;  // until the handshake
  std::optional<Authentication> elsewhere;
  MachineMap machines;
  MessageSizes sizes;
  std::vector<StageSpec> stages;  // of the hosts
  StageSizes stage_sizes;         // that all ranks are sent
  RowBytes row_bytes;
  std::unique_ptr<Crew> crew;  // of the owner's own stages
  OwnEnds own;
  Plan plan;
  std::unique_ptr<OwnerLink> link;
  std::optional<SpotChecks> checks;
  std::uint32_t updates = 0, tests = 0;
  TrainingPoint point;
  std::vector<double> tested;      // losses of the tests after the epochs so far
  std::optional<TrainingRun> run;  // of the epoch of `point`, once it has begun
  UsageLedger ledger;

  State(Transport& t, const ModelSpec& m, const DataPair& d, const TrainingOptions& train,
        const SessionOptions& s, OwnerIdentity known);

  PipelineSetting setting(const DataSet& set) {
    return {*link, {plan.places, row_bytes}, own, set, model.criterion(), training};
  }
  TestingRun testing(const DataSet& set) { return {setting(set), updates, tests++}; }
  StageSpec spec_of(std::size_t stage) const;
  void take_own_stages();
  void each_own(FunctionRef<void(Stage&, std::size_t)> f);
  void connect();
  void begin_epoch();
  std::size_t train(std::size_t first, std::size_t last, const ProgressHook& progress);
  std::vector<Usage> usages(const std::vector<Report>& reports) const;
  // Of the places: when a rank's turn comes tells nothing of what it does.
  std::vector<std::size_t> random_order() const;
  StageState stage_state() { return {*link, plan.places, stage_sizes, updates}; }
  void initialize(const std::vector<std::vector<float>>& state);
};

Owner::State::State(Transport& t, const ModelSpec& m, const DataPair& d,
                    const TrainingOptions& train, const SessionOptions& s, OwnerIdentity known)
    : transport(t),
      model(m),
      data(d),
      training(train),
      session(s),
      identity(std::move(known)),
      sizes(message_sizes(m, train, s)) {
  for (std::size_t i = 0; i < model.hosted_stages(); ++i) {
    stages.push_back(spec_of(model.own.first + i));
    stages.back().clipped = training.clip_norm > 0;
  }
  row_bytes = RowBytes::of(stages);
  stage_sizes = StageSizes::of(stages, session.stage_bytes);
}

StageSpec Owner::State::spec_of(std::size_t stage) const {
  StageSpec spec = model.stage(stage, static_cast<std::int64_t>(training.max_rows()),
                               training.optimizer_for(model), training.wire, training.seed);
  spec.stale_epoch = training.stale_epoch(data.train.count());
  return spec;
}

// They have helpers as a host's, where cores are free.
void Owner::State::take_own_stages() {
  if (model.own.count() == 0) return;
  set_blas_threads(1);  // more would give other bits
  crew = std::make_unique<Crew>(transport.turns().helper_places(), &link->activity());
  const Products products(*crew, Cutting::kByShape);
  const auto end = [&](std::size_t from, std::size_t count) {
    std::vector<StageSpec> specs;
    for (std::size_t i = 0; i < count; ++i) specs.push_back(spec_of(from + i));
    return OwnEnd(specs, products, updates);
  };
  own.first = end(0, model.own.first);
  own.last = end(model.stages.size() - model.own.last, model.own.last);
  own.tied = tied_parameters(model);
}

// f(stage of the owner's own, its number in the model, from 0)
void Owner::State::each_own(FunctionRef<void(Stage&, std::size_t)> f) {
  std::size_t number = 0;
  for (Stage& stage : own.first.stages()) f(stage, number++);
  number += stages.size();
  for (Stage& stage : own.last.stages()) f(stage, number++);
}

void Owner::State::connect() {
  OwnerHandshake handshake(transport, session, std::move(identity));
  identity = {};
  RunParameters parameters;
  parameters.suite = handshake.meet();
  parameters.cell_bytes = static_cast<std::uint32_t>(sizes.cell_bytes);
  parameters.pool_cells = pool_cells(sizes, session, transport.size());
  parameters.serial_bits = static_cast<std::uint8_t>(session.serial_bits);
  parameters.mix = session.mix;
  parameters.trace_events = static_cast<std::uint32_t>(session.trace_events);
  parameters.traffic = session.traffic;
  parameters.hops = static_cast<std::uint8_t>(session.hops);
  parameters.patience_ms = patience_ms(session.timeout);
  if (session.pace.is_on())
    parameters.period_ns = static_cast<std::uint64_t>(
        (session.pace.automatic ? kPeriodAtStart : session.pace.period).count());
  parameters.allowance = static_cast<std::uint8_t>(session.allowance);
  elsewhere = handshake.elsewhere();
  machines = handshake.machines();
  Csprng rng;
  plan = draw_plan(machines, stages.size(), rng);
  plan.before = model.own.first;
  link =
      make_link(transport, parameters, handshake.begin(parameters), plan, sizes, session, training);
  link->begin_epoch();
  if (session.pace.automatic && session.pace.is_on())
    session.pace.period = settle_pace(*link, work_of_an_exchange(stages), session.hops + 1);
  ledger = UsageLedger(plan, static_cast<std::size_t>(transport.size()));
  take_own_stages();
}

std::vector<Usage> Owner::State::usages(const std::vector<Report>& reports) const {
  std::vector<Usage> usages{link->usage()};
  for (const OwnEnd* end : {&own.first, &own.last}) end->add_memory(usages.front());
  if (run && model.own.count() > 0) usages.front().window_bytes = run->window().memory_bytes();
  for (const Report& report : reports) usages.push_back(report.usage);
  return usages;
}

std::vector<std::size_t> Owner::State::random_order() const {
  std::vector<std::size_t> order(plan.places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Csprng rng;
  shuffle(std::span(order), rng);
  return order;
}

Owner::Owner(Transport& transport, const ModelSpec& model, const DataPair& data,
             const TrainingOptions& training, const SessionOptions& session,
             OwnerIdentity identity) {
  check_session(model, training, session, transport.size());
  state_ = std::make_unique<State>(transport, model, data, training, session, std::move(identity));
}

Owner::~Owner() = default;

SessionFacts Owner::start() {
  return start({}, initial_parameters(state_->model, state_->training.seed));
}

SessionFacts Owner::start(const TrainingPoint& from, const std::vector<std::vector<float>>& state) {
  const Stopwatch watch;
  const std::size_t steps =
      steps_per_epoch(state_->data.train.count(), state_->training.batch_size);
  state_->point = from;
  state_->updates = static_cast<std::uint32_t>(from.epoch * steps + from.step);
  state_->connect();
  state_->initialize(state);
  SessionFacts facts;
  facts.aead = to_string(state_->link->suite());
  facts.cell_bytes = state_->sizes.cell_bytes;
  facts.cells_per_message = state_->sizes.cells;
  facts.pool_cells = pool_cells(state_->sizes, state_->session, state_->transport.size());
  facts.stages = state_->stages.size();
  facts.own = state_->model.own;
  if (state_->session.in_rounds())
    facts.kept_bytes = Transcripts::bytes(static_cast<std::size_t>(state_->transport.size()),
                                          state_->session.hops, state_->sizes.capacity());
  facts.relays = state_->plan.decoys();
  facts.peers = state_->elsewhere;
  facts.machines = state_->machines;
  facts.spread = spread_of(state_->machines, state_->stages.size());
  facts.period = state_->session.pace.period;
  facts.startup_s = watch.seconds();
  return facts;
}

// Of a training that begins, what the optimizer keeps is zero, and is not sent.
void Owner::State::initialize(const std::vector<std::vector<float>>& state) {
  const std::size_t tensors = updates > 0 ? stages.front().state_of_parameter() : 1;
  StageState to = stage_state();
  to.send_specifications(random_order(), [&](std::size_t place) {
    return place < stages.size() ? &stages[place] : nullptr;
  });
  to.send(random_order(), tensors * stage_sizes.parameters, [&](std::size_t place) {
    return place < stages.size() ? std::span<const float>(state[plan.before + place])
                                 : std::span<const float>();
  });
  each_own([&](Stage& stage, std::size_t number) {
    std::ranges::copy(state[number], stage.state().begin());
  });
  if (session.spot_checks == 0) return;
  checks.emplace(*link, plan, stages, stage_sizes, data.train, training, session.spot_checks);
  checks->begin(state, updates);
}

void Owner::State::begin_epoch() {
  run.emplace(setting(data.train), session.schedule,
              epoch_order(data.train.count(), training.seed, point.epoch), updates - point.step,
              point.epoch, checks ? session.window_steps : 0, tested);
  run->go_on_from(point.step, point.sums);
}

// Up to `last`, or to the end of a window for whose check keys must change.
std::size_t Owner::State::train(std::size_t first, std::size_t last, const ProgressHook& progress) {
  const std::uint32_t before = updates - static_cast<std::uint32_t>(first);
  bool stopped = false;
  const std::size_t next = run->run(first, last, progress, [&](std::size_t step) {
    updates = before + static_cast<std::uint32_t>(step);
    if (checks->window_ends(updates)) return true;
    stopped = !checks->has_room(run->window());
    if (!stopped) checks->challenge(run->window(), updates);
    return !stopped;
  });
  updates = before + static_cast<std::uint32_t>(next);
  if (stopped) {
    link->ratchet();
    checks->challenge(run->window(), updates);
  }
  return next;
}

EpochResult Owner::train_epoch(std::uint32_t epoch, const ProgressHook& progress) {
  MIXNN_CHECK(epoch == state_->point.epoch, "epochs are trained in order");
  return train_steps(std::numeric_limits<std::size_t>::max(), progress).value();
}

std::optional<EpochResult> Owner::train_steps(std::size_t most, const ProgressHook& progress) {
  State& s = *state_;
  if (!s.run) s.ledger.epoch_begins(s.usages(s.link->ask_all(MessageKind::kResume)));
  const Stopwatch watch;
  if (!s.run) s.begin_epoch();
  const std::uint64_t step_messages =
      TrainingRun::messages_of_step(s.training, s.plan.places.size());
  const std::size_t at_once = s.link->requests_of_an_epoch(step_messages);
  const std::size_t begin = s.point.step, end = begin + std::min(most, s.run->steps() - begin);
  for (std::size_t first = begin; first < end;) {
    const std::size_t last = std::min(first + at_once, end);
    s.link->make_room(step_messages * (last - first));
    first = s.train(first, last, progress);
  }
  s.point.step = static_cast<std::uint32_t>(end);
  s.point.sums = s.run->sums();
  const bool ended = end == s.run->steps();
  if (ended) s.ledger.epoch_ends(s.usages(s.link->ratchet()));
  s.point.wall_s += watch.seconds();
  if (!ended) return std::nullopt;
  const EpochResult result{s.point.wall_s, s.data.train.count(), s.point.sums.mean(),
                           s.point.sums.accuracy()};
  s.run.reset();
  s.point = {.epoch = s.point.epoch + 1, .step = 0, .sums = {}, .wall_s = 0};
  return result;
}

const TrainingPoint& Owner::point() const { return state_->point; }

std::vector<ShardRecord> Owner::write_shards(
    const std::function<ShardOrder(std::size_t)>& order_for) {
  State& s = *state_;
  const ShardTraffic traffic(s.random_order(), s.updates);
  std::vector<ShardRecord> records =
      mixnn::write_shards(*s.link, s.plan, traffic, s.point, order_for);
  if (s.model.own.count() == 0) return records;
  std::vector<float> own;
  s.each_own([&](Stage& stage, std::size_t) {
    own.insert(own.end(), stage.state().begin(), stage.state().end());
  });
  records.push_back(write_own_shard(order_for(kOwnersPlace), own, s.point));
  return records;
}

TestResult Owner::test() { return test(state_->data.watched()); }

TestResult Owner::test(const DataSet& set) {
  const TestResult result = state_->testing(set).run();
  check_finite(result, state_->point.epoch);
  return result;
}

void Owner::tested(const TestResult& result) { state_->tested.push_back(result.loss); }

void Owner::outputs(const OutputSink& sink) { state_->testing(state_->data.test).outputs(sink); }

void Owner::outputs_one_by_one(std::size_t count, const NextSample& next, const OutputSink& sink) {
  state_->testing(state_->data.test).one_by_one(count, next, sink);
}

std::vector<std::vector<float>> Owner::parameters() {
  const std::size_t before = state_->plan.before, hosted = state_->stages.size();
  std::vector<std::vector<float>> parameters(state_->model.stages.size());
  state_->each_own([&](const Stage& stage, std::size_t number) {
    parameters[number].assign(stage.parameters().begin(), stage.parameters().end());
  });
  std::vector<std::vector<float>> gathered =
      state_->stage_state().gather(state_->random_order(), [&](std::size_t place) {
        return place < hosted ? state_->stages[place].parameter_count() : 0;
      });
  for (std::size_t place = 0; place < gathered.size(); ++place) {
    if (state_->checks) state_->checks->check_gathered(place, gathered[place]);
    if (place < hosted) parameters[before + place] = std::move(gathered[place]);
  }
  return parameters;
}

// What is still on its way would wake those again that rest.
void Owner::pause() {
  state_->link->settle();
  state_->link->ask_all(MessageKind::kPause);
}
void Owner::resume() { state_->link->ask_all(MessageKind::kResume); }

std::vector<RankTrace> Owner::trace() {
  return collect_traces(*state_->link, state_->ledger, state_->transport,
                        state_->session.trace_events);
}

SessionTotals Owner::stop() {
  State& s = *state_;
  s.link->settle();
  const std::vector<Report> reports = s.link->ask_all(MessageKind::kStop);
  s.link->part();
  SessionTotals totals;
  const auto add = [&](const CellCounters& c) {
    totals.cells += c.sent;
    totals.forwarded += c.forwarded;
    totals.delivered += c.delivered;
    totals.rejected += c.all_rejected();
  };
  add(s.link->counters());
  add_refused(totals.refused, 0, s.link->refused());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    add(reports[i].counters);
    add_refused(totals.refused, static_cast<std::uint32_t>(i + 1), reports[i].refused);
  }
  totals.cells += s.link->cells_behind(reports);
  for (const std::uint64_t exchanges : s.link->late_exchanges()) totals.late.others += exchanges;
  if (totals.late.others > 0) totals.late.owner = s.link->late_exchanges().front();
  totals.late.others -= totals.late.owner;
  if (s.checks) totals.spot_checks = s.checks->counts();
  totals.losses = s.link->losses();
  totals.ranks = s.ledger.close(s.usages(reports));
  totals.bytes_on_wire = totals.cells * s.sizes.cell_bytes;
  return totals;
}

}  // namespace mixnn
