#include "mixnn/transport/loopback.hpp"

#include <algorithm>
#include <thread>

#include "mixnn/base/error.hpp"

namespace mixnn {

// Whoever waits is rank 0, while the others have their turns.
class LoopbackNetwork::PumpTurns final : public Turns {
 public:
  PumpTurns(LoopbackNetwork& network, int rank) : network_(network), rank_(rank) {}
  void idle(bool) override {
    if (rank_ == 0 && network_.pump_) network_.pump_();
  }
  void busy() override {}
  // Short, as the others have their turns in it; threads of theirs may want the core.
  void nap(Nanoseconds at_most) override {
    idle(false);
    std::this_thread::sleep_for(std::min<Nanoseconds>(at_most, std::chrono::microseconds(50)));
  }

 private:
  LoopbackNetwork& network_;
  int rank_;
};

class LoopbackNetwork::Port final : public Transport {
 public:
  Port(LoopbackNetwork& network, int rank, int ranks)
      : network_(network), rank_(rank), turns_(network, rank), refusals_(ranks) {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(network_.ports_.size()); }
  bool on_this_host(int other) const override {
    return network_.hosts_[at(rank_)] == network_.hosts_[at(other)];
  }
  int first_on_host_of(int other) const override {
    const std::vector<int>& hosts = network_.hosts_;
    return static_cast<int>(std::ranges::find(hosts, hosts[at(other)]) - hosts.begin());
  }
  Turns& turns() override { return turns_; }
  Refusals& refusals() override { return refusals_; }

  void send_datagram(int to, ConstBytes bytes) override {
    MIXNN_CHECK(bytes.size() <= kMaxDatagram, "a datagram too large");
    network_.ports_.at(static_cast<std::size_t>(to))
        ->datagrams_.push_back({rank_, {bytes.begin(), bytes.end()}});
  }
  std::optional<Datagram> poll_datagram() override {
    if (datagrams_.empty()) return std::nullopt;
    Datagram first = std::move(datagrams_.front());
    datagrams_.pop_front();
    return first;
  }

  void open(CellPool& pool) override { pool_ = &pool; }
  void send(int to, CellBuffer cell) override { network_.carry(rank_, to, std::move(cell)); }
  std::optional<Arrival> poll() override {
    if (pool_ == nullptr) return std::nullopt;
    drop_strays();
    if (waiting_.empty()) return std::nullopt;
    CellBuffer cell = pool_->take();
    if (!cell) return std::nullopt;  // back-pressure: it waits on the link
    const std::size_t pick =
        network_.reorder_ ? network_.rng_.below(static_cast<std::uint32_t>(waiting_.size())) : 0;
    const auto chosen = waiting_.begin() + static_cast<std::ptrdiff_t>(pick);
    copy_bytes(chosen->bytes, cell.bytes());
    const int from = chosen->from;
    waiting_.erase(chosen);
    return Arrival{from, std::move(cell)};
  }
  void flush() override {}

  bool all_sent() override { return true; }
  void close() noexcept override { pool_ = nullptr; }  // the links hold copies: no cell is out

 private:
  friend class LoopbackNetwork;
  static std::size_t at(int rank) { return static_cast<std::size_t>(rank); }
  void drop_strays() {
    for (; !datagrams_.empty(); datagrams_.pop_front()) refusals_.count(datagrams_.front().from);
    std::erase_if(waiting_, [this](const Datagram& message) {
      if (message.bytes.size() == pool_->cell_bytes()) return false;
      refusals_.count(message.from);
      return true;
    });
  }

  LoopbackNetwork& network_;
  int rank_;
  PumpTurns turns_;
  Refusals refusals_;
  CellPool* pool_ = nullptr;
  std::deque<Datagram> datagrams_, waiting_;
};

LoopbackNetwork::LoopbackNetwork(int ranks, std::uint64_t seed)
    : hosts_(static_cast<std::size_t>(ranks)), rng_(seed, RandomPurpose::kTest, 0) {
  for (int rank = 0; rank < ranks; ++rank)
    ports_.push_back(std::make_unique<Port>(*this, rank, ranks));
}

LoopbackNetwork::~LoopbackNetwork() = default;

Transport& LoopbackNetwork::at(int rank) { return *ports_.at(static_cast<std::size_t>(rank)); }

void LoopbackNetwork::carry(int from, int to, CellBuffer cell) {
  Wire wire{from, to, cell.bytes(), cells_++};
  const Fate fate = hook_ ? hook_(wire) : Fate::kDeliver;
  const int copies = fate == Fate::kDrop ? 0 : fate == Fate::kDuplicate ? 2 : 1;
  if (wire.to < 0 || static_cast<std::size_t>(wire.to) >= ports_.size())
    throw RunError("a cell for rank " + std::to_string(wire.to) + " of " +
                   std::to_string(ports_.size()));
  Port& port = *ports_[static_cast<std::size_t>(wire.to)];
  for (int i = 0; i < copies; ++i)
    port.waiting_.push_back({from, {wire.cell.begin(), wire.cell.end()}});
}

void LoopbackNetwork::inject(int from, int to, ConstBytes message) {
  ports_.at(static_cast<std::size_t>(to))
      ->waiting_.push_back({from, {message.begin(), message.end()}});
}

bool LoopbackNetwork::quiet() const {
  for (const auto& port : ports_)
    if (!port->waiting_.empty() || !port->datagrams_.empty()) return false;
  return true;
}

}  // namespace mixnn
