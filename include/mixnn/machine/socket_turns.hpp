#pragma once
#include <sys/un.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "mixnn/machine/host_group.hpp"
#include "mixnn/machine/host_turns.hpp"
#include "mixnn/machine/job_sockets.hpp"

namespace mixnn {

// Whether what comes wakes who sleeps. It does not where messages come by a network that is no
// socket, such as InfiniBand: that shows by what is found after sleeps from which nothing woke.
class WakeRecord {
 public:
  void slept(bool woken);
  void found() { missed_ += std::exchange(in_vain_, false) ? 1 : 0; }
  bool can_be_trusted() const { return missed_ <= kChance || missed_ * 4 <= woken_; }

 private:
  static constexpr std::uint64_t kChance = 16;  // that came just then, or on a new connection
  std::uint64_t woken_ = 0, missed_ = 0;
  bool in_vain_ = false;  // the last sleep
};

// For a host whose ranks have peers on other hosts: asks the medium a few times, as long as nobody
// else wants the core, and then sleeps until something comes over the network, or from a rank of
// this host.
class SocketTurns final : public HostTurns {
 public:
  // `has_mail`: whether a rank of this host has handed over something that was not taken in; null
  // if their cells come by the medium, too, which shows nothing of it: then sleeps are short.
  // Collective.
  SocketTurns(Setup setup, HostGroup& host, std::function<bool()> has_mail);
  ~SocketTurns() override;

  void sent_to(int number) override;
  void nap(Nanoseconds at_most) override { sleep(at_most); }

 private:
  struct alignas(HostGroup::kAlignment) Flag {
    std::atomic<std::uint32_t> asleep;
  };
  struct Name {
    sockaddr_un address;
    socklen_t size;
  };
  void wait(const UnderWay& under_way, unsigned turn, bool rest) override;
  bool core_is_free(unsigned turn);  // gives it away first
  void sleep(Nanoseconds at_most);
  Name open_socket();

  int mine_, ranks_;
  long replaced_ = 0;  // times that this thread's core had gone to another at the last look
  std::function<bool()> has_mail_;
  HostArray<Flag> flags_;
  int socket_ = -1;          // what wakes this rank; -1: there is none
  std::vector<Name> names_;  // by number
  JobSockets network_;
  WakeRecord wakes_;
};

}  // namespace mixnn
