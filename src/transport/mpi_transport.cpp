#include "mixnn/transport/mpi_transport.hpp"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <exception>
#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/machine/mpi_check.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// How often an idle rank looks at its doorbell, giving its core away in between, before it sleeps.
constexpr int kLooks = 64;

constexpr int kDatagramTag = 1, kCellTag = 2;

}  // namespace

MpiTransport::MpiTransport(MPI_Comm ranks, std::optional<Waiting> waiting) {
  must(MPI_Comm_dup(ranks, &comm_), "duplicating the communicator");
  must(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "setting the error handler");
  must(MPI_Comm_rank(comm_, &rank_), "asking for the rank");
  must(MPI_Comm_size(comm_, &size_), "asking for the number of ranks");
  sent_to_.assign(static_cast<std::size_t>(size_), 0);
  host_.emplace(comm_);
  if (waiting.value_or(host_->choose_waiting()) == Waiting::kDoorbell) bell_.emplace(host_->comm());
  all_ring_ = bell_ && host_->has_all();
  if (host_->choose_sharing()) {
    shared_.emplace(host_->comm());
    if (!shared_->usable()) {
      shared_->free();
      shared_.reset();
    }
  }
  if (shared_ && all_ring_) {
    seats_.emplace(host_->comm(), host_->most_helpers(),
                   [this](int number) { return shared_->has_mail(number); });
    if (!seats_->usable()) {
      seats_->free();
      seats_.reset();
    }
  }
  yields_ = host_->ranks() > host_->cores() ? 500 : 20'000;
}

MpiTransport::~MpiTransport() {
  close();
  if (broken_ || std::uncaught_exceptions() > 0) return;
  if (seats_) seats_->free();
  if (shared_) shared_->free();
  if (bell_) bell_->free();
  host_->free();
  MPI_Comm_free(&comm_);
}

void MpiTransport::must(int code, const char* doing) {
  if (code == MPI_SUCCESS) return;
  broken_ = true;
  mpi_check(code, doing);
}

bool MpiTransport::done(MPI_Request& request, const char* doing) {
  int flag = 0;
  must(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), doing);
  return flag != 0;
}

void MpiTransport::check_rank(int to, const char* what) const {
  if (to < 0 || to >= size_)
    throw RunError(std::string(what) + " for rank " + std::to_string(to) + " of " +
                   std::to_string(size_));
}

void MpiTransport::send_datagram(int to, ConstBytes bytes) {
  MIXNN_CHECK(bytes.size() <= kMaxDatagram, "a datagram too large");
  check_rank(to, "a datagram");
  if (broken_) return;
  reap_letters();
  Letter& letter = letters_.emplace_back(Letter{MPI_REQUEST_NULL, {bytes.begin(), bytes.end()}});
  must(MPI_Isend(letter.bytes.data(), static_cast<int>(letter.bytes.size()), MPI_BYTE, to,
                 kDatagramTag, comm_, &letter.request),
       "sending a datagram");
}

std::optional<Datagram> MpiTransport::poll_datagram() {
  if (broken_) return std::nullopt;
  if (bell_) heard_ = bell_->rings();
  reap_letters();
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  int found = 0, bytes = 0;
  must(MPI_Improbe(MPI_ANY_SOURCE, kDatagramTag, comm_, &found, &message, &status),
       "looking for a datagram");
  if (found == 0) return std::nullopt;
  must(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a datagram");
  if (bytes < 0 || static_cast<std::size_t>(bytes) > kMaxDatagram) {
    broken_ = true;
    throw RunError("rank " + std::to_string(status.MPI_SOURCE) + " sent a datagram of " +
                   std::to_string(bytes) + " bytes; the most is " + std::to_string(kMaxDatagram));
  }
  Datagram datagram{status.MPI_SOURCE, std::vector<std::byte>(static_cast<std::size_t>(bytes))};
  must(MPI_Mrecv(datagram.bytes.data(), bytes, MPI_BYTE, &message, MPI_STATUS_IGNORE),
       "receiving a datagram");
  return datagram;
}

void MpiTransport::reap_letters() {
  std::erase_if(letters_,
                [this](Letter& letter) { return done(letter.request, "sending a datagram"); });
}

std::unique_ptr<CellPool> MpiTransport::make_pool(std::size_t cell_bytes, std::size_t capacity) {
  return shared_ ? shared_->make_pool(cell_bytes, capacity)
                 : Transport::make_pool(cell_bytes, capacity);
}

void MpiTransport::open(CellPool& pool) {
  MIXNN_CHECK(pool_ == nullptr && stage_ == Stage::kRunning, "a transport opened twice");
  MIXNN_CHECK(pool.cell_bytes() <= INT_MAX, "cells too large for MPI");
  pool_ = &pool;
  hands_over_ = shared_ && shared_->owns(pool) && host_->has_all();
  ring_size_ = hands_over_ ? 0 : std::clamp<std::size_t>(pool.capacity() / 4, 1, kRing);
  if (!broken_) post_receives();
}

void MpiTransport::send(int to, CellBuffer cell) {
  check_rank(to, "a cell");
  MIXNN_CHECK(cell, "an empty cell sent");
  if (broken_ || pool_ == nullptr || stage_ == Stage::kDraining)
    return;  // nobody needs it any more
  if (to == rank_) {
    to_self_.push_back(std::move(cell));
    return;
  }
  ++sent_to_[static_cast<std::size_t>(to)];
  const int number = host_->number_of(to);
  if (shared_ && number >= 0 && shared_->holds(cell)) {
    shared_->hand_over(number, std::move(cell));
    if (bell_) bell_->ring(number);
    if (seats_) seats_->sent_to(number);
    return;
  }
  const Bytes bytes = cell.bytes();
  MPI_Request request = MPI_REQUEST_NULL;
  must(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, kCellTag, comm_,
                 &request),
       "sending a cell");
  if (bell_ && number >= 0) bell_->ring(number);
  sending_.push_back(request);
  sending_cells_.push_back(std::move(cell));
  flush();
}

