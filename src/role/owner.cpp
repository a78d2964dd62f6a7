#include "mixnn/role/owner.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "mixnn/base/error.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/role/handshake.hpp"
#include "mixnn/role/training_run.hpp"

namespace mixnn {

void check_session(const ModelSpec& model, const TrainingOptions& training, const SessionOptions& session, int ranks) {
  const std::size_t stages = model.stages.size();
  if (session.hops > kMaxHops)
    throw UsageError("--hops must be between 0 and " + std::to_string(kMaxHops) + ", got " + std::to_string(session.hops));
  const std::size_t needed = 1 + stages + session.hops;
  if (ranks < 0 || static_cast<std::size_t>(ranks) < needed)
    throw UsageError("too few ranks: 1 owner + " + std::to_string(stages) + " stages + " + std::to_string(session.hops) +
                     " relays = " + std::to_string(needed) + ", got " + std::to_string(ranks) +
                     "; start it with mpirun -n " + std::to_string(needed) + " or more, or with fewer --hops");
  if (training.micro_batches == 0 || training.micro_batches > training.batch_size)
    throw UsageError("--micro-batches must be between 1 and the batch size " + std::to_string(training.batch_size) +
                     ", got " + std::to_string(training.micro_batches));
  if (session.cell_bytes != 0 && (session.cell_bytes < kMinCellBytes || session.cell_bytes > kMaxCellBytes))
    throw UsageError("--cell-size must be between " + std::to_string(kMinCellBytes) + " and " +
                     std::to_string(kMaxCellBytes) + " bytes, got " + std::to_string(session.cell_bytes));
  const MessageSizes sizes = message_sizes(model, training, session);
  const std::uint64_t step_messages = training.micro_batches * TrainingTraffic::messages(stages);
  if (serials_needed(step_messages, sizes, ranks) > std::uint64_t{1} << session.serial_bits)
    throw UsageError("--cell-size " + std::to_string(sizes.cell_bytes) + " cuts one step into more cells than an epoch can "
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

  State(Transport& t, const ModelSpec& m, const DataPair& d, const TrainingOptions& train, const SessionOptions& s);

  Chain chain() const { return {plan.host, output_bytes}; }
  std::size_t part_floats() const { return sizes.capacity() / sizeof(float); }
  std::size_t parts(std::size_t stage) const {
    return (stages[stage].parameter_count() + part_floats() - 1) / part_floats();
  }
  void connect();
  void make_room(std::uint64_t messages);
  std::size_t chains_at_once(std::uint64_t messages_of_one) const;
  using Payload = std::function<ConstBytes(std::size_t chain)>;
  using Answered = std::function<void(std::size_t chain, const Message&)>;
  void ask(const HostTraffic& traffic, const Payload& payload, const Answered& answered);
  void initialize();
  std::vector<std::vector<float>> gather();
  TestResult test();
  void test_chunks(const std::vector<MicroBatchInfo>& chunks, std::vector<LossSum>& losses);
};

Owner::State::State(Transport& t, const ModelSpec& m, const DataPair& d, const TrainingOptions& train,
                    const SessionOptions& s)
    : transport(t), model(m), data(d), training(train), session(s), sizes(message_sizes(m, train, s)) {
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    stages.push_back(model.stage(i, static_cast<std::int64_t>(training.max_rows()), training.momentum,
                                 training.weight_decay));
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
  Csprng rng;
  plan = draw_plan(static_cast<std::uint32_t>(transport.size()), stages.size(), rng);
  link = std::make_unique<OwnerLink>(transport, parameters, handshake.begin(parameters), plan, sizes, session);
  link->begin_epoch();
}

// Between two segments nothing is under way, so the keys may change as soon as the serials of an epoch would run out.
void Owner::State::make_room(std::uint64_t messages) {
  if (!link->serials_suffice(messages)) link->ratchet();
}

std::size_t Owner::State::chains_at_once(std::uint64_t messages_of_one) const {
  const std::uint64_t control = serials_needed(0, sizes, transport.size());
  const std::uint64_t serials = (std::uint64_t{1} << session.serial_bits) - control;
  return std::max<std::size_t>(1, serials / (messages_of_one * sizes.cells));
}

// Puts all questions of `traffic`, as many at a time as there are credits.
void Owner::State::ask(const HostTraffic& traffic, const Payload& payload, const Answered& answered) {
  make_room(HostTraffic::kMessages * traffic.chains());
  BookKeeper books(*link, traffic, plan.host);
  std::map<Label, std::size_t> chains;
  for (std::size_t next = 0; next < traffic.chains() || !link->idle();) {
    while (next < traffic.chains() && link->has_credit() && books.cover(next)) {
      const HostTraffic::Question& question = traffic.question(next);
      chains[question.info.label] = next;
      link->launch(plan.host[question.stage], question.info, payload(next));
      ++next;
    }
    Message message = link->wait();
    const std::size_t chain = chains.at(message.info.label);
    books.ended(chain);
    answered(chain, message);
    link->recycle(std::move(message.payload));
  }
}

// One host after the other: its specification, then its parameters.
void Owner::State::initialize() {
  const std::vector<std::vector<float>> parameters = initial_parameters(model, training.seed);
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    const std::string text = stage_spec_to_json(stages[stage]);
    const std::size_t text_bytes = sizes.capacity() - 2 * sizeof(std::uint32_t);
    const std::size_t text_parts = (text.size() + text_bytes - 1) / text_bytes;
    std::vector<HostTraffic::Question> questions;
    for (std::size_t i = 0; i < text_parts; ++i) {
      HostTraffic::Question question{stage, {}, 0};
      question.info.label = {MessageKind::kSpecification, 0, 0, static_cast<std::uint32_t>(i)};
      question.info.micro_batches = static_cast<std::uint32_t>(text_parts);
      questions.push_back(question);
    }
    for (std::size_t i = 0; i < parts(stage); ++i)
      questions.push_back({stage, {{MessageKind::kParameters, updates, 0, static_cast<std::uint32_t>(i)}, 0, 0, 0}, 0});

    std::vector<std::byte> part;
    const auto payload = [&](std::size_t chain) -> ConstBytes {
      if (chain < text_parts) {
        part.clear();
        ByteWriter writer(part);
        writer.put(static_cast<std::uint32_t>(part_floats()));
        writer.put_string(std::string_view(text).substr(chain * text_bytes, text_bytes));
        return part;
      }
      const std::span<const float> all(parameters[stage]);
      const std::size_t from = (chain - text_parts) * part_floats();
      return std::as_bytes(all.subspan(from, std::min(part_floats(), all.size() - from)));
    };
    ask(HostTraffic(stages.size(), std::move(questions)), payload, [](std::size_t, const Message&) {});
  }
}

std::vector<std::vector<float>> Owner::State::gather() {
  std::vector<std::vector<float>> parameters;
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    std::vector<float> values(stages[stage].parameter_count());
    const auto part = [&](std::size_t i) {
      const std::size_t from = i * part_floats();
      return std::span(values).subspan(from, std::min(part_floats(), values.size() - from));
    };
    std::vector<HostTraffic::Question> questions;
    for (std::size_t i = 0; i < parts(stage); ++i)
      questions.push_back({stage, {{MessageKind::kGather, updates, 0, static_cast<std::uint32_t>(i)}, 0, 0, 0},
                           part(i).size_bytes()});
    ask(HostTraffic(stages.size(), std::move(questions)), [](std::size_t) { return ConstBytes{}; },
        [&](std::size_t chain, const Message& message) {
          copy_bytes(message.payload.bytes().first(part(chain).size_bytes()), std::as_writable_bytes(part(chain)));
        });
    parameters.push_back(std::move(values));
  }
  return parameters;
}

