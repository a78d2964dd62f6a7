#include <gtest/gtest.h>
#include <mpi.h>

#include <cstring>
#include <deque>
#include <map>
#include <numeric>
#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/transport/mpi_transport.hpp"
#include "transport/mpi_testing.hpp"

namespace mixnn {
namespace {

constexpr double kPatience = 60;  // seconds until a test that makes no progress fails

struct Label {
  std::uint32_t from, to, number;
  std::uint32_t sum;  // FNV-1a of what follows
};

std::uint32_t checksum(ConstBytes bytes) {
  std::uint32_t hash = 2166136261u;
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint32_t>(b)) * 16777619u;
  return hash;
}

void write_cell(Bytes cell, Label label, CounterRng& rng) {
  for (std::size_t i = sizeof(Label); i < cell.size(); i += 64) cell[i] = static_cast<std::byte>(rng.next());
  cell.back() = static_cast<std::byte>(rng.next());
  label.sum = checksum(cell.subspan(sizeof(Label)));
  std::memcpy(cell.data(), &label, sizeof label);
}

Label read_cell(ConstBytes cell) {
  Label label;
  std::memcpy(&label, cell.data(), sizeof label);
  EXPECT_EQ(label.sum, checksum(cell.subspan(sizeof(Label)))) << "a cell changed on its way";
  return label;
}

// Each rank sends `cells` cells to random ranks (itself among them), while it takes in what comes; then
// leaves.
void all_to_all(std::size_t cell_bytes, std::size_t capacity, std::uint32_t cells) {
  CellPool pool(cell_bytes, capacity);
  MpiTransport transport(MPI_COMM_WORLD);
  transport.open(pool);
  const auto ranks = static_cast<std::uint32_t>(transport.size());
  const auto me = static_cast<std::uint32_t>(transport.rank());
  // The destinations are known to all: rank r's are the stream (7, r).
  std::vector<std::uint32_t> to_me(ranks, 0);
  std::vector<std::uint32_t> mine;
  for (std::uint32_t r = 0; r < ranks; ++r) {
    CounterRng rng(7, RandomPurpose::kTest, r);
    for (std::uint32_t i = 0; i < cells; ++i) {
      const std::uint32_t to = rng.below(ranks);
      if (to == me) ++to_me[r];
      if (r == me) mine.push_back(to);
    }
  }
  const std::uint32_t expected = std::accumulate(to_me.begin(), to_me.end(), 0u);

  CounterRng filler(8, RandomPurpose::kTest, me);
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> seen;
  std::uint32_t sent = 0, received = 0;
  bool left = false;
  const Stopwatch watch;
  while (!left || !transport.all_left()) {
    ASSERT_LT(watch.seconds(), kPatience)
        << sent << " sent, " << received << " of " << expected << " received";
    bool progress = false;
    if (sent < cells) {
      if (CellBuffer cell = pool.take()) {
        const std::uint32_t to = mine[sent];
        write_cell(cell.bytes(), {me, to, sent, 0}, filler);
        transport.send(static_cast<int>(to), std::move(cell));
        ++sent;
        progress = true;
      }
    }
    if (std::optional<Arrival> arrival = transport.poll()) {
      ASSERT_EQ(arrival->cell.bytes().size(), cell_bytes);
      const Label label = read_cell(arrival->cell.bytes());
      EXPECT_EQ(label.from, static_cast<std::uint32_t>(arrival->from));
      EXPECT_EQ(label.to, me);
      EXPECT_EQ(++seen[std::make_pair(label.from, label.number)], 1) << "a cell came twice";
      ++received;
      progress = true;
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

TEST(MpiTransport, DeliversEveryCellExactlyOnceAndUnchanged) { all_to_all(16384, 128, 2000); }
TEST(MpiTransport, DeliversCellsOfTheUsualSize) { all_to_all(132 * 1024, 128, 300); }
TEST(MpiTransport, DeliversCellsBeyondTheEagerLimit) { all_to_all(1 << 20, 64, 40); }
TEST(MpiTransport, WorksWithATinyPool) { all_to_all(4096, 4, 500); }

}  // namespace
}  // namespace mixnn
