#include "mixnn/machine/shared_cells.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr const char* kDoing = "sharing memory on a host";

[[noreturn]] void bad_share(const char* what) {
  throw RunError(std::string("the memory that this host's ranks share is damaged: ") + what);
}

}  // namespace

// Another rank's pool, or this one's own, as the place that a cell goes back to.
class SharedCells::Peer final : public CellHome {
 public:
  Peer(SharedCells& shared, int number, int descriptor, std::size_t cell_bytes,
       std::size_t capacity)
      : shared_(shared), number_(number), region_(descriptor, cell_bytes, capacity) {}
  void give_back(std::size_t index) noexcept override {
    shared_.push(shared_.desks_[number_].returned, cell_handle(number_, index));
  }
  const CellRegion& region() const { return region_; }
  CellBuffer hold(std::size_t index) { return {this, index, region_.cell(index)}; }

 private:
  SharedCells& shared_;
  int number_;
  CellRegion region_;
};

// The cells of this rank's own pool.
class SharedCells::Pool final : public CellMemory {
 public:
  Pool(SharedCells& shared, Peer& own) : shared_(shared), own_(own) {}
  ~Pool() override { shared_.pool_ = nullptr; }
  Bytes cell(std::size_t index) override { return own_.region().cell(index); }
  void collect(std::vector<std::size_t>& returned) override {
    CellHandle at = shared_.desks_[shared_.mine_].returned.exchange(0, std::memory_order_acquire);
    const std::size_t before = returned.size();
    for (; at != 0; at = shared_.link(at)->next.load(std::memory_order_relaxed)) {
      if (number_of(at) != static_cast<std::size_t>(shared_.mine_))
        bad_share("a cell came back that is not ours");
      if (returned.size() - before == own_.region().capacity()) bad_share("a list has no end");
      returned.push_back(index_of(at));
    }
  }

 private:
  SharedCells& shared_;
  Peer& own_;
};

SharedCells::SharedCells(HostGroup& host)
    : mine_(host.number()), ranks_(host.count()), desks_(host, ranks_) {
  peers_.resize(static_cast<std::size_t>(ranks_));
  const std::vector<int> usable = gather(host, probe(host) ? 1 : 0, kDoing);
  usable_ = std::ranges::find(usable, 0) == usable.end();
}

SharedCells::~SharedCells() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

namespace {

int open_of(int pid, int descriptor) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(descriptor);
  return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

// Nobody can make the file shorter once it is mapped: that would end whoever reads there.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

}  // namespace

// Each rank shows a small file with a random number in it, and looks for all the others'.
bool SharedCells::probe(HostGroup& host) {
  std::uint64_t cookie = 0;
  bool good = ::getrandom(&cookie, sizeof cookie, 0) == sizeof cookie;
  const int own = ::memfd_create("mixnn", MFD_CLOEXEC);
  good = good && own >= 0 && ::write(own, &cookie, sizeof cookie) == sizeof cookie;
  desks_[mine_].pid.store(::getpid());
  desks_[mine_].descriptor.store(own);
  desks_[mine_].cookie.store(cookie);
  host.barrier(kDoing);
  for (int number = 0; good && number < ranks_; ++number) {
    const int theirs = open_of(desks_[number].pid.load(), desks_[number].descriptor.load());
    std::uint64_t found = 0;
    good = theirs >= 0 && ::pread(theirs, &found, sizeof found, 0) == sizeof found &&
           found == desks_[number].cookie.load();
    if (theirs >= 0) ::close(theirs);
  }
  host.barrier(kDoing);
  if (own >= 0) ::close(own);
  return good;
}

