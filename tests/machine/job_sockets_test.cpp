#include "mixnn/machine/job_sockets.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// Two ends of a connection of this machine with itself.
class Connection {
 public:
  Connection() {
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listening, any, size), 0);
    EXPECT_EQ(::listen(listening, 1), 0);
    EXPECT_EQ(::getsockname(listening, any, &size), 0);
    near = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(near, any, size), 0);
    far = ::accept(listening, nullptr, nullptr);
    EXPECT_GE(far, 0);
    ::close(listening);
  }
  ~Connection() {
    ::close(near);
    ::close(far);
  }
  void send() const { EXPECT_EQ(::write(far, "x", 1), 1); }
  void take() const {
    char byte = 0;
    EXPECT_EQ(::read(near, &byte, 1), 1);
  }
  int near = -1, far = -1;
};

constexpr Nanoseconds kLong = 20s;  // nothing here takes as long, unless it sleeps to the end

double seconds_asleep(JobSockets& sockets, Nanoseconds at_most, int also = -1) {
  const Stopwatch watch;
  sockets.sleep(also, at_most);
  return watch.seconds();
}

TEST(JobSocketsTest, SleepUntilSomethingComesOnAConnection) {
  const Connection connection;
  JobSockets sockets;
  EXPECT_GE(seconds_asleep(sockets, 30ms), 0.03);
  connection.send();
  EXPECT_LT(seconds_asleep(sockets, kLong), seconds(kLong) / 2);
  EXPECT_LT(seconds_asleep(sockets, kLong), seconds(kLong) / 2) << "it has not been read";
  connection.take();
  EXPECT_GE(seconds_asleep(sockets, 30ms), 0.03);
}

TEST(JobSocketsTest, FindConnectionsThatAreNew) {
  JobSockets sockets;
  EXPECT_GE(seconds_asleep(sockets, 30ms), 0.03);
  const Connection connection;
  connection.send();
  EXPECT_LT(seconds_asleep(sockets, kLong), seconds(kLong) / 2);
}

TEST(JobSocketsTest, ForgetConnectionsThatAreClosed) {
  JobSockets sockets;
  {
    const Connection connection;
    seconds_asleep(sockets, 1ms);
  }
  sockets.sleep(-1, kLong);  // ends early, and looks again
  EXPECT_GE(seconds_asleep(sockets, 30ms), 0.03);
}

TEST(JobSocketsTest, WakeForAnotherFile) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  JobSockets sockets;
  EXPECT_GE(seconds_asleep(sockets, 30ms, ends[0]), 0.03);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_LT(seconds_asleep(sockets, kLong, ends[0]), seconds(kLong) / 2);
  for (const int end : ends) ::close(end);
}

}  // namespace
}  // namespace mixnn