void Owner::State::test_chunks(const std::vector<MicroBatchInfo>& chunks, std::vector<LossSum>& losses) {
  make_room(TestTraffic::messages(stages.size()) * chunks.size());
  const TestTraffic traffic(chain(), chunks);
  BookKeeper books(*link, traffic, plan.host);
  const auto classes = static_cast<std::size_t>(model.classes());
  const std::size_t first = chunks.front().micro_batch, sample_bytes = data.test.sample_bytes();
  for (std::size_t next = 0; next < chunks.size() || !link->idle();) {
    while (next < chunks.size() && link->has_credit() && books.cover(next)) {
      const MicroBatchInfo& chunk = chunks[next];
      const ConstBytes inputs = ConstBytes(std::as_bytes(std::span(data.test.inputs)))
                                    .subspan(chunk.micro_batch * training.max_rows() * sample_bytes);
      link->launch(plan.host.front(), chunk.info(MessageKind::kTest), inputs.first(chunk.rows * sample_bytes));
      ++next;
    }
    Message message = link->wait();
    const std::size_t chunk = message.info.label.micro_batch;
    const std::size_t rows = chunks[chunk - first].rows;
    books.ended(chunk - first);
    losses[chunk] = softmax_cross_entropy(
        message.payload.as<float>(rows * classes),
        std::span<const std::uint8_t>(data.test.labels).subspan(chunk * training.max_rows(), rows), classes, 0, {});
    link->recycle(std::move(message.payload));
  }
}

