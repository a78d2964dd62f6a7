#include "mixnn/machine/job_sockets.hpp"

#include <dirent.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kLookAgain = 500ms, kLookInVain = 20ms;

bool is_of_network(int descriptor) {
  int domain = 0, type = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
  size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return false;
  return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM;
}

}  // namespace

// Those that listen are among them: who connects there wakes, too.
void JobSockets::look() {
  watched_.assign(1, pollfd{-1, POLLIN, 0});
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return;
  while (const dirent* const entry = ::readdir(folder)) {
    char* end = nullptr;
    const long descriptor = std::strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || *end != '\0') continue;
    if (is_of_network(static_cast<int>(descriptor)))
      watched_.push_back({static_cast<int>(descriptor), POLLIN, 0});
  }
  ::closedir(folder);
}

bool JobSockets::sleep(int also, Nanoseconds at_most) {
  const Nanoseconds now = SteadyClock().now();
  if (watched_.empty() || now - looked_ > (in_vain_ ? kLookInVain : kLookAgain)) {
    look();
    looked_ = now;
  }
  watched_.front().fd = also;
  const timespec span{at_most.count() / 1'000'000'000, at_most.count() % 1'000'000'000};
  in_vain_ = ::ppoll(watched_.data(), watched_.size(), &span, nullptr) <= 0;
  const bool closed = std::ranges::any_of(
      watched_, [](const pollfd& watched) { return (watched.revents & POLLNVAL) != 0; });
  if (closed) watched_.clear();
  return !in_vain_;
}

}  // namespace mixnn
