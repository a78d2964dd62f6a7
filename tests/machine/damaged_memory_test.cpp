// What any rank of a host may write into the memory that all of them share: it is refused, or does
// no harm. Run under the sanitizers, too.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "machine/forked_host.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/machine/seat_desks.hpp"
#include "mixnn/machine/shared_cells.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kBytes = 64, kCells = 4;

// A host with one rank, whose shared memory the test knows.
class KnownHost final : public HostGroup {
 public:
  int number() const override { return host_.number(); }
  int count() const override { return host_.count(); }
  void barrier(const char* doing) override { host_.barrier(doing); }
  void broadcast(Bytes bytes, const char* doing) override { host_.broadcast(bytes, doing); }
  void gather(ConstBytes mine, Bytes all, const char* doing) override {
    host_.gather(mine, all, doing);
  }
  std::byte* share(std::size_t bytes, const char* doing) override {
    return shared = host_.share(bytes, doing);
  }
  std::byte* shared = nullptr;  // the last that was

 private:
  testing_machine::ForkedHost host_;
};

class DamagedCells : public ::testing::Test {
 protected:
  DamagedCells() {
    desk = host.shared;
    lent = pool->take();
    first = lent.bytes().data();
    shared.hand_over(0, std::move(lent));
  }
  ~DamagedCells() override { shared.drop_arrived(); }

  // The words of a desk, as SharedCells lays them out.
  std::atomic<CellHandle>& inbox() { return word(0); }
  std::atomic<CellHandle>& returned() { return word(HostGroup::kAlignment); }
  std::atomic<std::uint64_t>& word(std::size_t at) {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(desk + at);
  }
  CellLink& link(std::size_t index) {  // a page of links stands before the cells
    return reinterpret_cast<CellLink*>(first - 4096)[index];
  }
  std::string said(const std::function<void()>& what) {
    try {
      what();
    } catch (const RunError& error) {
      return error.what();
    }
    return "nothing";
  }
  std::string taken() {
    return said([&] { shared.take(); });
  }
  // What is said when the cells are looked at that came back.
  std::string collected() {
    std::vector<CellBuffer> all;
    return said([&] {
      while (CellBuffer cell = pool->take()) all.push_back(std::move(cell));
    });
  }

  KnownHost host;
  SharedCells shared{host};
  std::unique_ptr<CellPool> pool = shared.make_pool(kBytes, kCells);
  std::byte* desk = nullptr;
  CellBuffer lent;
  std::byte* first = nullptr;
};

TEST_F(DamagedCells, WhatStandsInTheInboxIsACellOfSomebody) {
  for (const CellHandle handle :
       {CellHandle{5}, cell_handle(1, 0), cell_handle(99, 0), ~CellHandle{0},
        cell_handle(0, kCells), cell_handle(0, 0xffffffff)}) {
    inbox().store(handle);
    EXPECT_NE(taken().find("is damaged: a cell"), std::string::npos) << handle;
  }
}

TEST_F(DamagedCells, AListThatHasNoEndIsLeft) {
  link(0).next.store(cell_handle(0, 0));
  EXPECT_NE(taken().find("a list has no end"), std::string::npos);
  returned().store(cell_handle(0, 0));
  EXPECT_NE(collected().find("a list has no end"), std::string::npos);
}

TEST_F(DamagedCells, ASenderThatThereIsNotIsRefused) {
  for (const int from : {-1, 1, std::numeric_limits<int>::max()}) {
    inbox().store(cell_handle(0, 0));
    link(0).next.store(0);
    link(0).from.store(from);
    EXPECT_NE(taken().find("a cell from no rank"), std::string::npos) << from;
  }
}

// The pool has never given the others out: their index was beyond what it knows.
TEST_F(DamagedCells, OnlyWhatWasLentComesBack) {
  for (const CellHandle handle : {cell_handle(0, 1), cell_handle(0, 3)}) {
    returned().store(handle);
    link(handle & 3).next.store(0);
    EXPECT_NE(collected().find("a cell came back that was not lent"), std::string::npos) << handle;
  }
  for (const CellHandle handle : {cell_handle(1, 0), cell_handle(0, kCells), CellHandle{7}}) {
    returned().store(handle);
    EXPECT_NE(collected().find("is damaged: a cell"), std::string::npos) << handle;
  }
}

TEST_F(DamagedCells, ACellComesBackOnce) {
  shared.take();  // and lets it go
  EXPECT_EQ(collected(), "nothing");
  EXPECT_EQ(pool->lent(), 0u);
  CellBuffer again = pool->take();
  shared.hand_over(0, std::move(again));
  returned().store(cell_handle(0, 0));
  link(0).next.store(cell_handle(0, 1));
  link(1).next.store(0);
  EXPECT_NE(collected().find("was not lent"), std::string::npos);
}

// Who reads what is gone is ended by the system.
TEST_F(DamagedCells, NobodyCanCutTheFileThatOthersHaveMapped) {
  int found = 0;
  for (int descriptor = 0; descriptor < 256; ++descriptor) {
    std::array<char, 64> name{};
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    if (::readlink(path.c_str(), name.data(), name.size() - 1) <= 0) continue;
    if (std::string_view(name.data()).find("memfd:mixnn cells") == std::string_view::npos) continue;
    ++found;
    EXPECT_NE(::ftruncate(descriptor, 0), 0);
  }
  EXPECT_EQ(found, 1);
}

class DamagedDesks : public ::testing::Test {
 protected:
  testing_machine::ForkedHost host;
  SeatDesks desks{host, {0, 1, 2}, 2, [](int) { return false; }};
};

TEST_F(DamagedDesks, NoSeatIsTakenThatThereIsNot) {
  desks.free_seats().store(~std::uint64_t{0});
  for (int seat = 0; seat < 3; ++seat) EXPECT_EQ(desks.take_free_seat(0), seat);
  EXPECT_EQ(desks.take_free_seat(0), SeatDesks::kNone);
}

TEST_F(DamagedDesks, NoSeatIsGivenThatThereIsNot) {
  for (const int seat : {-1, 3, 64, std::numeric_limits<int>::min()}) {
    desks[0].seat.store(seat);
    EXPECT_EQ(desks.seat_given(0), SeatDesks::kNone) << seat;
  }
  desks[0].seat.store(2);
  EXPECT_EQ(desks.seat_given(0), 2);
}

TEST_F(DamagedDesks, AHelperIsOpenSinceATimeThatWas) {
  using Rep = Nanoseconds::rep;
  for (const Rep since :
       {Rep{-1}, std::numeric_limits<Rep>::min(), Rep{101}, std::numeric_limits<Rep>::max()}) {
    desks[1].since.store(since);
    EXPECT_EQ(desks.open_for(1, Nanoseconds(100)), Nanoseconds(0)) << since;
  }
  desks[1].since.store(40);
  EXPECT_EQ(desks.open_for(1, Nanoseconds(100)), Nanoseconds(60));
}

// There are calls for so many threads alone.
TEST(DamagedDesksOfManySeats, AreOfOneThreadWhateverTheySay) {
  testing_machine::ForkedHost host;
  std::vector<int> cores(SeatDesks::kMostThreads + 1);
  SeatDesks desks(host, cores, 0, [](int) { return false; });
  desks[0].threads.store(1);
  EXPECT_FALSE(desks.thread_for_each_seat(0));
}

}  // namespace
}  // namespace mixnn
