#include "mixnn/machine/seats.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <numeric>
#include <set>
#include <system_error>
#include <thread>

#include "machine/forked_host.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/machine/cores.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// Tokens that go round among the ranks of a host, who wait for them in their mail and take turns on
// the seats. Which token is which does not matter.
class TokenRing {
 public:
  // With `held_up` a rank that has seen mail for another one, and so is about to pass its seat on,
  // is held up for so long every few times that it looks whether there is mail for itself.
  explicit TokenRing(HostGroup& host, std::size_t helpers = 0, int tokens = 1,
                     Nanoseconds held_up = 0s)
      : host_(host),
        tokens_(tokens),
        held_up_(held_up),
        me_(host.number()),
        next_((me_ + 1) % host.count()),
        boxes_(host, host.count()),
        seats_(host, HostCores(host).common(), helpers,
               [this](int number) { return has_mail(number); }) {}
  ~TokenRing() { seats_.leave(); }
  TokenRing(const TokenRing&) = delete;
  TokenRing& operator=(const TokenRing&) = delete;

  Seats& seats() { return seats_; }
  // Every rank has each token so many times, and does `work` with it.
  template <class Work>
  void run(int laps, const Work& work) {
    begin();
    for (int taken = 1; taken <= laps * tokens_; ++taken) {
      while (!take()) seats_.wait(1s, taken % 100 == 0);
      work();
      if (!is_last(taken, laps)) pass();
    }
  }
  void begin() {
    host_.barrier("beginning a ring");
    for (int i = 0; i < tokens_ && me_ == 0; ++i) pass();
  }
  bool take() {
    std::atomic<int>& mail = boxes_[me_].mail;
    if (mail.load() == 0) return false;
    mail.fetch_sub(1);
    return true;
  }
  void pass() {
    boxes_[next_].mail.fetch_add(1);
    seats_.sent_to(next_);
  }
  // Of the tokens taken so far, the last has gone round often enough: it is not passed.
  bool is_last(int taken, int laps) const { return me_ == 0 && taken > (laps - 1) * tokens_; }

 private:
  struct alignas(128) Box {
    std::atomic<int> mail;
  };

  bool has_mail(int number) {
    if (number != me_) {
      const bool mail = boxes_[number].mail.load() != 0;
      if (mail && held_up_ > 0s) about_to_pass_.store(true);
      return mail;
    }
    if (about_to_pass_.exchange(false) && looks_.fetch_add(1) % 5 == 0)
      std::this_thread::sleep_for(held_up_);
    return boxes_[me_].mail.load() != 0;
  }

  HostGroup& host_;
  int tokens_;
  Nanoseconds held_up_;
  std::atomic<bool> about_to_pass_{false};
  std::atomic<int> looks_{0};
  int me_, next_;
  HostArray<Box> boxes_;
  Seats seats_;
};

class SeatsTest : public testing_machine::OnHosts {};
INSTANTIATE_TEST_SUITE_P(, SeatsTest, testing::Values(1, 2, 5, 8), testing_machine::ranks_name);

// With fewer seats than ranks, each pass of the token is a change of seats. A lost call costs a
// second.
TEST_P(SeatsTest, LosesNoCall) {
  on_host([](HostGroup& host) {
    TokenRing ring(host);
    const Stopwatch watch;
    ring.run(2000, [] {});
    EXPECT_LT(watch.seconds(), 20);
  });
}

// The same in a loop that goes on where the rank has its seat: on a thread bound to that core, and
// never on two at once. The last round is the same for all ranks, so that nobody leaves while
// others need him.
TEST_P(SeatsTest, RunsALoopOnTheCoreOfItsSeat) {
  on_host([](HostGroup& host) {
    TokenRing ring(host);
    constexpr int kLaps = 2000;
    std::set<std::thread::id> threads;
    int laps = 0, unbound_rounds = 0;
    std::atomic<int> inside{0}, most{0};
    const Stopwatch watch;
    ring.begin();
    ring.seats().run([&] {
      most.store(std::max(most.load(), inside.fetch_add(1) + 1));
      if (ring.take()) {
        threads.insert(std::this_thread::get_id());
        cpu_set_t cores;
        ::sched_getaffinity(0, sizeof cores, &cores);
        if (CPU_COUNT(&cores) != 1) ++unbound_rounds;
        ++laps;
        if (!ring.is_last(laps, kLaps)) ring.pass();
      }
      inside.fetch_sub(1);
      if (laps == kLaps) return false;
      ring.seats().wait(1s, laps % 100 == 0);
      return true;
    });
    EXPECT_EQ(laps, kLaps);
    EXPECT_EQ(most.load(), 1);
    EXPECT_LT(watch.seconds(), 20) << "a lost call costs a second";
    if (HostCores(host).count() > 1 && host.count() > 1) {
      EXPECT_EQ(unbound_rounds, 0);
      EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
    }
  });
}

// A thread that is held up after it has parked may find that another has acted for its rank since,
// and has parked in turn.
TEST_P(SeatsTest, GoesOnWhereAThreadIsHeldUpWhileItPasses) {
  on_host([](HostGroup& host) {
    constexpr int kLaps = 150, kTokens = 3;
    TokenRing ring(host, 0, kTokens, 2ms);
    int taken = 0;
    std::atomic<int> inside{0}, most{0};
    const Stopwatch watch;
    ring.begin();
    ring.seats().run([&] {
      most.store(std::max(most.load(), inside.fetch_add(1) + 1));
      if (ring.take() && !ring.is_last(++taken, kLaps)) ring.pass();
      inside.fetch_sub(1);
      if (taken == kLaps * kTokens) return false;
      ring.seats().wait(1s, taken % 100 == 0);
      return true;
    });
    EXPECT_EQ(taken, kLaps * kTokens);
    EXPECT_EQ(most.load(), 1);
    EXPECT_LT(watch.seconds(), 20) << "a lost call costs a second";
  });
}

