#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/transport/mpi_transport.hpp"
#include "transport/mpi_testing.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr double kPatience = 60;  // seconds until a test that makes no progress fails

void sleep_outside_mpi(Nanoseconds time) {
  const timespec span{time.count() / 1'000'000'000, time.count() % 1'000'000'000};
  ::nanosleep(&span, nullptr);
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const RunError& error) {
    return error.what();
  }
  return "no error";
}

struct CellLabel {
  std::uint32_t from, to, number;
  std::uint32_t sum;  // FNV-1a of what follows
};

std::uint32_t checksum(ConstBytes bytes) {
  std::uint32_t hash = 2166136261u;
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint32_t>(b)) * 16777619u;
  return hash;
}

void write_cell(Bytes cell, CellLabel label, CounterRng& rng) {
  std::memset(cell.data(), static_cast<int>(label.number & 0xff), cell.size());
  for (std::size_t i = sizeof(CellLabel); i < cell.size(); i += 64)
    cell[i] = static_cast<std::byte>(rng.next());
  cell.back() = static_cast<std::byte>(rng.next());
  label.sum = checksum(cell.subspan(sizeof(CellLabel)));
  std::memcpy(cell.data(), &label, sizeof label);
}

CellLabel read_cell(ConstBytes cell) {
  CellLabel label;
  std::memcpy(&label, cell.data(), sizeof label);
  EXPECT_EQ(label.sum, checksum(cell.subspan(sizeof(CellLabel)))) << "a cell changed on its way";
  return label;
}

// Which ranks each rank sends its cells to, known to all: rank r's are the stream (seed, r).
std::vector<std::vector<std::uint32_t>> draw_destinations(std::uint32_t ranks,
                                                          std::uint32_t cells) {
  std::vector<std::vector<std::uint32_t>> destinations(ranks);
  for (std::uint32_t r = 0; r < ranks; ++r) {
    CounterRng rng(7, RandomPurpose::kTest, r);
    for (std::uint32_t i = 0; i < cells; ++i) destinations[r].push_back(rng.below(ranks));
  }
  return destinations;
}

// Leaves, and waits for all.
void go(MpiTransport& transport, bool leave = true) {
  if (leave) transport.leave();
  const Stopwatch watch;
  while (!transport.all_left()) {
    ASSERT_LT(watch.seconds(), kPatience) << "not all have left";
    transport.poll();
    transport.idle(false);
  }
}

// How ranks wait, and whether cells lie in memory of the host's ranks or of one rank alone.
struct Way {
  Waiting waiting;
  bool shared;
};

class MpiTransportTest : public testing::TestWithParam<Way> {
 protected:
  std::unique_ptr<CellPool> make_pool(MpiTransport& transport, std::size_t cell_bytes,
                                      std::size_t capacity) {
    return GetParam().shared ? transport.make_pool(cell_bytes, capacity)
                             : std::make_unique<CellPool>(cell_bytes, capacity);
  }

  // Each rank sends `cells` cells to random ranks (itself among them), while it takes in what
  // comes; then leaves. All pass on what `pause` asks for: time spent outside MPI after an arrival.
  void all_to_all(std::size_t cell_bytes, std::size_t capacity, std::uint32_t cells,
                  Nanoseconds pause = 0ns) {
    MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
    const std::unique_ptr<CellPool> own = make_pool(transport, cell_bytes, capacity);
    CellPool& pool = *own;
    transport.open(pool);
    const auto me = static_cast<std::uint32_t>(transport.rank());
    const auto destinations =
        draw_destinations(static_cast<std::uint32_t>(transport.size()), cells);
    std::size_t expected = 0;
    for (const auto& of_rank : destinations)
      expected += static_cast<std::size_t>(std::count(of_rank.begin(), of_rank.end(), me));

    CounterRng filler(8, RandomPurpose::kTest, me);
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> seen;
    std::uint32_t sent = 0;
    std::size_t received = 0;
    bool left = false;
    const Stopwatch watch;
    while (!left || !transport.all_left()) {
      ASSERT_LT(watch.seconds(), kPatience)
          << sent << " sent, " << received << " of " << expected << " received";
      bool progress = false;
      if (sent < cells) {
        if (CellBuffer cell = pool.take()) {
          const std::uint32_t to = destinations[me][sent];
          write_cell(cell.bytes(), {me, to, sent, 0}, filler);
          transport.send(static_cast<int>(to), std::move(cell));
          ++sent;
          progress = true;
        }
      }
      if (std::optional<Arrival> arrival = transport.poll()) {
        ASSERT_EQ(arrival->cell.bytes().size(), cell_bytes);
        const CellLabel label = read_cell(arrival->cell.bytes());
        EXPECT_EQ(label.from, static_cast<std::uint32_t>(arrival->from));
        EXPECT_EQ(label.to, me);
        EXPECT_EQ(++seen[std::make_pair(label.from, label.number)], 1) << "a cell came twice";
        ++received;
        progress = true;
        if (pause > 0ns) sleep_outside_mpi(pause);
      }
      if (!left && sent == cells && received == expected) {
        transport.leave();
        left = true;
      }
      if (progress)
        transport.busy();
      else
        transport.idle(false);
    }
    EXPECT_EQ(received, expected);
    EXPECT_EQ(pool.in_use(), 0u);
  }
};

