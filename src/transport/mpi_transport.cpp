#include "mixnn/transport/mpi_transport.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "mixnn/base/error.hpp"
#include "mixnn/transport/mpi_cells.hpp"
#include "mixnn/transport/mpi_handed_cells.hpp"

namespace mixnn {
namespace {

constexpr int kRefusedAtOnce = 32;
constexpr unsigned kLooksForStrays = 16;  // once in so many polls
constexpr std::size_t kFew = 8;           // strays of one look that are no flood

MPI_Comm duplicate(MPI_Comm ranks) {
  MPI_Comm comm = MPI_COMM_NULL;
  mpi_check(MPI_Comm_dup(ranks, &comm), "duplicating the communicator");
  mpi_check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "setting the error handler");
  return comm;
}

int rank_in(MPI_Comm comm) {
  int rank = 0;
  mpi_check(MPI_Comm_rank(comm, &rank), "asking for the rank");
  return rank;
}

int size_of(MPI_Comm comm) {
  int size = 1;
  mpi_check(MPI_Comm_size(comm, &size), "asking for the number of ranks");
  return size;
}

// What each rank says of its host to all others.
struct HostWord {
  std::int32_t first = 0;          // the lowest rank there
  std::int32_t core_for_each = 0;  // 1: of its ranks, one that no other uses
};

std::vector<HostWord> said_by_all(MPI_Comm comm, HostWord mine) {
  std::vector<HostWord> all(static_cast<std::size_t>(size_of(comm)));
  constexpr int kNumbers = sizeof(HostWord) / sizeof(std::int32_t);
  mpi_check(MPI_Allgather(&mine, kNumbers, MPI_INT32_T, all.data(), kNumbers, MPI_INT32_T, comm),
            "saying who shares a host");
  return all;
}

// Whether other threads than main's may call MPI, one at a time.
bool any_thread_may_call() {
  int level = MPI_THREAD_SINGLE;
  mpi_check(MPI_Query_thread(&level), "asking for the threads that may call");
  return level >= MPI_THREAD_SERIALIZED;
}

}  // namespace

MpiTransport::MpiTransport(MPI_Comm ranks, std::optional<Waiting> waiting)
    : comm_(duplicate(ranks)),
      rank_(rank_in(comm_)),
      size_(size_of(comm_)),
      refusals_(size_),
      host_(comm_),
      letters_(calls_, comm_, refusals_),
      strays_(calls_, comm_) {
  HostWays ways = make_ways(
      host_, {waiting, host_.has_all(), any_thread_may_call(), [this] { return under_way(); }});
  turns_ = std::move(ways.turns);
  host_cores_ = ways.cores;
  core_for_each_ = true;
  for (const HostWord& word : said_by_all(comm_, {host_.rank_of(0), ways.core_for_each ? 1 : 0})) {
    core_for_each_ = core_for_each_ && word.core_for_each == 1;
    const int rank = static_cast<int>(first_on_host_.size());
    first_on_host_.push_back(word.first >= 0 && word.first < rank ? word.first : rank);
  }
  if (ways.cells)
    carriers_.push_back(std::make_unique<MpiHandedCells>(host_, std::move(ways.cells)));
  carriers_.push_back(std::make_unique<MpiCells>(calls_, comm_, *turns_));
}

MpiTransport::~MpiTransport() {
  close();
  if (broken() || std::uncaught_exceptions() > 0) return;
  host_.free();
  MPI_Comm_free(&comm_);
}

void MpiTransport::check_rank(int to, const char* what) const {
  if (to < 0 || to >= size_)
    throw RunError(std::string(what) + " for rank " + std::to_string(to) + " of " +
                   std::to_string(size_));
}

void MpiTransport::send_datagram(int to, ConstBytes bytes) {
  MIXNN_CHECK(bytes.size() <= kMaxDatagram, "a datagram too large");
  check_rank(to, "a datagram");
  if (!broken()) letters_.send(to, bytes);
}

