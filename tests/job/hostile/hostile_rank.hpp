#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/transport/transport.hpp"

// A rank that speaks the protocol, as a real Node, and does something wrong besides. It sees what
// such a rank sees: its own messages, tickets and reports in the clear, and of all else cells.
namespace mixnn::testing {

class HostileTransport;

// What it does. All are empty unless a way sets them.
struct Misdeed {
  // With each cell that it would send, its own or as a relay; without it the cell goes.
  std::function<void(HostileTransport&, int to, CellBuffer)> sends;
  std::function<void(HostileTransport&)> looks;  // each time it looks for cells
  std::function<void(HostileTransport&, int to, std::vector<std::byte>&)> says;  // a datagram
  std::function<void(HostileTransport&, Message&)> takes;                        // a whole message
  std::function<void(const Label&, std::vector<std::byte>&)> answers;
  std::function<void(Report&)> reports;
  std::shared_ptr<int> done = std::make_shared<int>(0);  // how often it did it
};

// The link of a hostile rank.
class HostileTransport final : public Transport {
 public:
  HostileTransport(Transport& inner, Misdeed& misdeed, std::uint64_t seed)
      : rng(seed, RandomPurpose::kTest, static_cast<std::uint32_t>(inner.rank())),
        inner_(inner),
        misdeed_(misdeed) {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  bool on_this_host(int other) const override { return inner_.on_this_host(other); }
  int first_on_host_of(int other) const override { return inner_.first_on_host_of(other); }
  Turns& turns() override { return inner_.turns(); }
  Refusals& refusals() override { return inner_.refusals(); }
  void send_datagram(int to, ConstBytes bytes) override {
    std::vector<std::byte> said(bytes.begin(), bytes.end());
    if (misdeed_.says) misdeed_.says(*this, to, said);
    inner_.send_datagram(to, said);
  }
  std::optional<Datagram> poll_datagram() override { return inner_.poll_datagram(); }
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override {
    return inner_.make_pool(cell_bytes, capacity);
  }
  void open(CellPool& pool) override {
    pool_ = &pool;
    short_.emplace(pool.cell_bytes() - 1, 4);
    inner_.open(pool);
  }
  void send(int to, CellBuffer cell) override {
    if (misdeed_.sends)
      misdeed_.sends(*this, to, std::move(cell));
    else
      pass(to, std::move(cell));
  }
  std::optional<Arrival> poll() override {
    if (misdeed_.looks && pool_ != nullptr) misdeed_.looks(*this);
    return inner_.poll();
  }
  void flush() override { inner_.flush(); }
  bool all_sent() override {
    pass_held();  // as it leaves
    return inner_.all_sent();
  }
  void close() noexcept override {
    held.clear();
    pool_ = nullptr;
    inner_.close();
  }

  // For the misdeed.
  struct Held {
    int to = 0;
    CellBuffer cell;
  };
  CounterRng rng;
  std::vector<Held> held;  // cells that it keeps

  void pass(int to, CellBuffer cell) { inner_.send(to, std::move(cell)); }
  void pass_held() {
    for (Held& one : std::exchange(held, {})) pass(one.to, std::move(one.cell));
  }
  // A cell more, if its pool has room beside what its own work needs.
  bool slip(int to, ConstBytes bytes) {
    if (pool_->in_use() + pool_->lent() > pool_->capacity() / 2) inner_.flush();
    if (pool_->in_use() + pool_->lent() > pool_->capacity() / 2) return false;
    CellBuffer cell = pool_->take();
    if (!cell) return false;
    copy_bytes(bytes, cell.bytes());
    pass(to, std::move(cell));
    return true;
  }
  void pass_short(int to) {
    if (CellBuffer cell = short_->take()) pass(to, std::move(cell));
  }
  void say(int to, ConstBytes bytes) { inner_.send_datagram(to, bytes); }
  std::size_t cell_bytes() const { return pool_->cell_bytes(); }
  std::vector<std::byte> noise(std::size_t bytes) {
    std::vector<std::byte> drawn(bytes);
    for (std::byte& b : drawn) b = static_cast<std::byte>(rng.next());
    return drawn;
  }
  int other_than(int to) {  // some other rank, not this one
    int other = to;
    while (other == to || other == rank())
      other = static_cast<int>(rng.below(static_cast<std::uint32_t>(size())));
    return other;
  }

 private:
  Transport& inner_;
  Misdeed& misdeed_;
  CellPool* pool_ = nullptr;
  std::optional<CellPool> short_;
};

// A node over it, for as long as it lives.
class HostileRank {
 public:
  HostileRank(Transport& inner, Misdeed misdeed, std::uint64_t seed)
      : misdeed_(std::move(misdeed)),
        transport_(inner, misdeed_, seed),
        node_(transport_, {}, {},
              {.takes =
                   [this](Message& m) {
                     if (misdeed_.takes) misdeed_.takes(transport_, m);
                   },
               .answers = misdeed_.answers,
               .reports = misdeed_.reports}) {}

  Node& node() { return node_; }
  const Misdeed& misdeed() const { return misdeed_; }

 private:
  Misdeed misdeed_;
  HostileTransport transport_;
  Node node_;
};

}  // namespace mixnn::testing
