// A small training job over MPI whose ranks are sent junk all the time, for junk_mpitest.sh and
// bench/junk.sh:
//   junk_job cells NUMBER TIMEOUT_S       all ranks send so many junk cells with each of theirs
//   junk_job datagrams NUMBER TIMEOUT_S   rank 3 sends rank 0 as many datagrams each time it looks
//                                         for cells
// Junk cells are forged, genuine with an altered slot, for another rank, or sent before. Prints
// whether the parameters are the reference's, and what was refused.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/onion/format.hpp"
#include "mixnn/tensor/subnormals.hpp"
#include "mixnn/transport/mpi_runtime.hpp"

namespace mixnn {
namespace {

enum class Junk { kCells, kDatagrams };

class JunkTransport final : public Transport {
 public:
  JunkTransport(Transport& inner, Junk junk, int number)
      : inner_(inner),
        junk_(junk),
        number_(number),
        rng_(1, RandomPurpose::kTest, static_cast<std::uint32_t>(inner.rank())) {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  Turns& turns() override { return inner_.turns(); }
  Refusals& refusals() override { return inner_.refusals(); }
  void send_datagram(int to, ConstBytes bytes) override { inner_.send_datagram(to, bytes); }
  std::optional<Datagram> poll_datagram() override { return inner_.poll_datagram(); }
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override {
    return inner_.make_pool(cell_bytes, capacity);
  }
  void open(CellPool& pool) override {
    pool_ = &pool;
    inner_.open(pool);
  }
  void send(int to, CellBuffer cell) override {
    const std::vector<std::byte> genuine(cell.bytes().begin(), cell.bytes().end());
    inner_.send(to, std::move(cell));
    if (junk_ != Junk::kCells) return;
    for (int i = 0; i < number_; ++i) send_junk(to, genuine);
    last_ = genuine;
    last_to_ = to;
  }
  std::optional<Arrival> poll() override {
    const std::vector<std::byte> junk(kMaxDatagram);
    if (junk_ == Junk::kDatagrams && rank() == 3 && pool_ != nullptr && sent_ < kMostDatagrams)
      for (int i = 0; i < number_; ++i, ++sent_) inner_.send_datagram(0, junk);
    return inner_.poll();
  }
  void flush() override { inner_.flush(); }
  bool all_sent() override { return inner_.all_sent(); }
  void close() noexcept override { inner_.close(); }

 private:
  void send_junk(int to, const std::vector<std::byte>& genuine) {
    if (pool_->in_use() + pool_->lent() > pool_->capacity() / 2) inner_.flush();
    CellBuffer cell =
        pool_->in_use() + pool_->lent() < pool_->capacity() / 2 ? pool_->take() : CellBuffer();
    if (!cell) return;  // those that went before are still under way
    const Bytes bytes = cell.bytes();
    copy_bytes(genuine, bytes);
    switch (rng_.below(4)) {
      case 0:
        for (std::byte& b : bytes.first(kSlotBytes)) b = static_cast<std::byte>(rng_.next());
        break;
      case 1:
        bytes[rng_.below(kSlotBytes)] ^= std::byte{8};
        break;
      case 2:
        to = (to + 1) % size();
        break;
      default:
        if (last_.empty()) return;
        copy_bytes(last_, bytes);
        if (rng_.below(2) == 0) bytes.back() ^= std::byte{1};
        to = last_to_;
    }
    inner_.send(to, std::move(cell));
  }

  Transport& inner_;
  Junk junk_;
  int number_;
  CounterRng rng_;
  CellPool* pool_ = nullptr;
  std::vector<std::byte> last_;
  int last_to_ = -1;
  static constexpr int kMostDatagrams = 400000;
  int sent_ = 0;
};

void run_owner(Transport& transport, int timeout_s) {
  const Shape input{1, 8, 16};
  const ModelSpec model = testing::small_model(input, {48, 24, 4});
  const DataPair data = testing::small_pair(200, 40, input, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 20;
  SessionOptions session;
  session.timeout = std::chrono::seconds(timeout_s);
  // Before the junk: a rank that computes this takes nothing from its queues meanwhile.
  const auto reference = testing::train_reference(model, data, training).parameters;
  Owner owner(transport, model, data, training, session);
  owner.start();
  double seconds = 0;
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    seconds += owner.train_epoch(epoch).wall_s;
    owner.test();
  }
  const bool same = owner.parameters() == reference;
  const SessionTotals totals = owner.stop();
  std::uint64_t refused = 0;
  for (const Refused& one : totals.refused) refused += one.messages;
  std::printf("%s; %llu messages refused, of %llu cells; %.1f s; rank 0 took %llu MiB\n",
              same ? "same bits" : "other bits", static_cast<unsigned long long>(refused),
              static_cast<unsigned long long>(totals.cells), seconds,
              static_cast<unsigned long long>(totals.ranks.front().last.resident >> 20));
}

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  mixnn::flush_subnormals();
  const int timeout_s = std::atoi(argv[3]);
  mixnn::MpiRuntime runtime{std::chrono::seconds(timeout_s)};
  mixnn::JunkTransport transport(
      runtime.transport(),
      std::string(argv[1]) == "cells" ? mixnn::Junk::kCells : mixnn::Junk::kDatagrams,
      std::atoi(argv[2]));
  try {
    if (runtime.rank() == 0)
      mixnn::run_owner(transport, timeout_s);
    else
      mixnn::serve_node(transport);
    if (const auto trouble = runtime.part(0)) {
      std::fprintf(stderr, "mixnn: %s\n", trouble->c_str());
      runtime.abort(0);
    }
  } catch (const mixnn::RunError& error) {
    std::fprintf(stderr, "mixnn: %s\n", error.what());
    runtime.abort(1);
  }
  return 0;
}
