// Carries Ethernet frames between network interfaces, later and at a rate, where the kernel has no
// netem: a switch with a slow link to each port. Needs CAP_NET_RAW and CAP_NET_ADMIN; runs until it
// is killed.
//   usage: wire DELAY_US RATE_MBIT LOST INTERFACE INTERFACE...   a rate of 0: as fast as it goes;
//                                                                LOST packets of a million
// A frame's time on the link begins when its port had it, by the kernel's stamp, and not when this
// program woke up.
// Frames come and go with their virtio header, so segments that the kernel has yet to cut stay
// whole, up to 64 KiB of them, and are lost whole if one of their packets is.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = std::chrono::nanoseconds;
using Address = std::array<unsigned char, ETH_ALEN>;

constexpr std::size_t kHeader = 10;  // struct virtio_net_hdr, before each frame
constexpr std::size_t kLargest = kHeader + 18 + 65536;
constexpr std::size_t kBuffer =
    8 << 20;  // bytes that wait for one port; what comes on top is dropped
constexpr int kSocketBuffer = 32 << 20;

struct Port {
  int socket;
  Time sent_until{},
      received_until{};     // when the last frame from it, and to it, leaves its link free
  std::size_t waiting = 0;  // bytes
};

// Room for any frame. It is filled once, by the kernel, and read once: that is what carrying costs.
using Room = std::unique_ptr<std::array<char, kLargest>>;

struct Frame {
  std::size_t to, size;
  Room room;
};

[[noreturn]] void stop(const std::string& what) {
  std::perror(("wire: " + what).c_str());
  std::exit(1);
}