TEST_P(MpiTransportTest, DeliversEveryCellExactlyOnceAndUnchanged) { all_to_all(16384, 128, 1000); }
TEST_P(MpiTransportTest, DeliversCellsOfTheUsualSize) { all_to_all(132 * 1024, 128, 150); }
TEST_P(MpiTransportTest, DeliversCellsBeyondTheEagerLimit) { all_to_all(1 << 20, 64, 30); }
TEST_P(MpiTransportTest, WorksWithATinyPool) { all_to_all(4096, 4, 500); }
TEST_P(MpiTransportTest, WakesWhoeverHasFallenAsleep) { all_to_all(4096, 64, 40, 1ms); }

TEST_P(MpiTransportTest, SendsOfTheUsualSizeEndWhileTheReceiverSleeps) {
  constexpr std::size_t kCells = 48;
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  const std::unique_ptr<CellPool> own = make_pool(transport, 132 * 1024, 128);
  CellPool& pool = *own;
  transport.open(pool);
  const std::size_t posted = pool.in_use();
  MPI_Barrier(MPI_COMM_WORLD);
  if (transport.rank() == 0 && transport.size() > 1) {
    CounterRng filler(8, RandomPurpose::kTest, 0);
    for (std::uint32_t i = 0; i < kCells; ++i) {
      CellBuffer cell = pool.take();
      write_cell(cell.bytes(), {0, 1, i, 0}, filler);
      transport.send(1, std::move(cell));
    }
    transport.flush();
    EXPECT_EQ(pool.in_use(), posted) << "cells wait for their receiver";
  }
  MPI_Barrier(MPI_COMM_WORLD);  // until here rank 1 takes nothing in
  std::size_t received = 0;
  const Stopwatch watch;
  while (transport.rank() == 1 && received < kCells) {
    ASSERT_LT(watch.seconds(), kPatience);
    if (std::optional<Arrival> arrival = transport.poll())
      EXPECT_EQ(read_cell(arrival->cell.bytes()).number, received++);
    else
      transport.idle(false);
  }
  go(transport);
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST_P(MpiTransportTest, RestsUntilACellComes) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  const std::unique_ptr<CellPool> own = make_pool(transport, 4096, 32);
  CellPool& pool = *own;
  transport.open(pool);
  if (transport.rank() == 0) {
    sleep_outside_mpi(100ms);
    for (int to = 0; to < transport.size(); ++to) transport.send(to, pool.take());
  }
  const Stopwatch watch;
  while (!transport.poll()) {
    ASSERT_LT(watch.seconds(), kPatience);
    transport.idle(true);
  }
  go(transport);
}

TEST_P(MpiTransportTest, DoesNotHangWhereRanksLeaveWhileOthersSend) {
  for (const std::size_t cell_bytes : {std::size_t{4096}, std::size_t{1} << 20}) {
    MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
    const std::unique_ptr<CellPool> own = make_pool(transport, cell_bytes, 32);
    CellPool& pool = *own;
    transport.open(pool);
    CounterRng rng(9, RandomPurpose::kTest, static_cast<std::uint32_t>(transport.rank()));
    const Stopwatch watch;
    const double stay = 0.02 * transport.rank();
    bool left = false;
    while (!left || !transport.all_left()) {
      ASSERT_LT(watch.seconds(), kPatience) << "not all have left";
      if (CellBuffer cell = pool.take())
        transport.send(static_cast<int>(rng.below(static_cast<std::uint32_t>(transport.size()))),
                       std::move(cell));
      transport.poll();
      if (!left && watch.seconds() > stay) {
        transport.leave();
        left = true;
      }
    }
    EXPECT_EQ(pool.in_use(), 0u);
  }
}

