// One case of bench/rounds_product.sh, a small job in rounds in this process:
//   rounds_product HOPS STALENESS RANKS STAGES float32|bfloat16 plain|losses|liar
// Losses: about twelve slots of the run are lost, doubled, delayed or altered. Liar: the last rank
// alters one in 2000 of the slots that it sends, and its 400th. Prints the hash of the parameters,
// the reference's, whether losses and accuracies are equal, rewinds, bad slots, and what was done.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/subnormals.hpp"
#include "mixnn/train/results.hpp"
#include "transport/lossy_transport.hpp"

namespace mixnn {
namespace {

using testing::LossyTransport;
using testing::TrainedJob;

struct ProductCase {
  std::size_t hops, staleness;
  int ranks;
  std::size_t stages;
  ElementType wire;
  std::string way;
};

constexpr std::size_t kMicroBatches = 3, kEpochs = 2, kSamples = 50, kBatch = 12;

// Of one exchange, and roughly of a run.
double slots_of(const ProductCase& c) {
  const auto ranks = static_cast<double>(c.ranks);
  const double exchanges = 60 + kEpochs * 5 * (kMicroBatches + 2 * ranks);
  return exchanges * ranks * (ranks - 1) * static_cast<double>(c.hops + 1);
}

using RankLinks = std::vector<std::unique_ptr<LossyTransport>>;  // by rank

// What they do follows from the way.
void put_links_over(testing::LoopbackJob& job, const ProductCase& c, RankLinks& links) {
  using enum LossyTransport::Fate;
  for (int rank = 0; rank < c.ranks; ++rank) {
    Transport& inner = job.network.at(rank);
    const bool lies = c.way == "liar" && rank + 1 == c.ranks;
    if (c.way == "losses")
      links.push_back(std::make_unique<LossyTransport>(inner, 12 / slots_of(c), 5));
    else
      links.push_back(
          std::make_unique<LossyTransport>(inner, lies ? 1.0 / 2000 : 0, 5, std::vector{kAlter}));
    if (lies) links.back()->alter_number(400);
    if (rank > 0)
      job.nodes[static_cast<std::size_t>(rank - 1)] = std::make_unique<Node>(*links.back());
  }
}

bool same_results(const TrainedJob& a, const TrainedJob& b) {
  bool same = true;
  for (std::size_t i = 0; i < kEpochs; ++i)
    same = same && a.epochs[i].train_loss == b.epochs[i].train_loss &&
           a.epochs[i].train_accuracy == b.epochs[i].train_accuracy &&
           a.tests[i].loss == b.tests[i].loss && a.tests[i].accuracy == b.tests[i].accuracy;
  return same;
}

void run(const ProductCase& c) {
  const Shape input{1, 4, 6};
  std::vector<std::int64_t> widths(c.stages - 1, 14);
  widths.push_back(4);
  const ModelSpec model = testing::small_model(input, widths);
  const DataPair data = testing::small_pair(kSamples, 23, input, 4);  // a short last step
  TrainingOptions training;
  training.epochs = kEpochs;
  training.batch_size = kBatch;
  training.micro_batches = kMicroBatches;
  training.learning_rate = 0.05f;
  training.weight_decay = 0.001f;
  training.seed = 23;
  training.wire = c.wire;
  training.staleness = c.staleness;
  SessionOptions session;
  session.traffic = TrafficKind::kRounds;
  session.hops = c.hops;
  session.in_flight = choose_round_in_flight(kMicroBatches, static_cast<std::size_t>(c.ranks));
  session.timeout = std::chrono::milliseconds(c.way == "plain" ? 20000 : 3000);
  if (c.way != "plain") session.rewinds = ~std::size_t{0};

  RankLinks links;  // until the nodes have gone
  testing::LoopbackJob job(c.ranks, 7);
  job.network.reorder(true);
  put_links_over(job, c, links);
  Owner owner(*links[0], model, data, training, session);
  const TrainedJob ours = testing::train(owner, kEpochs),
                   reference = testing::train_reference(model, data, training);
  std::uint64_t faults = 0;
  for (const auto& link : links) faults += link->faults().all();
  const RoundLosses losses = ours.totals.losses.value();
  std::printf("%s %s %s %llu %llu %llu\n", parameters_sha256(ours.parameters).c_str(),
              parameters_sha256(reference.parameters).c_str(),
              same_results(ours, reference) ? "equal" : "unequal",
              static_cast<unsigned long long>(losses.rewinds),
              static_cast<unsigned long long>(losses.bad_slots),
              static_cast<unsigned long long>(faults));
}

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  using mixnn::ElementType;
  if (argc != 7) return 2;
  mixnn::flush_subnormals();
  mixnn::set_blas_threads(1);
  try {
    mixnn::run({std::strtoul(argv[1], nullptr, 10), std::strtoul(argv[2], nullptr, 10),
                std::atoi(argv[3]), std::strtoul(argv[4], nullptr, 10),
                mixnn::element_type_named(argv[5]).value(), argv[6]});
  } catch (const mixnn::UsageError& error) {
    std::fprintf(stderr, "refused: %s\n", error.what());
    return 2;
  } catch (const mixnn::RunError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
