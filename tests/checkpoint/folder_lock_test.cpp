// A folder on a file system that lacks file locks or hard links: Lustre and some NFS. flock and
// link are those of this program, and fail when told to.
#include "mixnn/checkpoint/folder_lock.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/key.hpp"
#include "mixnn/crypto/hash.hpp"

namespace {
int flock_error = 0, link_error = 0;  // 0: as the system does it

template <typename Function>
Function* of_the_system(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
int failed_with(int error) {
  errno = error;
  return -1;
}
}  // namespace

extern "C" int flock(int file, int operation) noexcept {
  return flock_error != 0 ? failed_with(flock_error)
                          : of_the_system<int(int, int)>("flock")(file, operation);
}
extern "C" int link(const char* from, const char* to) noexcept {
  return link_error != 0 ? failed_with(link_error)
                         : of_the_system<int(const char*, const char*)>("link")(from, to);
}

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr Nanoseconds kShort = std::chrono::milliseconds(40);
constexpr Nanoseconds kNever = std::chrono::hours(1);

class FolderLockTest : public ::testing::Test {
 protected:
  FolderLockTest() {
    std::string name = (fs::temp_directory_path() / "mixnn-lock.XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~FolderLockTest() override {
    flock_error = link_error = 0;
    fs::remove_all(folder);
  }

  // What is said of a folder that cannot be had; nothing if it can.
  std::optional<std::string> refused(Nanoseconds period = kShort) const {
    try {
      const FolderLock lock(folder, "--checkpoint DIR", period);
      return std::nullopt;
    } catch (const UsageError& error) {
      return error.what();
    }
  }
  fs::path held() const { return folder / "lock.held"; }
  // As a job leaves it that was on another host.
  void leave(const std::string& process) const { std::ofstream(held()) << process; }

  fs::path folder;
};

TEST_F(FolderLockTest, AFileSystemWithoutLocksIsNoOtherJobAtWork) {
  for (const int error : {ENOSYS, ENOLCK, EOPNOTSUPP}) {
    flock_error = error;
    const FolderLock lock(folder, "--checkpoint DIR", kNever);
    EXPECT_THAT(lock.lacks(), HasSubstr(system_reason(error)));
    EXPECT_NO_THROW(lock.check());
    EXPECT_TRUE(fs::exists(held()));
  }
  EXPECT_FALSE(fs::exists(held()));
}

TEST_F(FolderLockTest, WithLocksNothingIsLackingAndNoOtherFileIsMade) {
  const FolderLock lock(folder, "--checkpoint DIR");
  EXPECT_EQ(lock.lacks(), "");
  EXPECT_FALSE(fs::exists(held()));
  EXPECT_THAT(refused().value_or("had"), HasSubstr("another job is using it (process"));
}

TEST_F(FolderLockTest, WithoutLocksAnotherJobOnThisHostIsSeenAtOnce) {
  flock_error = ENOSYS;
  const FolderLock lock(folder, "--checkpoint DIR", kNever);
  EXPECT_THAT(refused(kNever).value_or("had"),
              HasSubstr("another job is using it (process " + std::to_string(::getpid()) + " on "));
}

TEST_F(FolderLockTest, AProcessOfThisHostThatIsGoneHoldsNothing) {
  flock_error = ENOSYS;
  {
    const FolderLock lock(folder, "--checkpoint DIR", kNever);
    std::ifstream in(held());
    std::string person, space;
    std::getline(in, person);
    in >> space;
    in.close();
    // The number of a process that began at another time.
    leave(person + "\n" + space + " 1 1234567890123\n");
  }
  EXPECT_EQ(refused(kNever), std::nullopt);
}

TEST_F(FolderLockTest, WhatNobodyTouchesForThreePeriodsIsTakenOver) {
  flock_error = ENOSYS;
  for (const char* process : {"process 7 on elsewhere\nanother/boot 7 700\n", ""}) {
    leave(process);
    const Nanoseconds before = SteadyClock().now();
    EXPECT_EQ(refused(), std::nullopt);
    EXPECT_GE(SteadyClock().now() - before, 2 * kShort);
  }
}

TEST_F(FolderLockTest, WhatIsTouchedMeanwhileIsAnotherJob) {
  flock_error = ENOSYS;
  const FolderLock lock(folder, "--checkpoint DIR", kShort);
  leave("process 7 on elsewhere\nanother/boot 7 700\n");  // in the same file, which is touched
  EXPECT_THAT(refused(20 * kShort).value_or("had"),
              HasSubstr("another job is using it (process 7 on elsewhere)"));
}

TEST_F(FolderLockTest, AHolderThatWasStoppedForTooLongWritesNoMore) {
  flock_error = ENOSYS;
  const FolderLock lock(folder, "--checkpoint DIR", kNever);
  EXPECT_NO_THROW(lock.check());
  fs::rename(held(), folder / "gone");
  leave("process 7 on elsewhere\nanother/boot 7 700\n");
  EXPECT_THROW(lock.check(), RunError);
}

TEST_F(FolderLockTest, AHolderWithoutLocksIsSeenByAHostThatHasThem) {
  flock_error = ENOSYS;
  std::optional<FolderLock> lock;
  lock.emplace(folder, "--checkpoint DIR", kNever);
  flock_error = 0;
  EXPECT_THAT(refused(kNever).value_or("had"), HasSubstr("another job is using it"));
  lock.reset();
  EXPECT_EQ(refused(kNever), std::nullopt);
}

TEST_F(FolderLockTest, AKeyIsMadeWithoutHardLinksAndNeverInPlaceOfAnother) {
  const fs::path file = folder / "state" / "key";
  for (const int error : {EPERM, ENOSYS, EOPNOTSUPP, EMLINK}) {
    link_error = error;
    const CheckpointKey made = CheckpointKey::load(file, folder / "checkpoints", true);
    const CheckpointKey again = CheckpointKey::load(file, folder / "checkpoints", true);
    EXPECT_EQ(to_hex(made.manifest_key().bytes()), to_hex(again.manifest_key().bytes()));
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), {}), 1);
    fs::remove(file);
  }
}

}  // namespace
}  // namespace mixnn