std::unique_ptr<CellPool> SharedCells::make_pool(std::size_t cell_bytes, std::size_t capacity) {
  MIXNN_CHECK(usable_ && pool_ == nullptr && !peers_[static_cast<std::size_t>(mine_)],
              "one shared pool a rank");
  MIXNN_CHECK(capacity <= 0xffffffffu, "too many cells");
  descriptor_ = ::memfd_create("mixnn cells", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const std::size_t bytes = CellRegion::bytes_for(cell_bytes, capacity);
  if (descriptor_ < 0 || ::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(descriptor_, F_ADD_SEALS, kSeals) != 0)
    throw RunError("no memory for cells that this host's ranks share");
  auto peer = std::make_unique<Peer>(*this, mine_, descriptor_, cell_bytes, capacity);
  for (std::size_t i = 0; i < capacity; ++i) new (&peer->region().link(i)) CellLink;
  Desk& desk = desks_[mine_];
  desk.cell_bytes.store(cell_bytes);
  desk.capacity.store(capacity);
  desk.descriptor.store(descriptor_,
                        std::memory_order_release);  // stays open: peers find it under this number
  auto pool =
      std::make_unique<CellPool>(cell_bytes, capacity, std::make_unique<Pool>(*this, *peer));
  peers_[static_cast<std::size_t>(mine_)] = std::move(peer);
  known_cells_ += capacity;
  pool_ = pool.get();
  return pool;
}

// Maps a peer's pool when one of its cells is first seen; it was shown before that cell was handed
// over. Null where the peer has ended: all could be mapped at the start, so the job is about to be
// ended, too.
SharedCells::Peer* SharedCells::peer(std::size_t number) {
  if (number >= peers_.size()) bad_share("a cell of no rank");
  std::unique_ptr<Peer>& known = peers_[number];
  if (known) return known.get();
  const Desk& desk = desks_[static_cast<int>(number)];
  const int theirs = open_of(desk.pid.load(), desk.descriptor.load(std::memory_order_acquire));
  if (theirs < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
    throw RunError("a peer's cells cannot be mapped: " + system_reason(errno));
  if (theirs < 0) return nullptr;
  struct stat status {};
  const std::size_t cell_bytes = desk.cell_bytes.load(), capacity = desk.capacity.load();
  const bool good =
      ::fcntl(theirs, F_GET_SEALS) == kSeals && ::fstat(theirs, &status) == 0 && capacity > 0 &&
      capacity <= 0xffffffffu && pool_ != nullptr && cell_bytes == pool_->cell_bytes() &&
      static_cast<std::size_t>(status.st_size) == CellRegion::bytes_for(cell_bytes, capacity);
  if (good)
    known = std::make_unique<Peer>(*this, static_cast<int>(number), theirs, cell_bytes, capacity);
  ::close(theirs);
  if (!good) bad_share("a peer's cells are not what they should be");
  known_cells_ += capacity;
  return known.get();
}

CellLink* SharedCells::link(CellHandle handle) {
  const Peer* const of = peer(number_of(handle));
  if (of == nullptr) return nullptr;
  if (index_of(handle) >= of->region().capacity()) bad_share("a cell past the end of its pool");
  return &of->region().link(index_of(handle));
}

// A cell is on one stack at most, so its one link serves them all.
void SharedCells::push(std::atomic<CellHandle>& stack, CellHandle handle) {
  CellLink& mine = *link(handle);  // whoever holds a cell has mapped its pool
  CellHandle head = stack.load(std::memory_order_relaxed);
  do mine.next.store(head, std::memory_order_relaxed);
  while (!stack.compare_exchange_weak(head, handle, std::memory_order_release,
                                      std::memory_order_relaxed));
}

void SharedCells::hand_over(int number, CellBuffer cell) {
  CellHandle handle = 0;
  if (cell.home() == pool_) {
    handle = cell_handle(mine_, cell.index());
    pool_->lend(std::move(cell));
  } else {
    const auto home =
        std::ranges::find_if(peers_, [&](const auto& peer) { return peer.get() == cell.home(); });
    MIXNN_CHECK(home != peers_.end(), "a cell that is not shared");
    handle = cell_handle(static_cast<int>(home - peers_.begin()), cell.index());
    cell.forget();
  }
  link(handle)->from.store(mine_, std::memory_order_relaxed);
  push(desks_[number].inbox, handle);
  desks_[number].came.fetch_add(1);
}

bool SharedCells::empty() const {
  return arrived_.empty() && desks_[mine_].inbox.load(std::memory_order_relaxed) == 0;
}

// What came last is on top: turned around, first in is first out.
void SharedCells::take_all() {
  CellHandle at = desks_[mine_].inbox.exchange(0, std::memory_order_acquire);
  while (at != 0) {
    const CellLink* const of = link(at);
    if (of == nullptr) return;  // its owner has ended, and with it what stood behind it in the list
    arrived_.push_front(at);
    desks_[mine_].came.fetch_sub(1);
    if (arrived_.size() > known_cells_) bad_share("a list has no end");
    at = of->next.load(std::memory_order_relaxed);
  }
}

std::optional<SharedCells::Arrived> SharedCells::take() {
  if (arrived_.empty()) {
    if (empty()) return std::nullopt;
    take_all();
    if (arrived_.empty()) return std::nullopt;
  }
  const CellHandle handle = arrived_.front();
  arrived_.pop_front();
  const int from = link(handle)->from.load(std::memory_order_relaxed);
  if (from < 0 || from >= ranks_) bad_share("a cell from no rank");
  return Arrived{from, peer(number_of(handle))->hold(index_of(handle))};
}

}  // namespace mixnn