// Calls and the end come while threads are still being started.
TEST_P(SeatsTest, LosesNoCallWhileALoopBegins) {
  on_host([](HostGroup& host) {
    TokenRing ring(host);
    const Stopwatch watch;
    for (int run = 0; run < 300; ++run) {
      int laps = 0;
      ring.begin();
      ring.seats().run([&] {
        if (ring.take() && !ring.is_last(++laps, 1)) ring.pass();
        if (laps == 1) return false;
        ring.seats().wait(1s, false);
        return true;
      });
      EXPECT_EQ(laps, 1);
    }
    EXPECT_LT(watch.seconds(), 30);
  });
}

TEST_P(SeatsTest, ThrowsWhatTheLoopThrew) {
  on_host([](HostGroup& host) {
    TokenRing ring(host);
    int rounds = 0;
    EXPECT_THROW(ring.seats().run([&]() -> bool {
      if (++rounds == 10) throw RunError("enough");
      ring.seats().wait(1ms, false);
      return true;
    }),
                 RunError);
    EXPECT_EQ(rounds, 10);
    rounds = 0;
    ring.seats().run([&] { return ++rounds < 3; });  // and may run again
    EXPECT_EQ(rounds, 3);
  });
}

// While it lives this process gets no memory for the stack of another thread.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge = before_;
    pthread_attr_setstacksize(
        &huge, std::size_t{1} << 30);  // larger than any stack that is kept for later
    pthread_setattr_default_np(&huge);
    ::getrlimit(RLIMIT_AS, &limit_);
    rlimit low = limit_;
    low.rlim_cur = mapped_bytes() + (std::size_t{64} << 20);
    ::setrlimit(RLIMIT_AS, &low);
  }
  ~NoMoreThreads() {
    ::setrlimit(RLIMIT_AS, &limit_);
    pthread_setattr_default_np(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  static std::size_t mapped_bytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * 4096;
  }
  pthread_attr_t before_;
  rlimit limit_{};
};

TEST_P(SeatsTest, RunsALoopOnOneThreadWhereThereAreNoMore) {
#if defined(MIXNN_SANITIZE)
  GTEST_SKIP() << "sanitizers map more than any limit";
#endif
  on_host([](HostGroup& host) {
    TokenRing ring(host);
    const NoMoreThreads no_more;
    EXPECT_THROW(std::thread([] {}).join(), std::system_error);
    constexpr int kLaps = 200;
    std::set<std::thread::id> threads;
    int laps = 0;
    const Stopwatch watch;
    ring.begin();
    ring.seats().run([&] {
      threads.insert(std::this_thread::get_id());
      if (ring.take() && !ring.is_last(++laps, kLaps)) ring.pass();
      if (laps == kLaps) return false;
      ring.seats().wait(1s, laps % 100 == 0);
      return true;
    });
    EXPECT_EQ(laps, kLaps);
    EXPECT_EQ(threads, std::set<std::thread::id>{std::this_thread::get_id()});
    EXPECT_LT(watch.seconds(), 20) << "a lost call costs a second";
  });
}

// The same, while each rank shares work with helpers whenever it has the token: they take cores
// that no rank needs, and give them back.
TEST_P(SeatsTest, HelpersHoldNobodyUp) {
  on_host([](HostGroup& host) {
    TokenRing ring(host, 2);
    constexpr int kLaps = 500, kParts = 8;
    std::atomic<long> parts{0}, by_helpers{0};
    {
      Crew crew(ring.seats().helper_places());
      EXPECT_EQ(crew.size(), HostCores(host).count() > 1 ? 3u : 1u)
          << "a helper for each seat, but no more than two";
      const std::thread::id mine = std::this_thread::get_id();
      const Stopwatch watch;
      ring.run(kLaps, [&] {
        crew.run(kParts, [&](std::size_t) {
          parts.fetch_add(1);
          if (std::this_thread::get_id() != mine) by_helpers.fetch_add(1);
          const Stopwatch part;
          while (part.seconds() < 20e-6) {
          }
        });
      });
      EXPECT_LT(watch.seconds(), 20);
    }
    EXPECT_EQ(parts.load(), kLaps * kParts);
    const long helped = by_helpers.load();
    const std::vector<long> by_rank = gather(host, helped, "counting");
    const long of_all = std::accumulate(by_rank.begin(), by_rank.end(), 0L);
    if (HostCores(host).count() > 1) {
      EXPECT_GT(of_all, 0) << "while one rank works, a core is free";
    }
  });
}

TEST_P(SeatsTest, GivesTheCoresBack) {
  on_host([](HostGroup& host) {
    cpu_set_t before, after;
    ::sched_getaffinity(0, sizeof before, &before);
    Seats seats(host, HostCores(host).common(), 0, [](int) { return false; });
    const Stopwatch watch;
    seats.wait(5ms, false);
    EXPECT_LT(watch.seconds(), 5);
    seats.leave();
    ::sched_getaffinity(0, sizeof after, &after);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
    host.barrier("leaving");
  });
}

}  // namespace
}  // namespace mixnn
