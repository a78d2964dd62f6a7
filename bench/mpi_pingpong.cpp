// Times cells between the ranks of one MPI job: with both ways of waiting, and with both ways of
// carrying a cell on one host: handed over in memory that the ranks share, or copied by MPI from
// one rank's heap to another's.
//   mpirun -n RANKS mpi_pingpong [ROUNDS [KIB...]]     with sizes of cells: no ring
// ping-pong: ranks 0 and 1 send one cell to and fro, all others are idle; microseconds one way.
// Nobody reads the
//            cell's bytes, so shared memory costs the same for every size; its reader pays when it
//            reads.
// stream:    rank 0 sends one cell behind the other to rank 1, and both wait as in training; the
//            processor time of both for one cell, with what the kernel takes for them.
// ring:      cells go round all ranks, and each rank reads each cell and works on it for a while,
// as a relay
//            does; the wall time over that of the work alone on all cores.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "machine_lines.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/machine/cores.hpp"
#include "mixnn/transport/mpi_runtime.hpp"
#include "mixnn/transport/mpi_transport.hpp"

namespace {

using namespace mixnn;

// How ranks wait (unless said, as the transport chooses), and how cells go between ranks of one
// host.
struct Way {
  std::optional<Waiting> waiting;
  bool shared;
  const char* wait_name() const {
    if (!waiting) return "chosen";
    return *waiting == Waiting::kDoorbell ? "doorbell" : "poll";
  }
  const char* cells_name() const { return shared ? "shared" : "copied"; }
};

// A transport and a pool of its choice, as an endpoint has them.
class Link {
 public:
  Link(Way way, std::size_t cell_bytes, std::size_t capacity) {
    ::setenv("MIXNN_CELLS", way.cells_name(),
             1);  // read by the transport of each host's first rank
    transport.emplace(MPI_COMM_WORLD, way.waiting);
    pool = transport->make_pool(cell_bytes, capacity);
    transport->open(*pool);
  }
  ~Link() { transport->close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  std::optional<MpiTransport> transport;
  std::unique_ptr<CellPool> pool;  // gone before the transport
};

// The same on all ranks: whether the ranks of every host can share memory, and are more than one.
bool can_share(MpiHost& host) {
  int usable = host.count() > 1 && SharedCells(host).usable() ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &usable, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return usable != 0;
}

// Takes in arrivals with `take`, which says when this rank has had its share, until then and until
// all that it sent has gone.
template <class Take>
void until_all_done(MpiTransport& transport, bool done, Take take) {
  transport.turns().run([&] {
    if (done && transport.all_sent()) return Turn::kOver;
    std::optional<Arrival> arrival = transport.poll();
    if (!arrival) return Turn::kIdle;
    done = done || take(std::move(*arrival));
    return Turn::kBusy;
  });
}

struct Spread {
  double median, low, high;
};

Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() / 10], values[values.size() * 9 / 10]};
}

