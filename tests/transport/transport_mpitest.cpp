#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mpi.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/transport/mpi_link_probe.hpp"
#include "mixnn/transport/mpi_roll_call.hpp"
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

// Until all that this rank has sent has gone, and every other rank is as far. Then it is closed.
void go(MpiTransport& transport) {
  const Stopwatch watch;
  while (!transport.all_sent()) {
    ASSERT_LT(watch.seconds(), kPatience) << "what was sent does not go";
    transport.turns().idle(false);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  transport.close();
  EXPECT_FALSE(transport.broken());
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
    const Stopwatch watch;
    while (sent < cells || received < expected || !transport.all_sent()) {
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
      if (progress)
        transport.turns().busy();
      else
        transport.turns().idle(false);
    }
    EXPECT_EQ(received, expected);
    go(transport);
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
      transport.turns().idle(false);
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
    transport.turns().idle(true);
  }
  go(transport);
}

TEST_P(MpiTransportTest, ASendThatNobodyTakesIsNotSent) {
  if (test_runtime().size() == 1) GTEST_SKIP() << "needs somebody who sends";
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  CellPool pool(1 << 20, 8);  // beyond the eager limit
  const bool sends = transport.rank() == 1;
  if (sends) {
    transport.open(pool);
    transport.send(0, pool.take());
    for (int i = 0; i < 20; ++i) {
      EXPECT_FALSE(transport.all_sent());
      sleep_outside_mpi(1ms);
    }
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (transport.rank() == 0) {
    transport.open(pool);
    const Stopwatch watch;
    while (!transport.poll()) ASSERT_LT(watch.seconds(), kPatience);
  }
  go(transport);
}

TEST_P(MpiTransportTest, GoesWithoutHavingBeenOpened) {
  MpiTransport transport(MPI_COMM_WORLD, GetParam().waiting);
  EXPECT_TRUE(transport.all_sent());
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
TEST_P(MpiTransportTest, DropsCellsOfAnotherSizeAndCountsThem) {
  for (const std::size_t other : {std::size_t{2048}, std::size_t{8192}}) {
    CellPool pool(test_runtime().rank() == 1 ? other : 4096, 32);
    MpiTransport transport(MPI_COMM_WORLD, Waiting::kPoll);
    transport.open(pool);
    if (transport.rank() == 1) transport.send(0, pool.take());
    if (transport.rank() == 0 && transport.size() > 1) {
      const Stopwatch watch;
      while (transport.refusals().from(1) == 0) {
        ASSERT_LT(watch.seconds(), kPatience);
        EXPECT_FALSE(transport.poll());
        transport.turns().idle(false);
      }
      transport.send(0, pool.take());
      EXPECT_TRUE(transport.poll()) << "all goes on";
    }
    go(transport);
  }
}

TEST_P(MpiTransportTest, DropsAndCountsWhatNobodyWaitsFor) {
  constexpr std::uint64_t kStrays = 3000;
  MpiTransport transport(MPI_COMM_WORLD, Waiting::kPoll);
  CellPool pool(4096, 32);
  transport.open(pool);
  if (transport.rank() == 1) {
    const std::vector<std::byte> junk(Transport::kMaxDatagram);
    for (std::uint64_t i = 0; i < kStrays; ++i) transport.send_datagram(0, junk);
    transport.send(0, pool.take());
  }
  if (transport.rank() == 0 && transport.size() > 1) {
    const Stopwatch watch;
    bool cell = false;
    while (transport.refusals().from(1) < kStrays || !cell) {
      ASSERT_LT(watch.seconds(), kPatience) << transport.refusals().from(1);
      cell = transport.poll() || cell;
      transport.turns().idle(false);
    }
    EXPECT_EQ(transport.refusals().from(1), kStrays);
  }
  go(transport);
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
      transport.turns().idle(false);
      continue;
    }
    transport.turns().busy();
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
    transport.turns().idle(false);
  }
  if (transport.rank() != 0) transport.open(pool);
  while (!transport.poll()) {
    ASSERT_LT(watch.seconds(), kPatience);
    transport.turns().idle(false);
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

// Rank 1 sends rank 0 messages by hand; `take` is called until it says that all have come.
class HandmadeMessages : public testing::Test {
 protected:
  void SetUp() override {
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  }
  void TearDown() override {
    EXPECT_FALSE(calls.broken());
    MPI_Comm_free(&comm);
  }
  void exchange(const std::vector<std::pair<int, std::size_t>>& tags_and_sizes,
                const std::function<bool()>& take) {
    const int rank = test_runtime().rank();
    if (rank == 1) {
      std::vector<std::byte> bytes(1 << 20);
      std::vector<MPI_Request> sending(tags_and_sizes.size());
      for (std::size_t i = 0; i < sending.size(); ++i)
        MPI_Isend(bytes.data(), static_cast<int>(tags_and_sizes[i].second), MPI_BYTE, 0,
                  tags_and_sizes[i].first, comm, &sending[i]);
      MPI_Waitall(static_cast<int>(sending.size()), sending.data(), MPI_STATUSES_IGNORE);
    }
    if (rank == 0 && test_runtime().size() > 1) {
      const Stopwatch watch;
      while (!take()) ASSERT_LT(watch.seconds(), kPatience);
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  MpiCalls calls;
  MPI_Comm comm = MPI_COMM_NULL;
  Refusals refusals{test_runtime().size()};
};

TEST_F(HandmadeMessages, ADatagramThatIsTooLongIsDroppedAndCounted) {
  MpiLetters letters(calls, comm, refusals);
  std::vector<std::size_t> sizes;
  exchange({{1, 2049}, {1, 1 << 20}, {1, 3}}, [&] {
    if (const std::optional<Datagram> datagram = letters.poll())
      sizes.push_back(datagram->bytes.size());
    return !sizes.empty();
  });
  if (sizes.empty()) return;  // another rank's
  EXPECT_EQ(sizes, std::vector<std::size_t>{3});
  EXPECT_EQ(refusals.from(1), 2u);
}

TEST_F(HandmadeMessages, StraysOfAnyTagAndSizeAreDroppedAndCellsAreLeftAlone) {
  MpiStrays strays(calls, comm);
  std::vector<std::pair<int, std::size_t>> messages;
  for (int i = 0; i < 1000; ++i)
    messages.emplace_back(i % 2 == 0 ? 1 : 77, i % 100 == 0 ? 1 << 20 : 9);
  messages.emplace_back(2, 16);
  exchange(messages, [&] {
    strays.drop(refusals);
    return refusals.from(1) == 1000;
  });
  if (test_runtime().rank() == 0 && test_runtime().size() > 1) {
    std::array<std::byte, 16> cell;
    MPI_Recv(cell.data(), 16, MPI_BYTE, 1, 2, comm, MPI_STATUS_IGNORE);
    strays.drop(refusals);
    EXPECT_EQ(refusals.from(1), 1000u);
  }
  strays.close();
}

TEST(MpiHostTest, KnowsTheRanksOfItsHost) {
  MpiHost host(MPI_COMM_WORLD);
  const int me = test_runtime().rank();
  EXPECT_EQ(host.count(), test_runtime().size()) << "the tests run on one host";
  EXPECT_TRUE(host.has_all());
  for (int rank = 0; rank < test_runtime().size(); ++rank) {
    EXPECT_EQ(host.number_of(rank), rank);
    EXPECT_EQ(host.rank_of(rank), rank);
  }
  EXPECT_EQ(host.number(), me);
  host.free();
}

TEST(MpiHostTest, GathersFromAllAndBroadcastsFromTheFirst) {
  MpiHost host(MPI_COMM_WORLD);
  const int mine = 100 + host.number();
  std::vector<int> expected(static_cast<std::size_t>(host.count()));
  std::iota(expected.begin(), expected.end(), 100);
  EXPECT_EQ(gather(host, mine, "testing"), expected);
  int told = mine;
  host.broadcast(std::as_writable_bytes(std::span(&told, 1)), "testing");
  EXPECT_EQ(told, 100);
  host.free();
}

TEST(MpiHostTest, SharesMemoryThatIsZeroedAndAligned) {
  MpiHost host(MPI_COMM_WORLD);
  const HostArray<std::atomic<int>> odd(host, 3);  // what is shared next is aligned all the same
  const HostArray<std::atomic<int>> numbers(host, host.count());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&numbers[0]) % HostGroup::kAlignment, 0u);
  for (int number = 0; number < host.count(); ++number) EXPECT_EQ(numbers[number].load(), 0);
  host.barrier("testing");
  numbers[host.number()].store(7 + host.number());
  odd[0].fetch_add(1);
  host.barrier("testing");
  for (int number = 0; number < host.count(); ++number)
    EXPECT_EQ(numbers[number].load(), 7 + number);
  EXPECT_EQ(odd[0].load(), host.count());
  host.free();
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

// Ranks that say they have a host of two each.
TEST(MpiLinkProbeTest, FindsHostsAndMeasuresLinksBeforeAllAgree) {
  const int ranks = test_runtime().size(), me = test_runtime().rank();
  const auto first = [](int rank) { return rank / 2 * 2; };
  std::vector<int> first_on_host;
  for (int rank = 0; rank < ranks; ++rank) first_on_host.push_back(first(rank));
  const MpiLinkProbe probe(first_on_host, static_cast<std::size_t>(3 + me), 60s);
  MpiRollCall roll_call(60s);
  const auto agreed = [&] { return roll_call.agree({}, [&] { probe.answer(); }); };
  if (me > 0) {
    EXPECT_TRUE(agreed().goes_on);
    return;
  }
  ASSERT_TRUE(roll_call.question());
  const JobHosts hosts = probe.measure();
  EXPECT_TRUE(agreed().goes_on);
  ASSERT_EQ(hosts.host_of_rank.size(), static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) {
    const auto host = hosts.host_of_rank[static_cast<std::size_t>(rank)];
    EXPECT_EQ(host, static_cast<std::size_t>(rank / 2));
    EXPECT_EQ(hosts.cores[host], static_cast<std::size_t>(3 + first(rank)));
  }
  EXPECT_EQ(hosts.count(), static_cast<std::size_t>((ranks + 1) / 2));
  EXPECT_EQ(hosts.latency_s > 0, hosts.count() > 1);
  EXPECT_EQ(hosts.bytes_per_second > 0, hosts.count() > 1);
}

TEST(MpiLinkProbeTest, IsNotAskedWhereARankCannotGoOn) {
  const int me = test_runtime().rank(), last = test_runtime().size() - 1;
  if (last == 0) return;
  MpiRollCall roll_call(60s);
  if (me == 0) {
    EXPECT_FALSE(roll_call.question());
  }
  const auto word = roll_call.agree({me != last, me, 0, "no"}, [] { ADD_FAILURE() << "asked"; });
  EXPECT_FALSE(word.goes_on);
  EXPECT_EQ(word.rank, last);
}

TEST(MpiRuntimeTest, MeasuresNothingWhereAllShareAHost) {
  if (test_runtime().rank() == 0) {
    const std::optional<JobHosts> hosts = test_runtime().measure_hosts();
    ASSERT_TRUE(hosts);
    EXPECT_EQ(hosts->count(), 1u);
    EXPECT_EQ(hosts->host_of_rank.size(), static_cast<std::size_t>(test_runtime().size()));
  }
  EXPECT_FALSE(test_runtime().agree(std::nullopt));
}

}  // namespace
}  // namespace mixnn
