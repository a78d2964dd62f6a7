#pragma once
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// Holds a folder for one process at a time, with what its file system has.
// - flock of the file `lock`, in which a person reads who holds it. It goes with its process.
// - Where files cannot be locked (some Lustre and NFS): the file `lock.held`, made by an exclusive
//   create, with host, process, job and time in it, and touched once a period. It is stale if its
//   process was on this host and is gone, or if nobody has touched it for three periods by the file
//   server's clock: then it is taken over, after a wait that is as long as it takes to know.
class FolderLock {
 public:
  static constexpr Nanoseconds kPeriod{10'000'000'000};

  // Throws UsageError that begins with `name`: if another process holds the folder, and who; or if
  // it cannot be locked, and what is missing.
  FolderLock(const std::filesystem::path& folder, const std::string& name,
             Nanoseconds period = kPeriod);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // Throws RunError if another process has taken the folder over, as happens to one that was
  // stopped for longer than three periods.
  void check() const;
  // What the file system lacks, for a person to read; empty: nothing.
  const std::string& lacks() const { return lacks_; }

 private:
  struct Held;  // what `lock.held` says

  bool lock_file();
  void hold();
  bool create();
  bool stale(const Held& held) const;
  void take_over(const Held& held);
  void keep_touching();
  bool is_ours() const;
  Nanoseconds server_clock() const;
  Held read_held() const;
  [[noreturn]] void refuse(const std::string& why) const;

  std::filesystem::path folder_, held_file_;
  std::string name_, lacks_;
  Nanoseconds period_;
  int lock_ = -1, held_ = -1;  // open files; -1: not used
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ends_ = false;
  std::atomic<bool> lost_ = false;
  std::thread touching_;
};

}  // namespace mixnn