void MpiTransport::flush() {
  if (broken_) return;
  if (!letters_.empty()) reap_letters();
  if (sending_.empty()) return;
  ended_.resize(sending_.size());
  ended_status_.resize(sending_.size());
  int count = 0;
  const int code = MPI_Testsome(static_cast<int>(sending_.size()), sending_.data(), &count,
                                ended_.data(), ended_status_.data());
  if (code == MPI_ERR_IN_STATUS)
    for (int i = 0; i < count; ++i)
      must(ended_status_[static_cast<std::size_t>(i)].MPI_ERROR, "sending a cell");
  must(code, "sending cells");
  if (count == MPI_UNDEFINED) return;
  // From the last one down, each hole is filled by a send that is not among those that ended.
  std::sort(ended_.begin(), ended_.begin() + count, std::greater<>());
  for (int i = 0; i < count; ++i) {
    const auto hole = static_cast<std::size_t>(ended_[static_cast<std::size_t>(i)]);
    sending_[hole] = sending_.back();
    sending_.pop_back();
    if (hole + 1 < sending_cells_.size()) sending_cells_[hole] = std::move(sending_cells_.back());
    sending_cells_.pop_back();
  }
}

std::optional<Arrival> MpiTransport::poll() {
  if (broken_ || pool_ == nullptr) return std::nullopt;
  flush();
  post_receives();
  if (bell_) heard_ = bell_->rings();
  if (!to_self_.empty()) {
    Arrival arrival{rank_, std::move(to_self_.front())};
    to_self_.pop_front();
    return arrival;
  }
  if (shared_) {
    if (std::optional<MpiSharedCells::Arrived> handed = shared_->take()) {
      const int from = host_->rank_of(handed->number);
      received_from(from);
      return Arrival{from, std::move(handed->cell)};
    }
  }
  if (posted_ == 0 || nothing_rung()) return std::nullopt;
  Receive& head = ring_[first_];
  MPI_Status status;
  int flag = 0;
  const int code = MPI_Test(&head.request, &flag, &status);
  if (code == MPI_SUCCESS && flag == 0) return std::nullopt;
  check_cell(status, code);
  Arrival arrival{status.MPI_SOURCE, std::move(head.cell)};
  first_ = (first_ + 1) % ring_size_;
  --posted_;
  received_from(arrival.from);
  post_receives();
  return arrival;
}

void MpiTransport::check_cell(const MPI_Status& status, int code) {
  int error_class = MPI_SUCCESS, bytes = 0;
  if (code != MPI_SUCCESS) MPI_Error_class(code, &error_class);
  if (error_class != MPI_ERR_TRUNCATE) {
    must(code, "receiving a cell");
    must(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a cell");
    if (static_cast<std::size_t>(bytes) == pool_->cell_bytes()) return;
  }
  broken_ = true;
  throw RunError("rank " + std::to_string(status.MPI_SOURCE) + " sent a cell of " +
                 (error_class == MPI_ERR_TRUNCATE
                      ? "more than " + std::to_string(pool_->cell_bytes())
                      : std::to_string(bytes)) +
                 " bytes; the cells of this run have " + std::to_string(pool_->cell_bytes()));
}

void MpiTransport::post_receives() {
  while (posted_ < ring_size_) {
    Receive& receive = ring_[(first_ + posted_) % ring_size_];
    receive.cell = pool_->take();
    if (!receive.cell) return;
    const Bytes bytes = receive.cell.bytes();
    must(MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, MPI_ANY_SOURCE, kCellTag,
                   comm_, &receive.request),
         "posting a receive");
    ++posted_;
  }
}

void MpiTransport::received_from(int rank) {
  ++received_;
  if (host_->number_of(rank) >= 0) ++answered_;
}

// Whoever sends a cell on this host rings after MPI_Isend. As cells and rings are both counted, a
// cell whose ring came first is looked for until it is there.
bool MpiTransport::nothing_rung() const { return all_ring_ && bell_->rings() == answered_; }