TEST_P(MpiTransportTest, ShutsDownARankThatHoldsAllItsCells) {
  if (test_runtime().size() == 1) GTEST_SKIP() << "needs somebody who sends";
  CellPool pool(200 * 1024, test_runtime().rank() == 0 ? 8 : 16);
  {
    MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
    transport.open(pool);
    std::vector<CellBuffer> held;
    MPI_Barrier(MPI_COMM_WORLD);
    if (transport.rank() == 0) {
      const Stopwatch watch;
      while (held.size() < pool.capacity()) {
        ASSERT_LT(watch.seconds(), kPatience);
        if (std::optional<Arrival> arrival = transport.poll())
          held.push_back(std::move(arrival->cell));
      }
    } else {
      for (int i = 0; i < 12; ++i)
        if (CellBuffer cell = pool.take()) transport.send(0, std::move(cell));
    }
    go(transport);
    EXPECT_EQ(pool.in_use(), held.size());
  }
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST_P(MpiTransportTest, LeavesWithoutHavingBeenOpened) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  go(transport);
  EXPECT_TRUE(transport.all_left());
}

TEST_P(MpiTransportTest, GivesEveryCellBackWhenClosed) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  {
    CellPool pool(4096, 128);
    transport.open(pool);
    EXPECT_EQ(pool.in_use(), 32u);
    transport.send(transport.rank(), pool.take());
    transport.send((transport.rank() + 1) % transport.size(), pool.take());
    transport.close();
    EXPECT_EQ(pool.in_use(), 0u);
    EXPECT_FALSE(transport.poll());
    transport.send(transport.rank(), pool.take());
    EXPECT_EQ(pool.in_use(), 0u) << "a closed transport keeps cells";
    transport.close();
  }
  EXPECT_FALSE(transport.broken());
}

TEST_P(MpiTransportTest, LeavesMostOfASmallPoolForSending) {
  CellPool pool(4096, 8);
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  transport.open(pool);
  EXPECT_EQ(pool.in_use(), 2u);
}

TEST_P(MpiTransportTest, RefusesRanksThatAreNot) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  const std::unique_ptr<CellPool> own = make_pool(transport, 4096, 32);
  CellPool& pool = *own;
  transport.open(pool);
  const std::string of_size = " of " + std::to_string(transport.size());
  EXPECT_EQ(error_of([&] { transport.send(99, pool.take()); }), "a cell for rank 99" + of_size);
  EXPECT_EQ(error_of([&] { transport.send(-1, pool.take()); }), "a cell for rank -1" + of_size);
  EXPECT_EQ(error_of([&] { transport.send_datagram(transport.size(), {}); }),
            "a datagram for rank " + std::to_string(transport.size()) + of_size);
  go(transport);  // it is good for others still
}

