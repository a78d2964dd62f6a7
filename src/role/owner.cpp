#include "mixnn/role/owner.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "mixnn/base/error.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/role/handshake.hpp"
#include "mixnn/role/shard_writing.hpp"
#include "mixnn/role/training_run.hpp"

namespace mixnn {

void check_session(const ModelSpec& model, const TrainingOptions& training, const SessionOptions& session,
                   int ranks) {
  const std::size_t stages = model.stages.size();
  if (session.hops > kMaxHops)
    throw UsageError("--hops must be between 0 and " + std::to_string(kMaxHops) + ", got " +
                     std::to_string(session.hops));
  const std::size_t needed = 1 + stages + session.hops;
  if (ranks < 0 || static_cast<std::size_t>(ranks) < needed)
    throw UsageError("too few ranks: 1 owner + " + std::to_string(stages) + " stages + " +
                     std::to_string(session.hops) + " relays = " + std::to_string(needed) + ", got " +
                     std::to_string(ranks) + "; start it with mpirun -n " + std::to_string(needed) +
                     " or more, or with fewer --hops");
  if (training.micro_batches == 0 || training.micro_batches > training.batch_size)
    throw UsageError("--micro-batches must be between 1 and the batch size " +
                     std::to_string(training.batch_size) + ", got " + std::to_string(training.micro_batches));
  if (session.cell_bytes != 0 && (session.cell_bytes < kMinCellBytes || session.cell_bytes > kMaxCellBytes))
    throw UsageError("--cell-size must be between " + std::to_string(kMinCellBytes) + " and " +
                     std::to_string(kMaxCellBytes) + " bytes, got " + std::to_string(session.cell_bytes));
  const MessageSizes sizes = message_sizes(model, training, session);
  const std::uint64_t step_messages = 2 * training.micro_batches * PipelineTraffic::messages(stages);
  if (serials_needed(step_messages, sizes, ranks) > std::uint64_t{1} << session.serial_bits)
    throw UsageError("--cell-size " + std::to_string(sizes.cell_bytes) +
                     " cuts one step into more cells than an epoch can "
                     "number; use larger cells or a smaller batch");
}

struct Owner::State {
  Transport& transport;
  ModelSpec model;
  const DataPair& data;
  TrainingOptions training;
  SessionOptions session;
  MessageSizes sizes;
  std::vector<StageSpec> stages;
  std::vector<std::size_t> output_bytes;  // of one row, by stage
  Plan plan;
  std::unique_ptr<OwnerLink> link;
  std::uint32_t updates = 0;
  TrainingPoint point;
  std::optional<TrainingRun> run;  // of the epoch of `point`, once it has begun
  UsageLedger ledger;

  State(Transport& t, const ModelSpec& m, const DataPair& d, const TrainingOptions& train,
        const SessionOptions& s);

  Chain chain() const { return {plan.host, output_bytes}; }
  std::size_t part_floats() const { return sizes.capacity() / sizeof(float); }
  std::uint32_t parts(std::size_t floats) const {
    return static_cast<std::uint32_t>((floats + part_floats() - 1) / part_floats());
  }
  void connect();
  void begin_epoch();
  std::vector<Usage> usages(const std::vector<Report>& reports) const;
  RankTrace empty_trace(std::uint32_t rank) const;
  void make_room(std::uint64_t messages);
  std::size_t fitting(std::uint64_t messages_of_one) const;  // exchanges in one epoch's serials
  using Payload = std::function<ConstBytes(const MessageInfo&)>;
  using Answered = std::function<void(Message&)>;
  void exchange(const Traffic& traffic, std::uint32_t first_receiver, std::uint64_t messages_of_one,
                const Payload& payload, const Answered& answered);
  void ask(const HostTraffic& traffic, const Payload& payload, const Answered& answered);
  std::span<const float> part_of(std::span<const float> all, std::uint32_t part) const;
  std::vector<std::size_t> random_order()
      const;  // of the stages: when a host's turn comes tells nothing of its position
  void send_specification(std::size_t stage);
  void send_state(std::size_t stage, std::span<const float> state);
  std::vector<float> gather(std::size_t stage);
  TestResult test();
  void test_chunks(const std::vector<MessageInfo>& chunks, std::vector<LossSum>& losses);
};

Owner::State::State(Transport& t, const ModelSpec& m, const DataPair& d, const TrainingOptions& train,
                    const SessionOptions& s)
    : transport(t), model(m), data(d), training(train), session(s), sizes(message_sizes(m, train, s)) {
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    stages.push_back(model.stage(i, static_cast<std::int64_t>(training.max_rows()), training.momentum,
                                 training.weight_decay, training.wire));
    output_bytes.push_back(stages.back().output_bytes(1));
  }
}

