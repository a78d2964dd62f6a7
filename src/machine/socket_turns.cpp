#include "mixnn/machine/socket_turns.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// How often to look before sleeping, as long as nobody else wants the core: about as long as being
// woken takes. Who looks on keeps the system from moving there what waits for another core.
constexpr unsigned kLooks = 10, kLooksIfNothingWakes = 20'000;
constexpr unsigned kPushes = 16;  // of a send that goes on only while the medium is called
constexpr Nanoseconds kLongest = 4ms, kUnseen = 100us, kPush = 50us;

// How often this thread's core went to another while it would have gone on.
long times_replaced() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

}  // namespace

void WakeRecord::slept(bool woken) {
  if (woken) ++woken_;
  in_vain_ = !woken;
}

SocketTurns::SocketTurns(Setup setup, HostGroup& host, std::function<bool()> has_mail)
    : HostTurns(std::move(setup)),
      mine_(host.number()),
      ranks_(host.count()),
      has_mail_(std::move(has_mail)),
      flags_(host, host.count()),
      names_(gather(host, open_socket(), "finding the host's ranks")) {}

SocketTurns::~SocketTurns() {
  if (socket_ >= 0) ::close(socket_);
}

// A name that the system chooses. Whoever sends something there wakes this rank, and that is all.
SocketTurns::Name SocketTurns::open_socket() {
  Name name{};
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un none{};
  none.sun_family = AF_UNIX;
  name.size = sizeof name.address;
  if (socket_ >= 0 &&
      ::bind(socket_, reinterpret_cast<const sockaddr*>(&none), sizeof none.sun_family) == 0 &&
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&name.address), &name.size) == 0)
    return name;
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  name.size = 0;
  return name;
}

// What was sent lies there before this looks; who is about to sleep has raised the flag before it
// looks a last time.
void SocketTurns::sent_to(int number) {
  if (flags_[number].asleep.load() == 0 || flags_[number].asleep.exchange(0) == 0) return;
  const Name& name = names_[static_cast<std::size_t>(number)];
  if (socket_ < 0 || name.size == 0) return;
  const char wake = 0;
  static_cast<void>(::sendto(socket_, &wake, 1, MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&name.address), name.size));
}

// Not by the time that the core is away: ranks that only look give it back within a microsecond or
// two, and would keep each other, and whoever computes, from it.
bool SocketTurns::core_is_free(unsigned turn) {
  if (turn >= (wakes_.can_be_trusted() ? kLooks : kLooksIfNothingWakes)) return false;
  ::sched_yield();
  const long now = times_replaced();
  return std::exchange(replaced_, now) == now || turn == 0;
}

void SocketTurns::wait(const UnderWay& under_way, unsigned turn, bool rest) {
  if (turn == 0) wakes_.found();
  if (rest) return sleep(kLongest);
  if (!under_way.open) return ask_again(turn);
  if (under_way.sending) return turn < kPushes ? static_cast<void>(::sched_yield()) : sleep(kPush);
  if (!under_way.receiving) {  // there is no room for what comes
    if (turn > 0) HostTurns::nap(500us);
    return;
  }
  if (!core_is_free(turn)) sleep(kLongest);
}

void SocketTurns::sleep(Nanoseconds at_most) {
  const bool sees_all = ranks_ == 1 || (has_mail_ && socket_ >= 0);
  if (!sees_all || !wakes_.can_be_trusted()) at_most = std::min(at_most, kUnseen);
  flags_[mine_].asleep.store(1);
  if (!has_mail_ || !has_mail_()) wakes_.slept(network_.sleep(socket_, at_most));
  flags_[mine_].asleep.store(0);
  char woken[16];
  while (socket_ >= 0 && ::recv(socket_, woken, sizeof woken, MSG_DONTWAIT) >= 0) {
  }
}

}  // namespace mixnn