int open_port(const char* name) {
  const int port = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          0);  // nothing comes before it is bound
  if (port < 0) stop("socket");
  const int on = 1;
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_protocol = htons(ETH_P_ALL);
  place.sll_ifindex = static_cast<int>(if_nametoindex(name));
  if (place.sll_ifindex == 0 ||
      setsockopt(port, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
      setsockopt(port, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
      setsockopt(port, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
      setsockopt(port, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer) != 0 ||
      setsockopt(port, SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer) != 0 ||
      bind(port, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
    stop(name);
  return port;
}

class Wire {
 public:
  Wire(Duration delay, long rate_mbit, double lost, std::vector<Port> ports)
      : delay_(delay), rate_mbit_(rate_mbit), lost_(lost), ports_(std::move(ports)) {}

  [[noreturn]] void run() {
    std::vector<pollfd> ready;
    for (const Port& port : ports_) ready.push_back({port.socket, POLLIN, 0});
    while (true) {
      deliver();
      timespec wait{};
      if (!due_.empty()) {
        const auto left =
            std::max(Duration(0), Duration(due_.begin()->first - Clock::now())).count();
        wait = {left / 1'000'000'000, left % 1'000'000'000};
      }
      if (ppoll(ready.data(), ready.size(), due_.empty() ? nullptr : &wait, nullptr) <= 0) continue;
      for (std::size_t from = 0; from < ports_.size(); ++from)
        if (ready[from].revents != 0) take(from);
    }
  }

 private:
  // What is due leaves.
  void deliver() {
    while (!due_.empty() && due_.begin()->first <= Clock::now()) {
      Frame& frame = due_.begin()->second;
      Port& port = ports_[frame.to];
      // One that does not fit is lost, as on any link: TCP repeats it.
      static_cast<void>(send(port.socket, frame.room->data(), frame.size, 0));
      port.waiting -= frame.size;
      rooms_.push_back(std::move(frame.room));
      due_.erase(due_.begin());
    }
  }

  // A few frames of one port, so that none has to wait for another's stream.
  void take(std::size_t from) {
    for (int i = 0; i < 16; ++i) {
      Room room = take_room();
      iovec whole{room->data(), room->size()};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> beside{};
      msghdr frame{};
      frame.msg_iov = &whole;
      frame.msg_iovlen = 1;
      frame.msg_control = beside.data();
      frame.msg_controllen = beside.size();
      const ssize_t size = recvmsg(ports_[from].socket, &frame, MSG_TRUNC);
      if (size < static_cast<ssize_t>(kHeader + ETH_HLEN) ||
          size > static_cast<ssize_t>(kLargest)) {
        rooms_.push_back(std::move(room));
        return;
      }
      const Time came = stamp_of(frame);
      const char* ethernet = room->data() + kHeader;
      Address receiver, sender;
      std::copy_n(ethernet, ETH_ALEN, receiver.begin());
      std::copy_n(ethernet + ETH_ALEN, ETH_ALEN, sender.begin());
      port_of_[sender] = from;
      const auto known = port_of_.find(receiver);
      const auto bytes = static_cast<std::size_t>(size);
      if (known != port_of_.end()) {
        if (known->second != from) carry(from, known->second, came, bytes, std::move(room));
        continue;
      }
      for (std::size_t to = 0; to < ports_.size(); ++to)
        if (to != from) carry(from, to, came, bytes, std::make_unique<Room::element_type>(*room));
    }
  }

  // The one used last, which caches still have.
  Room take_room() {
    if (rooms_.empty()) return Room(new Room::element_type);
    Room room = std::move(rooms_.back());
    rooms_.pop_back();
    return room;
  }

  // When the kernel had the frame; its stamps are of the clock of the day.
  static Time stamp_of(const msghdr& frame) {
    const Time now = Clock::now();
    const cmsghdr* beside = CMSG_FIRSTHDR(&frame);
    if (beside == nullptr || beside->cmsg_level != SOL_SOCKET ||
        beside->cmsg_type != SO_TIMESTAMPNS)
      return now;
    timespec stamp, today;
    std::memcpy(&stamp, CMSG_DATA(beside), sizeof stamp);
    clock_gettime(CLOCK_REALTIME, &today);
    const Duration waited =
        std::chrono::seconds(today.tv_sec - stamp.tv_sec) + Duration(today.tv_nsec - stamp.tv_nsec);
    // more than that only if somebody set the clock
    return now - std::clamp(waited, Duration(0), Duration(std::chrono::milliseconds(100)));
  }

  // The sender's link first, then the receiver's, as soon as it is free: a real switch has the
  // first packets of a segment on their way while the last are still to come.
  void carry(std::size_t from, std::size_t to, Time came, std::size_t size, Room room) {
    Port &sender = ports_[from], &receiver = ports_[to];
    if (receiver.waiting + size > kBuffer) return;
    if (lost_ > 0 && chance_(random_) > std::pow(1 - lost_, packets(size))) return;
    receiver.waiting += size;
    Time arrives = came;
    if (rate_mbit_ > 0) {
      const Duration takes(on_link(size) * 8 * 1000 / rate_mbit_);
      const Time begins = std::max(came, sender.sent_until);
      sender.sent_until = begins + takes;
      arrives = std::max(begins, receiver.received_until) + takes;
      receiver.received_until = arrives;
    }
    due_.emplace(arrives + delay_,
                 Frame{to, size, std::move(room)});  // equal times keep their order
  }

  static long packets(std::size_t size) { return static_cast<long>(size - kHeader) / 1514 + 1; }
  // Each packet of 1500 bytes has headers and a gap of its own on a real link.
  static long on_link(std::size_t size) {
    const long bytes = static_cast<long>(size - kHeader), more = packets(size) - 1;
    return bytes + more * 66 + (more + 1) * 24;
  }

  Duration delay_;
  long rate_mbit_;
  double lost_;  // of packets
  std::mt19937 random_{1};
  std::uniform_real_distribution<double> chance_{0, 1};
  std::vector<Port> ports_;
  std::vector<Room> rooms_;  // free
  std::map<Address, std::size_t> port_of_;
  std::multimap<Time, Frame> due_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: wire DELAY_US RATE_MBIT LOST INTERFACE INTERFACE...\n");
    return 2;
  }
  std::vector<Port> ports;
  for (int i = 4; i < argc; ++i) ports.push_back({open_port(argv[i])});
  // Delays are to be kept while ranks use all processors, and timers to the microsecond.
  const sched_param first{.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &first) != 0 || prctl(PR_SET_TIMERSLACK, 1) != 0)
    stop("real-time priority");
  Wire(std::chrono::microseconds(std::atol(argv[1])), std::atol(argv[2]), std::atof(argv[3]) / 1e6,
       std::move(ports))
      .run();
}