void Owner::State::connect() {
  OwnerHandshake handshake(transport, session);
  RunParameters parameters;
  parameters.suite = handshake.meet();
  parameters.cell_bytes = static_cast<std::uint32_t>(sizes.cell_bytes);
  parameters.pool_cells = pool_cells(sizes, session, transport.size());
  parameters.serial_bits = static_cast<std::uint8_t>(session.serial_bits);
  parameters.mix = session.mix;
  parameters.trace_events = static_cast<std::uint32_t>(session.trace_events);
  Csprng rng;
  plan = draw_plan(static_cast<std::uint32_t>(transport.size()), stages.size(), rng);
  link =
      std::make_unique<OwnerLink>(transport, parameters, handshake.begin(parameters), plan, sizes, session);
  link->begin_epoch();
  ledger = UsageLedger(plan, static_cast<std::size_t>(transport.size()));
}

std::vector<Usage> Owner::State::usages(const std::vector<Report>& reports) const {
  std::vector<Usage> usages{link->usage()};
  for (const Report& report : reports) usages.push_back(report.usage);
  return usages;
}

// Between two segments nothing is under way, so the keys may change as soon as the serials of an epoch would
// run out.
void Owner::State::make_room(std::uint64_t messages) {
  if (!link->serials_suffice(messages)) link->ratchet();
}

std::size_t Owner::State::fitting(std::uint64_t messages_of_one) const {
  const std::uint64_t control = serials_needed(0, sizes, transport.size());
  const std::uint64_t serials = (std::uint64_t{1} << session.serial_bits) - control;
  return std::max<std::size_t>(1, serials / (messages_of_one * sizes.cells));
}

// Puts all exchanges of `traffic` in order, as many at a time as there are credits.
void Owner::State::exchange(const Traffic& traffic, std::uint32_t first_receiver,
                            std::uint64_t messages_of_one, const Payload& payload, const Answered& answered) {
  const std::vector<MessageInfo>& all = traffic.exchanges();
  make_room(messages_of_one * all.size());
  BookKeeper books(*link, traffic, plan.host);
  for (std::size_t next = 0; next < all.size() || !link->idle();) {
    for (; next < all.size() && link->has_credit() && books.cover(all[next].label); ++next)
      link->launch(first_receiver, all[next], payload(all[next]));
    Message message = link->wait([&] { return books.write_ahead(); });
    books.ended(message.info.label);
    answered(message);
    link->recycle(std::move(message.payload));
  }
}

void Owner::State::ask(const HostTraffic& traffic, const Payload& payload, const Answered& answered) {
  exchange(traffic, plan.host[traffic.host()], HostTraffic::kMessages, payload, answered);
}

std::span<const float> Owner::State::part_of(std::span<const float> all, std::uint32_t part) const {
  const std::size_t from = part * part_floats();
  return all.subspan(from, std::min(part_floats(), all.size() - from));
}

