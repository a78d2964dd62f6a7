// A small training job over MPI in which one cell or one rank meets a fault, for fault_mpitest.sh:
//   fault_job none|drop|flip|replay|size RANK NUMBER TIMEOUT_S
//   fault_job checked|lie 0 0 TIMEOUT_S
//   fault_job stop|pause|kill RANK init|join|handshake|cells|leave|finalize TIMEOUT_S
// RANK's NUMBERth cell to another rank is lost, altered or sent twice, or one that is a byte short
// goes before it (a route may lead from a rank to itself, and there is no link between them); or
// RANK is stopped for good or for five seconds, or killed, as it comes to that. Checked: every
// window of every host is; lie: these send on gradients scaled by -0.3. Ends as the program does:
// one message, one abort.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/tensor/subnormals.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {
namespace {

// What happens to a rank, and when.
struct Fault {
  std::string what = "none", when;

  void meet(const std::string& moment) {  // once
    if (moment != when) return;
    when.clear();
    if (what == "kill") ::raise(SIGKILL);
    const std::string go_on =
        "(sleep 5; kill -CONT " + std::to_string(::getpid()) + ") >/dev/null 2>&1 &";
    if (what == "pause" && std::system(go_on.c_str()) != 0) std::abort();
    if (what == "pause" || what == "stop") ::raise(SIGSTOP);
  }
};

class FaultyTransport final : public Transport {
 public:
  FaultyTransport(Transport& inner, Fault& fault)
      : inner_(inner),
        fault_(fault),
        countdown_(fault.when == "cells" ? 30 : std::atol(fault.when.c_str())) {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  Turns& turns() override { return inner_.turns(); }
  Refusals& refusals() override { return inner_.refusals(); }
  void send_datagram(int to, ConstBytes bytes) override {
    fault_.meet("handshake");
    inner_.send_datagram(to, bytes);
  }
  std::optional<Datagram> poll_datagram() override { return inner_.poll_datagram(); }
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override {
    return inner_.make_pool(cell_bytes, capacity);
  }
  void open(CellPool& pool) override {
    pool_ = &pool;
    short_.emplace(pool.cell_bytes() - 1, 1);
    inner_.open(pool);
  }
  void send(int to, CellBuffer cell) override {
    if (to != rank() && countdown_-- == 0) {
      fault_.meet("cells");
      if (fault_.what == "drop") return;
      if (fault_.what == "size") inner_.send(to, short_->take());
      if (fault_.what == "flip") cell.bytes()[cell.bytes().size() / 2] ^= std::byte{1};
      if (fault_.what == "replay") {
        CellBuffer copy = pool_->take();
        copy_bytes(cell.bytes(), copy.bytes());
        inner_.send(to, std::move(copy));
      }
    }
    inner_.send(to, std::move(cell));
  }
  std::optional<Arrival> poll() override { return inner_.poll(); }
  void flush() override { inner_.flush(); }
  bool all_sent() override { return inner_.all_sent(); }
  void close() noexcept override { inner_.close(); }

 private:
  Transport& inner_;
  CellPool* pool_ = nullptr;
  std::optional<CellPool> short_;
  Fault& fault_;
  long countdown_;
};

void scale_gradients(const Label& label, std::vector<std::byte>& payload) {
  if (label.kind != MessageKind::kBackward) return;
  for (float& x : std::span(reinterpret_cast<float*>(payload.data()), payload.size() / 4))
    x *= -0.3f;
}

void serve_lying_node(Transport& transport) {
  Node node(transport, {}, {}, {.takes = {}, .answers = scale_gradients, .reports = {}});
  transport.turns().run([&node] { return node.turn(); });
}

void run_owner(Transport& transport, int timeout_s, bool checked) {
  const Shape input{1, 8, 16};
  const ModelSpec model = testing::small_model(input, {48, 24, 4});
  const DataPair data = testing::small_pair(200, 40, input, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 20;
  SessionOptions session;
  session.timeout = std::chrono::seconds(timeout_s);
  session.spot_checks = checked ? 1 : 0;
  Owner owner(transport, model, data, training, session);
  owner.start();
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    owner.train_epoch(epoch);
    owner.test();
  }
  const bool same =
      owner.parameters() == testing::train_reference(model, data, training).parameters;
  const SessionTotals totals = owner.stop();
  std::printf("%s; %s\n", same ? "same bits" : "other bits", refused_text(totals.refused).c_str());
}

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const char* const rank = std::getenv("OMPI_COMM_WORLD_RANK");
  const std::string what = argv[1];
  mixnn::Fault fault;
  if (rank != nullptr && std::string(rank) == argv[2]) fault = {argv[1], argv[3]};
  mixnn::flush_subnormals();
  fault.meet("init");
  // Where a cell meets the fault the ranks may take their time to start.
  const bool of_rank = std::string(argv[1]) == "stop" || std::string(argv[1]) == "pause";
  std::optional<mixnn::MpiRuntime> runtime(std::in_place,
                                           std::chrono::seconds(of_rank ? std::atoi(argv[4]) : 60));
  try {
    fault.meet("join");
    runtime->agree(std::nullopt);
    mixnn::FaultyTransport transport(runtime->transport(), fault);
    if (runtime->rank() == 0)
      mixnn::run_owner(transport, std::atoi(argv[4]), what == "checked" || what == "lie");
    else if (what == "lie")
      mixnn::serve_lying_node(transport);
    else
      mixnn::serve_node(transport);
    fault.meet("leave");
    if (const auto trouble = runtime->part(0)) {
      std::fprintf(stderr, "mixnn: %s\n", trouble->c_str());
      runtime->abort(0);
    }
  } catch (const mixnn::RunError& error) {
    std::fprintf(stderr, "mixnn: %s\n", error.what());
    runtime->abort(1);
  }
  fault.meet("finalize");
  runtime.reset();
  return 0;
}