// Rank 1's cells are of another size than rank 0's.
TEST_P(MpiTransportTest, RefusesCellsOfAnotherSize) {
  ::setenv("MIXNN_CELLS", "copied",
           1);  // a broken rank does not take part in giving up shared memory
  for (const std::size_t other : {std::size_t{2048}, std::size_t{8192}}) {
    CellPool pool(test_runtime().rank() == 1 ? other : 4096, 32);
    MpiTransport transport(MPI_COMM_WORLD, Waiting::kPoll);
    transport.open(pool);
    if (transport.rank() == 1) transport.send(0, pool.take());
    if (transport.rank() == 0 && transport.size() > 1) {
      const auto receive = [&] {
        const Stopwatch watch;
        while (watch.seconds() < 5 && !transport.poll()) transport.idle(false);
      };
      const std::string error = error_of(receive);
      EXPECT_THAT(error, HasSubstr("rank 1 sent a cell of "));
      EXPECT_THAT(error, HasSubstr("the cells of this run have 4096"));
      EXPECT_TRUE(transport.broken());
      EXPECT_FALSE(transport.poll()) << "an error is thrown once";
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ::unsetenv("MIXNN_CELLS");
}

TEST_P(MpiTransportTest, CarriesDatagramsInOrder) {
  constexpr std::uint32_t kEach = 20;
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  const int ranks = transport.size();
  const auto size_of = [](std::uint32_t number) {
    return number == 0 ? 4 : number == 1 ? Transport::kMaxDatagram : 4 + 97 * number;
  };
  for (std::uint32_t number = 0; number < kEach; ++number)
    for (int to = 0; to < ranks; ++to) {
      std::vector<std::byte> bytes(size_of(number), static_cast<std::byte>(transport.rank()));
      std::memcpy(bytes.data(), &number, sizeof number);
      transport.send_datagram(to, bytes);
    }
  std::vector<std::uint32_t> next(static_cast<std::size_t>(ranks), 0);
  const Stopwatch watch;
  for (std::uint32_t received = 0; received < kEach * static_cast<std::uint32_t>(ranks);) {
    ASSERT_LT(watch.seconds(), kPatience);
    const std::optional<Datagram> datagram = transport.poll_datagram();
    if (!datagram) {
      transport.idle(false);
      continue;
    }
    transport.busy();
    ++received;
    std::uint32_t number = 0;
    std::memcpy(&number, datagram->bytes.data(), sizeof number);
    EXPECT_EQ(number, next[static_cast<std::size_t>(datagram->from)]++) << "out of order";
    EXPECT_EQ(datagram->bytes.size(), size_of(number));
    EXPECT_EQ(datagram->bytes.back(),
              number == 0 ? std::byte{0} : static_cast<std::byte>(datagram->from));
  }
  EXPECT_FALSE(transport.poll_datagram());
  go(transport);
}

// A rank may still be shaking hands when the first cells come.
TEST_P(MpiTransportTest, KeepsCellsThatComeBeforeItIsOpen) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  const std::unique_ptr<CellPool> own = make_pool(transport, 132 * 1024, 64);
  CellPool& pool = *own;
  if (transport.rank() == 0) {
    transport.open(pool);
    for (int to = 0; to < transport.size(); ++to) transport.send(to, pool.take());
    for (int to = 0; to < transport.size(); ++to) transport.send_datagram(to, {});
  }
  const Stopwatch watch;
  while (!transport.poll_datagram()) {
    ASSERT_LT(watch.seconds(), kPatience);
    transport.idle(false);
  }
  if (transport.rank() != 0) transport.open(pool);
  while (!transport.poll()) {
    ASSERT_LT(watch.seconds(), kPatience);
    transport.idle(false);
  }
  go(transport);
}

INSTANTIATE_TEST_SUITE_P(, MpiTransportTest,
                         testing::Values(Way{Waiting::kDoorbell, false}, Way{Waiting::kPoll, false},
                                         Way{Waiting::kDoorbell, true}, Way{Waiting::kPoll, true}),
                         [](const auto& param) {
                           return std::string(param.param.waiting == Waiting::kDoorbell ? "Doorbell"
                                                                                        : "Poll") +
                                  (param.param.shared ? "Shared" : "Copied");
                         });

class MpiSharedCellsTest : public testing::Test {
 protected:
  MpiHost host{MPI_COMM_WORLD};
  int me = host.number_of(test_runtime().rank()), next = (me + 1) % host.ranks();
};

TEST_F(MpiSharedCellsTest, HandsOverTheMemoryItself) {
  MpiSharedCells shared(host.comm());
  ASSERT_TRUE(shared.usable());
  const std::unique_ptr<CellPool> pool = shared.make_pool(4096, 4);
  CellBuffer cell = pool->take();
  std::memset(cell.bytes().data(), 10 + me, cell.bytes().size());
  const std::byte* const mine = cell.bytes().data();
  shared.hand_over(next, std::move(cell));
  EXPECT_EQ(pool->lent(), 1u);
  MPI_Barrier(host.comm());
  std::optional<MpiSharedCells::Arrived> arrived = shared.take();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->number, (me + host.ranks() - 1) % host.ranks());
  EXPECT_EQ(arrived->cell.bytes().back(), static_cast<std::byte>(10 + arrived->number));
  // What the receiver writes, the sender sees: there is one memory.
  arrived->cell.bytes()[7] = std::byte{99};
  MPI_Barrier(host.comm());
  EXPECT_EQ(mine[7], std::byte{99});
  EXPECT_FALSE(shared.take());
  arrived.reset();
  MPI_Barrier(host.comm());
  for (int i = 0; i < 4; ++i) {  // the cell is back
    const CellBuffer again = pool->take();
    EXPECT_TRUE(again);
  }
  std::vector<CellBuffer> all;
  while (CellBuffer one = pool->take()) all.push_back(std::move(one));
  EXPECT_EQ(all.size(), 4u);
  EXPECT_EQ(pool->lent(), 0u);
  all.clear();
  MPI_Barrier(host.comm());
  shared.free();
}