std::vector<std::size_t> Owner::State::random_order() const {
  std::vector<std::size_t> order(stages.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Csprng rng;
  shuffle(std::span(order), rng);
  return order;
}

void Owner::State::send_specification(std::size_t stage) {
  const std::string text = stage_spec_to_json(stages[stage]);
  const std::size_t text_bytes = sizes.capacity() - 2 * sizeof(std::uint32_t);
  const auto parts = static_cast<std::uint32_t>((text.size() + text_bytes - 1) / text_bytes);
  HostTraffic traffic(stages.size(), stage);
  for (std::uint32_t i = 0; i < parts; ++i)
    traffic.add({{MessageKind::kSpecification, updates, 0, i}, parts, 0, 0}, 0);
  std::vector<std::byte> payload;
  ask(
      traffic,
      [&](const MessageInfo& info) -> ConstBytes {
        payload.clear();
        ByteWriter writer(payload);
        writer.put(static_cast<std::uint32_t>(part_floats()));
        writer.put_string(std::string_view(text).substr(info.label.part * text_bytes, text_bytes));
        return payload;
      },
      [](Message&) {});
}

// The parameters; the velocity behind them, where it is not zero.
void Owner::State::send_state(std::size_t stage, std::span<const float> state) {
  HostTraffic traffic(stages.size(), stage);
  for (std::uint32_t i = 0; i < parts(state.size()); ++i)
    traffic.add({{MessageKind::kParameters, updates, 0, i},
                 0,
                 static_cast<std::uint32_t>(part_of(state, i).size()),
                 0},
                0);
  ask(
      traffic, [&](const MessageInfo& info) { return std::as_bytes(part_of(state, info.label.part)); },
      [](Message&) {});
}

std::vector<float> Owner::State::gather(std::size_t stage) {
  std::vector<float> values(stages[stage].parameter_count());
  HostTraffic traffic(stages.size(), stage);
  for (std::uint32_t i = 0; i < parts(values.size()); ++i)
    traffic.add({{MessageKind::kGather, updates, 0, i}, 0, 0, 0}, part_of(values, i).size_bytes());
  ask(
      traffic, [](const MessageInfo&) { return ConstBytes{}; },
      [&](Message& message) {
        const std::size_t from = message.info.label.part * part_floats();
        const std::span<float> target =
            std::span(values).subspan(from, part_of(values, message.info.label.part).size());
        copy_bytes(message.payload.bytes().first(target.size_bytes()), std::as_writable_bytes(target));
      });
  return values;
}

// One segment of the testing phase; a chunk of the test set has as many rows as the largest micro-batch.
void Owner::State::test_chunks(const std::vector<MessageInfo>& chunks, std::vector<LossSum>& losses) {
  const auto classes = static_cast<std::size_t>(model.classes());
  const std::size_t sample_bytes = data.test.sample_bytes(), chunk_rows = training.max_rows();
  const ConstBytes inputs = std::as_bytes(std::span(data.test.inputs));
  const std::span<const std::uint8_t> labels = data.test.labels;
  const PipelineTraffic traffic(chain(), chunks);
  std::vector<float> decoded_logits(chunk_rows * classes);
  exchange(
      traffic, plan.host.front(), PipelineTraffic::messages(stages.size()),
      [&](const MessageInfo& info) {
        const std::size_t from = info.label.micro_batch * chunk_rows * sample_bytes;
        return inputs.subspan(from, info.rows * sample_bytes);
      },
      [&](Message& message) {
        const std::size_t chunk = message.info.label.micro_batch, from = chunk * chunk_rows;
        const std::size_t rows = std::min(chunk_rows, labels.size() - from);
        const ConstBytes logits =
            message.payload.as<std::byte>(rows * classes * element_bytes(training.wire));
        losses[chunk] = softmax_cross_entropy(decoded(training.wire, logits, decoded_logits),
                                              labels.subspan(from, rows), classes, 0, {});
      });
}

TestResult Owner::State::test() {
  const Stopwatch watch;
  const std::size_t count = data.test.count(), rows = training.max_rows();
  std::vector<MessageInfo> chunks;
  for (std::size_t at = 0; at < count; at += rows)
    chunks.push_back({{MessageKind::kTest, updates, static_cast<std::uint32_t>(chunks.size()), 0},
                      1,
                      static_cast<std::uint32_t>(std::min(rows, count - at)),
                      0});
  std::vector<LossSum> losses(chunks.size());
  const std::size_t at_once = fitting(PipelineTraffic::messages(stages.size()));
  for (std::size_t from = 0; from < chunks.size(); from += at_once) {
    const auto begin = chunks.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = chunks.begin() + static_cast<std::ptrdiff_t>(std::min(from + at_once, chunks.size()));
    test_chunks({begin, end}, losses);
  }
  LossSum sum;
  for (const LossSum& loss : losses) {
    sum.loss += loss.loss;
    sum.correct += loss.correct;
  }
  const double n = static_cast<double>(count);
  return {watch.seconds(), sum.loss / n, static_cast<double>(sum.correct) / n};
}

Owner::Owner(Transport& transport, const ModelSpec& model, const DataPair& data,
             const TrainingOptions& training, const SessionOptions& session) {
  check_session(model, training, session, transport.size());
  state_ = std::make_unique<State>(transport, model, data, training, session);
}

Owner::~Owner() = default;

SessionFacts Owner::start() { return start({}, initial_parameters(state_->model, state_->training.seed)); }

SessionFacts Owner::start(const TrainingPoint& from, const std::vector<std::vector<float>>& state) {
  const Stopwatch watch;
  const std::size_t steps = steps_per_epoch(state_->data.train.count(), state_->training.batch_size);
  state_->point = from;
  state_->updates = static_cast<std::uint32_t>(from.epoch * steps + from.step);
  state_->connect();
  for (const std::size_t stage : state_->random_order()) {
    state_->send_specification(stage);
    state_->send_state(stage, state[stage]);
  }
  SessionFacts facts;
  facts.aead = to_string(state_->link->suite());
  facts.cell_bytes = state_->sizes.cell_bytes;
  facts.cells_per_message = state_->sizes.cells;
  facts.pool_cells = pool_cells(state_->sizes, state_->session, state_->transport.size());
  facts.stages = state_->stages.size();
  facts.relays = state_->plan.relays.size();
  facts.one_host = true;
  for (int rank = 0; rank < state_->transport.size(); ++rank)
    facts.one_host = facts.one_host && state_->transport.on_this_host(rank);
  facts.startup_s = watch.seconds();
  return facts;
}

void Owner::State::begin_epoch() {
  run.emplace(TrainingRun::Setting{*link, chain(), data.train, static_cast<std::size_t>(model.classes()),
                                   training, session.schedule},
              epoch_order(data.train.count(), training.seed, point.epoch), updates - point.step, point.epoch);
  run->go_on_from(point.step, point.sums);
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
      2 * s.training.micro_batches * PipelineTraffic::messages(s.stages.size());
  const std::size_t at_once = s.fitting(step_messages);
  const std::size_t begin = s.point.step, end = begin + std::min(most, s.run->steps() - begin);
  for (std::size_t first = begin; first < end; first += at_once) {
    const std::size_t last = std::min(first + at_once, end);
    s.make_room(step_messages * (last - first));
    s.run->run(first, last, progress);
  }
  s.updates += static_cast<std::uint32_t>(end - begin);
  s.point.step = static_cast<std::uint32_t>(end);
  s.point.sums = s.run->sums();
  const bool ended = end == s.run->steps();
  if (ended) s.ledger.epoch_ends(s.usages(s.link->ratchet()));
  s.point.wall_s += watch.seconds();
  if (!ended) return std::nullopt;
  const std::size_t samples = s.data.train.count();
  const double n = static_cast<double>(samples);
  const EpochResult result{s.point.wall_s, samples, s.point.sums.loss / n,
                           static_cast<double>(s.point.sums.correct) / n};
  s.run.reset();
  s.point = {.epoch = s.point.epoch + 1, .step = 0, .sums = {}, .wall_s = 0};
  return result;
}

const TrainingPoint& Owner::point() const { return state_->point; }

std::vector<ShardRecord> Owner::write_shards(const std::function<ShardOrder(std::size_t)>& order_for) {
  State& s = *state_;
  s.make_room(ShardTraffic::kMessages * s.stages.size());
  const ShardTraffic traffic(s.random_order(), s.updates);
  return mixnn::write_shards(*s.link, s.plan.host, traffic, order_for);
}

TestResult Owner::test() { return state_->test(); }
std::vector<std::vector<float>> Owner::parameters() {
  std::vector<std::vector<float>> parameters(state_->stages.size());
  for (const std::size_t stage : state_->random_order()) parameters[stage] = state_->gather(stage);
  return parameters;
}
void Owner::pause() { state_->link->ask_all(MessageKind::kPause); }
void Owner::resume() { state_->link->ask_all(MessageKind::kResume); }

RankTrace Owner::State::empty_trace(std::uint32_t rank) const {
  const RankUsage& usage = ledger.ranks()[rank];
  RankTrace trace;
  trace.rank = rank;
  trace.role = usage.role;
  trace.stage = usage.stage;
  trace.other_host = !transport.on_this_host(static_cast<int>(rank));
  trace.round_trip = Nanoseconds::max();
  return trace;
}

std::vector<RankTrace> Owner::trace() {
  State& s = *state_;
  std::vector<RankTrace> traces;
  for (std::uint32_t rank = 0; rank < static_cast<std::uint32_t>(s.transport.size()); ++rank)
    traces.push_back(s.empty_trace(rank));
  for (std::size_t i = trace_parts(s.session.trace_events, s.link->trace_part_bytes()); i > 0; --i) {
    s.make_room(0);
    for (auto& [rank, answer] : s.link->ask_trace()) {
      RankTrace& trace = traces[rank];
      const Nanoseconds round_trip = answer.answered - answer.asked;
      if (round_trip < trace.round_trip) {
        trace.round_trip = round_trip;
        trace.offset = Nanoseconds(answer.part.now_ns) - (answer.asked + round_trip / 2);
      }
      trace.dropped = answer.part.dropped;
      trace.events.insert(trace.events.end(), answer.part.events.begin(), answer.part.events.end());
    }
  }
  const ActivityRecorder& own = s.link->activity();
  traces.front().dropped = own.dropped();
  for (std::size_t i = 0; s.session.trace_events > 0 && i < own.events(); ++i)
    traces.front().events.push_back(own.event(i));
  for (RankTrace& trace : traces)
    if (trace.other_host)
      for (ActivityEvent& event : trace.events)
        event.start_ns -= static_cast<std::uint64_t>(trace.offset.count());
  return traces;
}

SessionTotals Owner::stop() {
  State& s = *state_;
  const std::vector<Report> reports = s.link->ask_all(MessageKind::kStop);
  s.transport.leave();
  while (!s.transport.all_left()) s.transport.idle(false);
  SessionTotals totals;
  const auto add = [&](const CellCounters& c) {
    totals.cells += c.sent;
    totals.forwarded += c.forwarded;
    totals.delivered += c.delivered;
    totals.rejected += c.all_rejected();
  };
  add(s.link->counters());
  for (const Report& report : reports) add(report.counters);
  totals.cells += reports.size();  // the final reports themselves
  totals.ranks = s.ledger.close(s.usages(reports));
  totals.bytes_on_wire = totals.cells * s.sizes.cell_bytes;
  return totals;
}

}  // namespace mixnn
