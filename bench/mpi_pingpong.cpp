// Times cells between the ranks of one MPI job, with both ways of waiting.
//   mpirun -n RANKS mpi_pingpong [ROUNDS]
// ping-pong: ranks 0 and 1 send one cell to and fro, all others are idle; microseconds one way.
// ring:      cells go round all ranks, and each rank works on each cell for a while, as a relay does; the
// wall time over
//            that of the work alone on all cores.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/transport/mpi_runtime.hpp"
#include "mixnn/transport/mpi_transport.hpp"

namespace {

using namespace mixnn;

const char* name(Waiting waiting) { return waiting == Waiting::kDoorbell ? "doorbell" : "poll"; }

// Takes in arrivals with `take`, which says when this rank has had its share, until all ranks have had
// theirs.
template <class Take>
void until_all_done(MpiTransport& transport, bool done, Take take) {
  if (done) transport.leave();
  while (!done || !transport.all_left()) {
    if (std::optional<Arrival> arrival = transport.poll()) {
      transport.busy();
      if (!done && take(std::move(*arrival))) {
        done = true;
        transport.leave();
      }
    } else {
      transport.idle(false);
    }
  }
}

struct Spread {
  double median, low, high;
};

Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() / 10], values[values.size() * 9 / 10]};
}

void ping_pong(Waiting waiting, std::size_t cell_bytes, int rounds) {
  CellPool pool(cell_bytes, 128);
  MpiTransport transport(MPI_COMM_WORLD, waiting);
  transport.open(pool);
  const int me = transport.rank();
  std::vector<double> times;
  Stopwatch watch;
  int left = rounds;
  if (me == 0) {
    CellBuffer cell = pool.take();
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
  std::printf("ping-pong  %-8s  %3zu KiB  %8.1f us  (10 %%: %.1f, 90 %%: %.1f)\n", name(waiting),
              cell_bytes / 1024, s.median, s.low, s.high);
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

void ring(Waiting waiting, std::size_t cell_bytes, int cells, double work_us, int laps, double turns,
          int host_cores) {
  CellPool pool(cell_bytes, 256);
  MpiTransport transport(MPI_COMM_WORLD, waiting);
  transport.open(pool);
  const int me = transport.rank(), next = (me + 1) % transport.size();
  int arrivals = cells * laps;
  const int first_lap = cells;
  volatile double sink = 0;
  const auto work = [&] { sink = burn(static_cast<std::uint64_t>(work_us * turns)); };
  MPI_Barrier(MPI_COMM_WORLD);
  const Stopwatch watch;
  if (me == 0)
    for (int i = 0; i < cells; ++i) {
      CellBuffer cell = pool.take();
      std::memset(cell.bytes().data(), 1, cell.bytes().size());
      transport.send(next, std::move(cell));
    }
  until_all_done(transport, false, [&](Arrival arrival) {
    work();
    --arrivals;
    if (me != 0 || arrivals >= first_lap) transport.send(next, std::move(arrival.cell));
    return arrivals == 0;
  });
  const double wall = watch.seconds();
  if (me != 0) return;
  const int cores = std::min(host_cores, transport.size());
  const double ideal = work_us * 1e-6 * cells * laps * transport.size() / cores;
  std::printf("ring       %-8s  %3zu KiB  %3d cells, %4.0f us each: %6.2f us a hop, %.2f x the work alone\n",
              name(waiting), cell_bytes / 1024, cells, work_us,
              wall * 1e6 / (cells * laps * transport.size()), wall / ideal);
}

}  // namespace

int main(int argc, char** argv) {
  MpiRuntime runtime;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 2000;
  if (runtime.size() < 2) {
    std::fprintf(stderr, "mpi_pingpong: needs 2 ranks at least\n");
    return 2;
  }
  try {
    const MpiHost host(MPI_COMM_WORLD);
    if (runtime.rank() == 0)
      std::printf("%s, %d ranks, %d cores\n", runtime.library_version().c_str(), runtime.size(),
                  host.cores());
    const double turns = turns_per_microsecond();
    for (const std::size_t kib : {4, 16, 64, 128, 256})
      for (const Waiting waiting : {Waiting::kDoorbell, Waiting::kPoll})
        ping_pong(waiting, kib * 1024, rounds);
    for (const int cells : {1, 4, 16, 64})
      for (const double work : {30.0, 300.0})
        for (const Waiting waiting : {Waiting::kDoorbell, Waiting::kPoll})
          ring(waiting, 128 * 1024, cells, work,
               std::max(4, static_cast<int>(rounds * 30 / work) / cells / 8), turns, host.cores());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mpi_pingpong: %s\n", error.what());
    runtime.abort(1);
  }
  return 0;
}
