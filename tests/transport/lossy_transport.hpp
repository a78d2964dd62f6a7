#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/rounds/slot.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn::testing {

// What bad links have done to the cells of a rank.
struct LinkFaults {
  // Misnamed: altered in the clear bytes, so that it is not what the receiver waits for.
  std::uint64_t sent = 0, dropped = 0, doubled = 0, delayed = 0, altered = 0, misnamed = 0;

  std::uint64_t all() const { return dropped + doubled + delayed + altered + misnamed; }
  std::string json() const {
    return "{\"sent\": " + std::to_string(sent) + ", \"dropped\": " + std::to_string(dropped) +
           ", \"doubled\": " + std::to_string(doubled) +
           ", \"delayed\": " + std::to_string(delayed) +
           ", \"altered\": " + std::to_string(altered) +
           ", \"misnamed\": " + std::to_string(misnamed) + "}";
  }
};

// Another transport, over whose links a cell that this rank sends meets with `rate` one of the
// fates, each as likely, by a seed: it is lost, comes twice, comes up to kMostDelay later, so that
// others pass it, or has one bit altered.
class LossyTransport final : public Transport {
 public:
  enum class Fate : std::uint8_t { kDrop, kDouble, kDelay, kAlter };
  static constexpr Nanoseconds kMostDelay = std::chrono::milliseconds(20);

  LossyTransport(Transport& inner, double rate, std::uint64_t seed,
                 std::vector<Fate> fates = {Fate::kDrop, Fate::kDouble, Fate::kDelay, Fate::kAlter},
                 const Clock* clock = nullptr)  // the steady one
      : inner_(inner),
        below_(static_cast<std::uint32_t>(rate * kMany)),
        fates_(std::move(fates)),
        rng_(seed, RandomPurpose::kTest, static_cast<std::uint32_t>(inner.rank())),
        clock_(clock == nullptr ? steady_ : *clock) {}

  // Alters that one of its cells in any case, counted from 1.
  void alter_number(std::uint64_t number) { altered_number_ = number; }

  const LinkFaults& faults() const { return faults_; }

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  bool on_this_host(int other) const override { return inner_.on_this_host(other); }
  int first_on_host_of(int other) const override { return inner_.first_on_host_of(other); }
  bool core_for_each() const override { return inner_.core_for_each(); }
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
    pass_held(false);
    if (++faults_.sent == altered_number_)
      meet(Fate::kAlter, to, std::move(cell));
    else if (to != rank() && rng_.below(kMany) < below_)
      meet(fates_[rng_.below(static_cast<std::uint32_t>(fates_.size()))], to, std::move(cell));
    else
      inner_.send(to, std::move(cell));
  }
  std::optional<Arrival> poll() override {
    pass_held(false);
    return inner_.poll();
  }
  void flush() override {
    pass_held(false);
    inner_.flush();
  }
  bool all_sent() override {
    pass_held(true);
    return inner_.all_sent();
  }
  void close() noexcept override {
    held_.reset();
    pool_ = nullptr;
    inner_.close();
  }

 private:
  static constexpr std::uint32_t kMany = std::uint32_t{1} << 30;
  struct Held {
    int to = 0;
    Nanoseconds until{0};
    CellBuffer cell;
  };

  void meet(Fate fate, int to, CellBuffer cell) {
    if (fate == Fate::kDrop) {
      ++faults_.dropped;
      return;
    }
    if (fate == Fate::kDouble) pass_copy(to, cell.bytes());
    if (fate == Fate::kAlter) alter(cell.bytes());
    if (fate == Fate::kDelay && !held_) {
      ++faults_.delayed;
      const auto most = static_cast<std::uint32_t>(kMostDelay.count());
      held_.emplace(to, clock_.now() + Nanoseconds(rng_.below(most)), std::move(cell));
      return;
    }
    inner_.send(to, std::move(cell));
  }
  // Not if the pool has no room for it beside what this rank's work needs.
  void pass_copy(int to, ConstBytes bytes) {
    if (pool_->in_use() + pool_->lent() > pool_->capacity() * 3 / 4) return;
    CellBuffer copy = pool_->take();
    if (!copy) return;
    copy_bytes(bytes, copy.bytes());
    inner_.send(to, std::move(copy));
    ++faults_.doubled;
  }
  void alter(Bytes cell) {
    const std::size_t at = rng_.below(static_cast<std::uint32_t>(cell.size()));
    cell[at] ^= std::byte{1} << rng_.below(8);
    ++(at < kClearBytes ? faults_.misnamed : faults_.altered);
  }
  void pass_held(bool now) {
    if (!held_ || (!now && clock_.now() < held_->until)) return;
    Held passed = std::move(*held_);
    held_.reset();
    inner_.send(passed.to, std::move(passed.cell));
  }

  Transport& inner_;
  std::uint32_t below_;
  std::vector<Fate> fates_;
  CounterRng rng_;
  SteadyClock steady_;
  const Clock& clock_;
  std::uint64_t altered_number_ = 0;
  CellPool* pool_ = nullptr;
  std::optional<Held> held_;  // one at a time, as a pool has little room
  LinkFaults faults_;
};

}  // namespace mixnn::testing