TEST_F(MpiSharedCellsTest, KeepsTheOrderOfOneSender) {
  MpiSharedCells shared(host.comm());
  const std::unique_ptr<CellPool> pool = shared.make_pool(64, 32);
  for (int i = 0; i < 32; ++i) {
    CellBuffer cell = pool->take();
    cell.bytes()[0] = static_cast<std::byte>(i);
    shared.hand_over(next, std::move(cell));
  }
  EXPECT_FALSE(pool->take());
  MPI_Barrier(host.comm());
  for (int i = 0; i < 32; ++i) {
    const std::optional<MpiSharedCells::Arrived> arrived = shared.take();
    ASSERT_TRUE(arrived);
    EXPECT_EQ(arrived->cell.bytes()[0], static_cast<std::byte>(i));
  }
  MPI_Barrier(host.comm());
  shared.free();
}

// While it lives this rank may run on all cores, as if mpirun had not bound it.
class Unbound {
 public:
  Unbound() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t all;
    std::memset(&all, 0xff, sizeof all);
    ::sched_setaffinity(0, sizeof all, &all);
  }
  ~Unbound() { ::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

// Tokens that go round among the ranks of a host, who wait for them in their mail and take turns on
// the seats. Which token is which does not matter.
class TokenRing {
 public:
  // With `held_up` a rank that has seen mail for another one, and so is about to pass its seat on,
  // is held up for so long every few times that it looks whether there is mail for itself.
  TokenRing(const MpiHost& host, std::size_t helpers, int tokens = 1, Nanoseconds held_up = 0s)
      : tokens_(tokens),
        held_up_(held_up),
        me_(host.number_of(test_runtime().rank())),
        next_((me_ + 1) % host.ranks()),
        boxes_(host.comm(), host.ranks()),
        seats_(host.comm(), helpers, [this](int number) { return has_mail(number); }) {}
  ~TokenRing() {
    seats_.leave();
    MPI_Barrier(MPI_COMM_WORLD);
    seats_.free();
    boxes_.free();
  }

  MpiSeats& seats() { return seats_; }
  // Every rank has each token so many times, and does `work` with it.
  template <class Work>
  void run(int laps, const Work& work) {
    begin();
    for (int taken = 1; taken <= laps * tokens_; ++taken) {
      while (!take()) seats_.wait(1s, taken % 100 == 0);
      work();
      if (!is_last(taken, laps)) pass();
    }
  }
  void begin() {
    MPI_Barrier(MPI_COMM_WORLD);
    for (int i = 0; i < tokens_ && me_ == 0; ++i) pass();
  }
  bool take() {
    std::atomic<int>& mail = boxes_[me_].mail;
    if (mail.load() == 0) return false;
    mail.fetch_sub(1);
    return true;
  }
  void pass() {
    boxes_[next_].mail.fetch_add(1);
    seats_.sent_to(next_);
  }
  // Of the tokens taken so far, the last has gone round often enough: it is not passed.
  bool is_last(int taken, int laps) const { return me_ == 0 && taken > (laps - 1) * tokens_; }

 private:
  struct alignas(128) Box {
    std::atomic<int> mail;
  };

  bool has_mail(int number) {
    if (number != me_) {
      const bool mail = boxes_[number].mail.load() != 0;
      if (mail && held_up_ > 0s) about_to_pass_.store(true);
      return mail;
    }
    if (about_to_pass_.exchange(false) && looks_.fetch_add(1) % 5 == 0)
      std::this_thread::sleep_for(held_up_);
    return boxes_[me_].mail.load() != 0;
  }

  int tokens_;
  Nanoseconds held_up_;
  std::atomic<bool> about_to_pass_{false};
  std::atomic<int> looks_{0};
  int me_, next_;
  MpiHostArray<Box> boxes_;
  MpiSeats seats_;
};

// With fewer seats than ranks, each pass of the token is a change of seats. A lost call costs a
// second.
TEST(MpiSeatsTest, LosesNoCall) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  TokenRing ring(host, 0);
  ASSERT_TRUE(ring.seats().usable());
  const Stopwatch watch;
  ring.run(2000, [] {});
  EXPECT_LT(watch.seconds(), 20);
}

