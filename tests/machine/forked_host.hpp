#pragma once
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "mixnn/base/check.hpp"
#include "mixnn/machine/futex.hpp"
#include "mixnn/machine/host_group.hpp"

namespace mixnn::testing_machine {

// The ranks of a host as processes that run_on_host() makes, over one piece of memory. By itself,
// as it is made, a host with one rank.
class ForkedHost final : public HostGroup {
 public:
  explicit ForkedHost(int ranks = 1) : ranks_(ranks) {
    void* const at =
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MIXNN_CHECK(at != MAP_FAILED, "no shared memory");
    memory_ = static_cast<std::byte*>(at);
    meeting_ = new (memory_) Meeting;
  }
  ~ForkedHost() override { ::munmap(memory_, kBytes); }
  ForkedHost(const ForkedHost&) = delete;
  ForkedHost& operator=(const ForkedHost&) = delete;

  int number() const override { return number_; }
  int count() const override { return ranks_; }
  void barrier(const char* doing) override {
    const std::uint32_t met = meeting_->times.load();
    if (meeting_->here.fetch_add(1) + 1 == ranks_) {
      meeting_->here.store(0);
      meeting_->times.fetch_add(1);
      return;
    }
    while (meeting_->times.load() == met) {
      if (meeting_->failed.load()) throw std::runtime_error(std::string("alone while ") + doing);
      futex_wait(meeting_->times, met, std::chrono::milliseconds(1));
    }
  }
  void broadcast(Bytes bytes, const char* doing) override {
    if (number_ == 0) copy_bytes(bytes, meeting_->board);
    barrier(doing);
    copy_bytes(Bytes(meeting_->board).first(bytes.size()), bytes);
    barrier(doing);
  }
  void gather(ConstBytes mine, Bytes all, const char* doing) override {
    MIXNN_CHECK(all.size() == mine.size() * static_cast<std::size_t>(ranks_), "bytes of each");
    copy_bytes(mine,
               Bytes(meeting_->board).subspan(static_cast<std::size_t>(number_) * mine.size()));
    barrier(doing);
    copy_bytes(Bytes(meeting_->board).first(all.size()), all);
    barrier(doing);
  }
  std::byte* share(std::size_t bytes, const char* doing) override {
    barrier(doing);
    std::byte* const at = memory_ + used_;
    used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    MIXNN_CHECK(used_ <= kBytes, "no room in shared memory");
    return at;
  }

 private:
  friend void run_on_host(int ranks, const std::function<void(HostGroup&)>& body);

  static constexpr std::size_t kBytes = std::size_t{8} << 20;
  struct Meeting {
    std::atomic<int> here{0};
    std::atomic<std::uint32_t> times{0};
    std::atomic<bool> failed{false};
    std::array<std::byte, 64 << 10> board{};
  };

  int ranks_, number_ = 0;
  std::byte* memory_ = nullptr;
  Meeting* meeting_ = nullptr;
  std::size_t used_ = (sizeof(Meeting) + kAlignment - 1) / kAlignment * kAlignment;
};

// Runs `body` in so many processes, the ranks of a host, and fails where it fails in one of them,
// or does not end within a minute.
inline void run_on_host(int ranks, const std::function<void(HostGroup&)>& body) {
  ForkedHost host(ranks);
  std::fflush(nullptr);
  std::vector<pid_t> children;
  for (int number = 0; number < ranks; ++number) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    ::alarm(60);
    host.number_ = number;
    try {
      body(host);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "rank " << number << ": " << error.what();
    }
    if (testing::Test::HasFailure()) host.meeting_->failed.store(true);
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    int status = 0;
    ASSERT_EQ(::waitpid(children[i], &status, 0), children[i]);
    EXPECT_EQ(status, 0) << "rank " << i << " of " << ranks;
  }
}

// Tests that run with several numbers of ranks.
class OnHosts : public testing::TestWithParam<int> {
 protected:
  static void on_host(const std::function<void(HostGroup&)>& body) {
    run_on_host(GetParam(), body);
  }
};
inline std::string ranks_name(const testing::TestParamInfo<int>& info) {
  return std::to_string(info.param) + "ranks";
}

}  // namespace mixnn::testing_machine