TestResult Owner::State::test() {
  const Stopwatch watch;
  const std::size_t count = data.test.count(), rows = training.max_rows();
  std::vector<MicroBatchInfo> chunks;
  for (std::size_t at = 0; at < count; at += rows)
    chunks.push_back({updates, static_cast<std::uint32_t>(chunks.size()), 1,
                      static_cast<std::uint32_t>(std::min(rows, count - at)), 0});
  std::vector<LossSum> losses(chunks.size());
  const std::size_t at_once = chains_at_once(TestTraffic::messages(stages.size()));
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

Owner::Owner(Transport& transport, const ModelSpec& model, const DataPair& data, const TrainingOptions& training,
             const SessionOptions& session) {
  check_session(model, training, session, transport.size());
  state_ = std::make_unique<State>(transport, model, data, training, session);
}

Owner::~Owner() = default;

SessionFacts Owner::start() {
  const Stopwatch watch;
  state_->connect();
  state_->initialize();
  SessionFacts facts;
  facts.aead = to_string(state_->link->suite());
  facts.cell_bytes = state_->sizes.cell_bytes;
  facts.cells_per_message = state_->sizes.cells;
  facts.pool_cells = pool_cells(state_->sizes, state_->session, state_->transport.size());
  facts.stages = state_->stages.size();
  facts.relays = state_->plan.relays.size();
  facts.startup_s = watch.seconds();
  return facts;
}

EpochResult Owner::train_epoch(std::uint32_t epoch, const ProgressHook& progress) {
  State& s = *state_;
  const Stopwatch watch;
  const std::size_t samples = s.data.train.count();
  TrainingRun run({*s.link, s.chain(), s.data.train, static_cast<std::size_t>(s.model.classes()), s.training,
                   s.session.schedule},
                  epoch_order(samples, s.training.seed, epoch), s.updates, epoch);
  const std::uint64_t step_messages = s.training.micro_batches * TrainingTraffic::messages(s.stages.size());
  const std::size_t at_once = s.chains_at_once(step_messages);
  for (std::size_t first = 0; first < run.steps(); first += at_once) {
    const std::size_t last = std::min(first + at_once, run.steps());
    s.make_room(step_messages * (last - first));
    run.run(first, last, progress);
  }
  s.updates += static_cast<std::uint32_t>(run.steps());
  s.link->ratchet();
  const double n = static_cast<double>(samples);
  return {watch.seconds(), samples, run.sums().loss / n, static_cast<double>(run.sums().correct) / n};
}

TestResult Owner::test() { return state_->test(); }
std::vector<std::vector<float>> Owner::parameters() { return state_->gather(); }
void Owner::pause() { state_->link->ask_all(MessageKind::kPause); }
void Owner::resume() { state_->link->ask_all(MessageKind::kResume); }

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
  totals.bytes_on_wire = totals.cells * s.sizes.cell_bytes;
  return totals;
}

}  // namespace mixnn