std::optional<Datagram> MpiTransport::poll_datagram() {
  if (broken()) return std::nullopt;
  turns_->looks();
  return letters_.poll();
}

std::unique_ptr<CellPool> MpiTransport::make_pool(std::size_t cell_bytes, std::size_t capacity) {
  for (const auto& carrier : carriers_)
    if (std::unique_ptr<CellPool> pool = carrier->make_pool(cell_bytes, capacity)) return pool;
  return Transport::make_pool(cell_bytes, capacity);
}

void MpiTransport::open(CellPool& pool) {
  MIXNN_CHECK(pool_ == nullptr && carrier_to_.empty(), "a transport opened twice");
  pool_ = &pool;
  for (int rank = 0; rank < size_; ++rank)
    carrier_to_.push_back(std::ranges::find_if(carriers_, [&](const auto& carrier) {
                            return carrier->reaches(rank, pool);
                          })->get());
  if (broken()) return;
  for (const auto& carrier : carriers_)
    carrier->open(pool, static_cast<std::size_t>(std::ranges::count(carrier_to_, carrier.get())));
}

void MpiTransport::send(int to, CellBuffer cell) {
  check_rank(to, "a cell");
  MIXNN_CHECK(cell, "an empty cell sent");
  if (broken() || pool_ == nullptr) return;  // nobody needs it any more
  if (to == rank_) {
    to_self_.push_back(std::move(cell));
    return;
  }
  const auto index = static_cast<std::size_t>(to);
  carrier_to_[index]->send(to, std::move(cell));
  if (on_this_host(to)) turns_->sent_to(host_.number_of(to));
  carrier_to_[index]->flush();
  if (flooded_) drop_strays();
}

void MpiTransport::flush() {
  if (broken()) return;
  letters_.flush();
  for (const auto& carrier : carriers_) carrier->flush();
  if (pool_ != nullptr) drop_strays();
}

std::optional<Arrival> MpiTransport::poll() {
  if (broken() || pool_ == nullptr) return std::nullopt;
  flush();
  for (const auto& carrier : carriers_) carrier->make_room();
  turns_->looks();
  if (!to_self_.empty()) {
    Arrival arrival{rank_, std::move(to_self_.front())};
    to_self_.pop_front();
    return arrival;
  }
  for (const auto& carrier : carriers_)
    for (int refused = 0; refused < kRefusedAtOnce; ++refused) {
      std::optional<Arrival> arrival = carrier->poll();
      if (!arrival) break;
      if (on_this_host(arrival->from)) turns_->took_in();
      if (arrival->cell) return arrival;
      refusals_.count(arrival->from);
    }
  return std::nullopt;
}

// Each call of MPI may read thousands more, so while a flood lasts each is followed by this. Where
// no cell comes by MPI, nothing is read from it, and so nothing is kept either.
void MpiTransport::drop_strays() {
  const bool by_mpi = !carriers_.back()->only_shared();
  if (!by_mpi || !turns_->may_have_come()) return;
  if (flooded_ || ++looks_ % kLooksForStrays == 0) flooded_ = strays_.drop(refusals_) > kFew;
}

bool MpiTransport::sending() const {
  return std::ranges::any_of(carriers_, [](const auto& carrier) { return carrier->sending(); });
}

UnderWay MpiTransport::under_way() const {
  UnderWay now;
  now.open = pool_ != nullptr;
  now.receiving =
      std::ranges::any_of(carriers_, [](const auto& carrier) { return carrier->receiving(); });
  now.sending = sending();
  now.all_shared = now.open && std::ranges::all_of(carriers_, [](const auto& carrier) {
                     return carrier->only_shared();
                   });
  return now;
}

bool MpiTransport::all_sent() {
  if (broken()) return false;
  flush();
  return !sending() && !letters_.sending();
}

void MpiTransport::close() noexcept {
  for (const auto& carrier : carriers_) carrier->close();
  letters_.close();
  strays_.close();
  to_self_.clear();
  pool_ = nullptr;
  turns_->leave();
}

}  // namespace mixnn