// The same in a loop that goes on where the rank has its seat: on a thread bound to that core, and
// never on two at once. The last round is the same for all ranks, so that nobody leaves while
// others need him.
TEST(MpiSeatsTest, RunsALoopOnTheCoreOfItsSeat) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  TokenRing ring(host, 0);
  ASSERT_TRUE(ring.seats().usable());
  constexpr int kLaps = 2000;
  std::set<std::thread::id> threads;
  int laps = 0, unbound_rounds = 0;
  std::atomic<int> inside{0}, most{0};
  const Stopwatch watch;
  ring.begin();
  ring.seats().run([&] {
    most.store(std::max(most.load(), inside.fetch_add(1) + 1));
    if (ring.take()) {
      threads.insert(std::this_thread::get_id());
      cpu_set_t cores;
      ::sched_getaffinity(0, sizeof cores, &cores);
      if (CPU_COUNT(&cores) != 1) ++unbound_rounds;
      ++laps;
      if (!ring.is_last(laps, kLaps)) ring.pass();
    }
    inside.fetch_sub(1);
    if (laps == kLaps) return false;
    ring.seats().wait(1s, laps % 100 == 0);
    return true;
  });
  EXPECT_EQ(laps, kLaps);
  EXPECT_EQ(most.load(), 1);
  EXPECT_LT(watch.seconds(), 20) << "a lost call costs a second";
  if (host.cores() > 1 && host.ranks() > 1) {
    EXPECT_EQ(unbound_rounds, 0);
    EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
  }
}

// A thread that is held up after it has parked may find that another has acted for its rank since,
// and has parked in turn.
TEST(MpiSeatsTest, GoesOnWhereAThreadIsHeldUpWhileItPasses) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  constexpr int kLaps = 150, kTokens = 3;
  TokenRing ring(host, 0, kTokens, 2ms);
  int taken = 0;
  std::atomic<int> inside{0}, most{0};
  const Stopwatch watch;
  ring.begin();
  ring.seats().run([&] {
    most.store(std::max(most.load(), inside.fetch_add(1) + 1));
    if (ring.take() && !ring.is_last(++taken, kLaps)) ring.pass();
    inside.fetch_sub(1);
    if (taken == kLaps * kTokens) return false;
    ring.seats().wait(1s, taken % 100 == 0);
    return true;
  });
  EXPECT_EQ(taken, kLaps * kTokens);
  EXPECT_EQ(most.load(), 1);
  EXPECT_LT(watch.seconds(), 20) << "a lost call costs a second";
}

// Calls and the end come while threads are still being started.
TEST(MpiSeatsTest, LosesNoCallWhileALoopBegins) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  TokenRing ring(host, 0);
  const Stopwatch watch;
  for (int run = 0; run < 300; ++run) {
    int laps = 0;
    ring.begin();
    ring.seats().run([&] {
      if (ring.take() && !ring.is_last(++laps, 1)) ring.pass();
      if (laps == 1) return false;
      ring.seats().wait(1s, false);
      return true;
    });
    EXPECT_EQ(laps, 1);
  }
  EXPECT_LT(watch.seconds(), 30);
}

TEST(MpiSeatsTest, ThrowsWhatTheLoopThrew) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  TokenRing ring(host, 0);
  int rounds = 0;
  EXPECT_THROW(ring.seats().run([&]() -> bool {
    if (++rounds == 10) throw RunError("enough");
    ring.seats().wait(1ms, false);
    return true;
  }),
               RunError);
  EXPECT_EQ(rounds, 10);
  rounds = 0;
  ring.seats().run([&] { return ++rounds < 3; });  // and may run again
  EXPECT_EQ(rounds, 3);
}

// While it lives this process gets no memory for the stack of another thread.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge = before_;
    pthread_attr_setstacksize(
        &huge, std::size_t{1} << 30);  // larger than any stack that is kept for later
    pthread_setattr_default_np(&huge);
    ::getrlimit(RLIMIT_AS, &limit_);
    rlimit low = limit_;
    low.rlim_cur = mapped_bytes() + (std::size_t{64} << 20);
    ::setrlimit(RLIMIT_AS, &low);
  }
  ~NoMoreThreads() {
    ::setrlimit(RLIMIT_AS, &limit_);
    pthread_setattr_default_np(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  static std::size_t mapped_bytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * 4096;
  }
  pthread_attr_t before_;
  rlimit limit_{};
};