void ping_pong(Way way, std::size_t cell_bytes, int rounds) {
  Link link(way, cell_bytes, 128);
  MpiTransport& transport = *link.transport;
  const int me = transport.rank();
  std::vector<double> times;
  Stopwatch watch;
  int left = rounds;
  if (me == 0) {
    CellBuffer cell = link.pool->take();
    std::memset(cell.bytes().data(), 1, cell.bytes().size());
    transport.send(1, std::move(cell));
  }
  until_all_done(transport, me > 1, [&](Arrival arrival) {
    if (me == 0) {
      times.push_back(watch.seconds() * 1e6 / 2);
      watch = {};
    }
    const bool last = --left == 0;
    if (me == 1 || !last) transport.send(1 - me, std::move(arrival.cell));
    return last;
  });
  if (me != 0) return;
  const Spread s = spread(times);
  std::printf("ping-pong  %-8s  %-6s  %4zu KiB  %8.1f us  (10 %%: %.1f, 90 %%: %.1f)\n",
              way.wait_name(), way.cells_name(), cell_bytes / 1024, s.median, s.low, s.high);
}

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// As many cells as fit are under way. The last of rank 1 says that it has all of them.
void stream(Way way, std::size_t cell_bytes, int cells) {
  Link link(way, cell_bytes, 128);
  MpiTransport& transport = *link.transport;
  const int me = transport.rank();
  MPI_Barrier(MPI_COMM_WORLD);
  const double before = processor_seconds();
  int left = me == 0 ? cells : 0, expected = me == 1 ? cells : me == 0 ? 1 : 0;
  transport.turns().run([&] {
    if (left + expected == 0 && transport.all_sent()) return Turn::kOver;
    bool busy = false;
    if (left > 0 && transport.all_sent())
      for (int burst = std::min(left, 16); burst > 0; --burst, --left, busy = true) {
        CellBuffer cell = link.pool->take();
        cell.bytes().front() = std::byte{1};
        transport.send(1, std::move(cell));
      }
    for (std::optional<Arrival> arrival; (arrival = transport.poll()); busy = true)
      if (--expected == 0 && me == 1) transport.send(0, std::move(arrival->cell));
    return busy ? Turn::kBusy : Turn::kIdle;
  });
  const double mine = me > 1 ? 0 : processor_seconds() - before;
  double both = 0;
  MPI_Reduce(&mine, &both, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  if (me != 0) return;
  std::printf("stream     %-8s  %-6s  %4zu KiB  %8.1f us of processor time a cell\n",
              way.wait_name(), way.cells_name(), cell_bytes / 1024, both * 1e6 / cells);
}

// A loop that takes about the same time each call, wherever and beside whatever it runs.
double burn(std::uint64_t turns) {
  double x = 1;
  for (std::uint64_t i = 0; i < turns; ++i) x = x * 1.0000001 + 1e-9;
  return x;
}

double turns_per_microsecond() {
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    const Stopwatch watch;
    volatile double sink = burn(100'000);
    static_cast<void>(sink);
    best = std::max(best, 100'000 / (watch.seconds() * 1e6));
  }
  return best;
}

// Every byte, as whoever opens a seal reads it.
std::uint64_t sum_of(ConstBytes bytes) {
  std::uint64_t sum = 0, word = 0;
  for (std::size_t i = 0; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::memcpy(&word, bytes.data() + i, sizeof word);
    sum += word;
  }
  return sum;
}

void ring(Way way, std::size_t cell_bytes, int cells, double work_us, int laps, double turns,
          int host_cores) {
  Link link(way, cell_bytes, 256);
  MpiTransport& transport = *link.transport;
  const int me = transport.rank(), next = (me + 1) % transport.size();
  int arrivals = cells * laps;
  const int first_lap = cells;
  volatile double sink = 0;
  const auto work = [&](const CellBuffer& cell) {
    sink = static_cast<double>(sum_of(cell.bytes())) +
           burn(static_cast<std::uint64_t>(work_us * turns));
  };
  MPI_Barrier(MPI_COMM_WORLD);
  const Stopwatch watch;
  if (me == 0)
    for (int i = 0; i < cells; ++i) {
      CellBuffer cell = link.pool->take();
      std::memset(cell.bytes().data(), 1, cell.bytes().size());
      transport.send(next, std::move(cell));
    }
  until_all_done(transport, false, [&](Arrival arrival) {
    work(arrival.cell);
    --arrivals;
    if (me != 0 || arrivals >= first_lap) transport.send(next, std::move(arrival.cell));
    return arrivals == 0;
  });
  const double wall = watch.seconds();
  if (me != 0) return;
  const int cores = std::min(host_cores, transport.size());
  const double ideal = work_us * 1e-6 * cells * laps * transport.size() / cores;
  std::printf(
      "ring       %-8s  %-6s  %3zu KiB  %2d cells, %3.0f us each: %6.2f us a hop, %.2f x the work "
      "alone\n",
      way.wait_name(), way.cells_name(), cell_bytes / 1024, cells, work_us,
      wall * 1e6 / (cells * laps * transport.size()), wall / ideal);
}

}  // namespace

int main(int argc, char** argv) {
  MpiRuntime runtime;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 2000;
  const bool with_rings = argc <= 2;
  std::vector<int> sizes{4, 16, 64, 128, 256};
  if (!with_rings) sizes.clear();
  for (int i = 2; i < argc; ++i) sizes.push_back(std::max(1, std::atoi(argv[i])));
  if (runtime.size() < 2) {
    std::fprintf(stderr, "mpi_pingpong: needs 2 ranks at least\n");
    return 2;
  }
  try {
    MpiHost host(MPI_COMM_WORLD);
    const bool sharing = can_share(host);
    const int host_cores = HostCores(host).count();
    if (runtime.rank() == 0) {
      const Machine machine = this_machine(runtime.library_version());
      for (const auto& [name, value] : machine_lines(machine, 1))
        std::printf("%-12s %s\n", name.c_str(), value.c_str());
      std::printf("%-12s %s, %d ranks, %d cores for those of rank 0's host\n", "mpi",
                  machine.mpi.c_str(), runtime.size(), host_cores);
      if (!sharing)
        std::printf("these ranks cannot share memory: only copied cells are measured\n");
      warn_of_worthless_build(machine);
    }
    std::vector<Way> ways;
    for (const Waiting waiting : {Waiting::kDoorbell, Waiting::kPoll})
      for (const bool shared : {true, false})
        if (!shared || sharing) ways.push_back({waiting, shared});
    for (const int kib : sizes)
      for (const Way way : ways) ping_pong(way, static_cast<std::size_t>(kib) * 1024, rounds);
    for (const int kib : sizes)
      stream({std::nullopt, false}, static_cast<std::size_t>(kib) * 1024, 8 * rounds);
    if (with_rings) {
      const double turns = turns_per_microsecond();
      for (const int cells : {1, 4, 16, 64})
        for (const double work : {30.0, 300.0})
          for (const Way way : ways)
            ring(way, 128 * 1024, cells, work,
                 std::max(4, static_cast<int>(rounds * 30 / work) / cells / 8), turns, host_cores);
    }
    host.free();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mpi_pingpong: %s\n", error.what());
    runtime.abort(1);
  }
  return 0;
}