void MpiTransport::idle(bool rest) {
  const unsigned turn = idled_++;
  if (seats_ && hands_over_ && sending_.empty())
    return seats_->wait(rest ? 20ms : stage_ == Stage::kRunning ? 10ms : 500us, rest);
  if (rest) return nap(all_ring_ && sending_.empty() ? 20ms : 2ms);
  const bool may_come = (posted_ > 0 || shared_) && !nothing_rung();
  if (may_come || pool_ == nullptr ||
      !sending_.empty()) {  // only calls of MPI show what has come, or take it further
    if (turn < yields_)
      ::sched_yield();
    else
      nap(std::min<Nanoseconds>(20us * (1 + (turn - yields_) / 50), 500us));
    return;
  }
  if (turn == 0) {
    for (int look = 0; look < kLooks && nothing_rung(); ++look) ::sched_yield();
    if (!nothing_rung()) return;
  }
  nap(stage_ == Stage::kRunning && (posted_ > 0 || shared_) ? 4ms : 500us);
}

void MpiTransport::run(FunctionRef<Turn()> turn) {
  int level = MPI_THREAD_SINGLE;
  must(MPI_Query_thread(&level), "asking for the threads that may call");
  if (seats_ && level >= MPI_THREAD_SERIALIZED)
    seats_->run([&] { return round(turn); });
  else
    Transport::run(turn);
}

bool MpiTransport::core_wanted() const {
  return seats_ ? seats_->core_wanted() : host_->ranks() > host_->cores();
}

// Sleeps until the bell, if there is one, or the end of the time.
void MpiTransport::nap(Nanoseconds time) {
  if (bell_) {
    // Rings already looked into, for cells that are not there yet or for which there is no room, do
    // not wake.
    bell_->sleep(heard_, time);
    return;
  }
  const timespec span{time.count() / 1'000'000'000, time.count() % 1'000'000'000};
  ::nanosleep(&span, nullptr);
}

HelperPlaces MpiTransport::helper_places() {
  return seats_ ? seats_->helper_places() : own_cores(host_->own_helpers());
}

void MpiTransport::leave() {
  MIXNN_CHECK(stage_ == Stage::kRunning, "a rank left twice");
  stage_ = Stage::kLeaving;
  if (!broken_) must(MPI_Ibarrier(comm_, &leaving_), "leaving");
}

bool MpiTransport::all_left() {
  if (stage_ == Stage::kGone) return true;
  if (broken_ || stage_ == Stage::kRunning) return false;
  if (stage_ == Stage::kLeaving) {
    if (!done(leaving_, "leaving")) return false;
    stage_ = Stage::kDraining;
    must(MPI_Ireduce_scatter_block(sent_to_.data(), &expected_, 1, MPI_UINT64_T, MPI_SUM, comm_,
                                   &leaving_),
         "counting the cells under way");
  }
  flush();
  drain();
  if (!done(leaving_, "counting the cells under way")) return false;
  if (received_ < expected_ || !sending_.empty() || !letters_.empty()) return false;
  close();
  stage_ = Stage::kGone;
  return true;
}

void MpiTransport::drain() {
  while (poll()) {
  }
  if (posted_ > 0) return;
  // No pool, or all its cells are held by its owner: what still comes goes into memory of our own.
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  int found = 0, bytes = 0;
  must(MPI_Improbe(MPI_ANY_SOURCE, kCellTag, comm_, &found, &message, &status),
       "looking for a cell");
  if (found == 0) return;
  must(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a cell");
  std::vector<std::byte> unread(static_cast<std::size_t>(std::max(bytes, 0)));
  must(MPI_Mrecv(unread.data(), bytes, MPI_BYTE, &message, MPI_STATUS_IGNORE), "receiving a cell");
  received_from(status.MPI_SOURCE);
}

// Waits for the request's end, but not for long: its peer may be gone.
bool MpiTransport::give_up(MPI_Request& request) noexcept {
  const Stopwatch waited;
  int flag = 0;
  while (MPI_Test(&request, &flag, MPI_STATUS_IGNORE) == MPI_SUCCESS) {
    if (flag != 0) return true;
    if (waited.seconds() > 0.1) return false;
    ::sched_yield();
  }
  return false;
}

void MpiTransport::close() noexcept {
  if (stage_ == Stage::kGone) return;
  for (; posted_ > 0; --posted_) {
    Receive& receive = ring_[first_];
    if (!broken_)
      broken_ = MPI_Cancel(&receive.request) != MPI_SUCCESS || !give_up(receive.request);
    receive.cell = {};
    first_ = (first_ + 1) % ring_size_;
  }
  for (MPI_Request& request : sending_)
    if (!broken_) broken_ = !give_up(request);
  for (Letter& letter : letters_)
    if (!broken_) broken_ = !give_up(letter.request);
  broken_ = broken_ || leaving_ != MPI_REQUEST_NULL;
  sending_.clear();
  sending_cells_.clear();
  to_self_.clear();
  if (shared_) shared_->drop_arrived();
  if (!broken_) letters_.clear();
  pool_ = nullptr;
  if (seats_) seats_->leave();
  if (stage_ != Stage::kRunning) stage_ = Stage::kGone;
}

}  // namespace mixnn