TEST(MpiSeatsTest, RunsALoopOnOneThreadWhereThereAreNoMore) {
#if defined(MIXNN_SANITIZE)
  GTEST_SKIP() << "sanitizers map more than any limit";
#endif
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  TokenRing ring(host, 0);
  const NoMoreThreads no_more;
  EXPECT_THROW(std::thread([] {}).join(), std::system_error);
  constexpr int kLaps = 200;
  std::set<std::thread::id> threads;
  int laps = 0;
  const Stopwatch watch;
  ring.begin();
  ring.seats().run([&] {
    threads.insert(std::this_thread::get_id());
    if (ring.take() && !ring.is_last(++laps, kLaps)) ring.pass();
    if (laps == kLaps) return false;
    ring.seats().wait(1s, laps % 100 == 0);
    return true;
  });
  EXPECT_EQ(laps, kLaps);
  EXPECT_EQ(threads, std::set<std::thread::id>{std::this_thread::get_id()});
  EXPECT_LT(watch.seconds(), 20) << "a lost call costs a second";
}

// The same, while each rank shares work with helpers whenever it has the token: they take cores
// that no rank needs, and give them back.
TEST(MpiSeatsTest, HelpersHoldNobodyUp) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  TokenRing ring(host, 2);
  ASSERT_TRUE(ring.seats().usable());
  constexpr int kLaps = 500, kParts = 8;
  std::atomic<long> parts{0}, by_helpers{0};
  {
    Crew crew(ring.seats().helper_places());
    EXPECT_EQ(crew.size(), host.cores() > 1 ? 3u : 1u)
        << "a helper for each seat, but no more than two";
    const std::thread::id mine = std::this_thread::get_id();
    const Stopwatch watch;
    ring.run(kLaps, [&] {
      crew.run(kParts, [&](std::size_t) {
        parts.fetch_add(1);
        if (std::this_thread::get_id() != mine) by_helpers.fetch_add(1);
        const Stopwatch part;
        while (part.seconds() < 20e-6) {
        }
      });
    });
    EXPECT_LT(watch.seconds(), 20);
  }
  EXPECT_EQ(parts.load(), kLaps * kParts);
  const long helped = by_helpers.load();
  long of_all = 0;
  MPI_Allreduce(&helped, &of_all, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  if (host.cores() > 1) {
    EXPECT_GT(of_all, 0) << "while one rank works, a core is free";
  }
}

TEST(MpiSeatsTest, GivesTheCoresBack) {
  const Unbound unbound;
  const MpiHost host(MPI_COMM_WORLD);
  cpu_set_t before, after;
  ::sched_getaffinity(0, sizeof before, &before);
  MpiSeats seats(host.comm(), 0, [](int) { return false; });
  const Stopwatch watch;
  seats.wait(5ms, false);
  EXPECT_LT(watch.seconds(), 5);
  seats.leave();
  ::sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  MPI_Barrier(MPI_COMM_WORLD);
  seats.free();
}

TEST(MpiHostTest, KnowsTheRanksOfItsHost) {
  const MpiHost host(MPI_COMM_WORLD);
  EXPECT_EQ(host.ranks(), test_runtime().size()) << "the tests run on one host";
  EXPECT_TRUE(host.has_all());
  for (int rank = 0; rank < test_runtime().size(); ++rank) EXPECT_EQ(host.number_of(rank), rank);
  EXPECT_GE(host.cores(), 1);
}

TEST(MpiHostTest, SharesCellsUnlessToldNotTo) {
  const MpiHost host(MPI_COMM_WORLD);
  ::unsetenv("MIXNN_CELLS");
  EXPECT_EQ(host.choose_sharing(), host.ranks() > 1);
  ::setenv("MIXNN_CELLS", "copied", 1);
  EXPECT_FALSE(host.choose_sharing());
  ::setenv("MIXNN_CELLS", "some", 1);
  EXPECT_THROW(check_mpi_host_environment(), UsageError);
  EXPECT_EQ(host.choose_sharing(), host.ranks() > 1);
  ::unsetenv("MIXNN_CELLS");
}

TEST(MpiHostTest, HasAShareOfTheCoresForEachRank) {
  const Unbound unbound;
  ::unsetenv("MIXNN_HELPERS");
  const MpiHost host(MPI_COMM_WORLD);
  EXPECT_EQ(host.most_helpers(), 3u);
  const auto share = static_cast<std::size_t>(host.cores() / host.ranks());
  EXPECT_EQ(host.own_helpers(), share > 1 ? std::min<std::size_t>(3, share - 1) : 0);
  // The host's first rank decides.
  ::setenv("MIXNN_HELPERS", host.number_of(test_runtime().rank()) == 0 ? "0" : "5", 1);
  EXPECT_EQ(MpiHost(MPI_COMM_WORLD).most_helpers(), 0u);
  for (const char* const wrong : {"many", "-1", "64", "1x", " 1"}) {
    ::setenv("MIXNN_HELPERS", wrong, 1);
    EXPECT_THROW(check_mpi_host_environment(), UsageError) << wrong;
  }
  EXPECT_EQ(MpiHost(MPI_COMM_WORLD).most_helpers(), 3u);
  ::unsetenv("MIXNN_HELPERS");
}

TEST(MpiHostTest, ChoosesTheDoorbellWhereRanksShareCores) {
  const MpiHost host(MPI_COMM_WORLD);
  ::unsetenv("MIXNN_WAIT");
  EXPECT_EQ(host.choose_waiting(),
            host.ranks() > host.cores() ? Waiting::kDoorbell : Waiting::kPoll);
  // The host's first rank decides.
  const bool first = host.number_of(test_runtime().rank()) == 0;
  ::setenv("MIXNN_WAIT", first ? "doorbell" : "poll", 1);
  EXPECT_EQ(host.choose_waiting(), Waiting::kDoorbell);
  ::setenv("MIXNN_WAIT", first ? "poll" : "doorbell", 1);
  EXPECT_EQ(host.choose_waiting(), Waiting::kPoll);
  ::setenv("MIXNN_WAIT", "sometimes", 1);
  EXPECT_THROW(check_mpi_host_environment(), UsageError);
  EXPECT_EQ(host.choose_waiting(),
            host.ranks() > host.cores() ? Waiting::kDoorbell : Waiting::kPoll);
  ::unsetenv("MIXNN_WAIT");
}

TEST(MpiDoorbellTest, LosesNoRing) {
  const MpiHost host(MPI_COMM_WORLD);
  MpiDoorbell bell(host.comm());
  const int me = host.number_of(test_runtime().rank()), next = (me + 1) % host.ranks();
  // A token goes round: each rank sleeps until it is rung, then rings the next. A lost ring costs a
  // minute.
  constexpr std::uint32_t kLaps = 300;
  const Stopwatch watch;
  for (std::uint32_t lap = 0; lap < kLaps; ++lap) {
    if (me == 0) bell.ring(next);
    while (bell.rings() == lap) bell.sleep(lap, 60s);
    ASSERT_EQ(bell.rings(), lap + 1);
    if (me != 0) bell.ring(next);
  }
  EXPECT_LT(watch.seconds(), 30);
  bell.free();
}

TEST(MpiDoorbellTest, SleepsNoLongerThanItIsToldTo) {
  const MpiHost host(MPI_COMM_WORLD);
  MpiDoorbell bell(host.comm());
  const Stopwatch watch;
  bell.sleep(0, 20ms);
  EXPECT_GE(watch.seconds(), 0.015);
  bell.sleep(7, 60s);  // not the count that it has: there is nothing to wait for
  EXPECT_LT(watch.seconds(), 30);
  bell.free();
}

TEST(MpiRuntimeTest, AgreesThatAllIsWell) { EXPECT_FALSE(test_runtime().agree(std::nullopt)); }

TEST(MpiRuntimeTest, TellsAllRanksTheFailureOfTheLowestThatFails) {
  const int ranks = test_runtime().size(), me = test_runtime().rank();
  for (int lowest = 0; lowest < ranks; ++lowest) {
    std::optional<MpiRuntime::Failure> mine;
    if (me >= lowest) mine = {me, 2 + me, "rank " + std::to_string(me) + std::string(5000, 'x')};
    const std::optional<MpiRuntime::Failure> failure = test_runtime().agree(mine);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->rank, lowest);
    EXPECT_EQ(failure->exit_code, 2 + lowest);
    EXPECT_EQ(failure->text, "rank " + std::to_string(lowest) + std::string(5000, 'x'));
  }
  const auto failure = test_runtime().agree(
      me == ranks - 1 ? std::optional<MpiRuntime::Failure>({me, 1, ""}) : std::nullopt);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->rank, ranks - 1);
  EXPECT_EQ(failure->text, "");
}

}  // namespace
}  // namespace mixnn
