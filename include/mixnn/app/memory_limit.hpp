#pragma once
#include <string>

namespace mixnn {

// "out of memory", and the limit of this process's address space (ulimit -v), if there is one.
std::string out_of_memory_text();

// Under such a limit OpenBLAS, which asks for a buffer of 128 MiB for each of its threads, asks
// again and again without an end and without a word, or ends the process. As long as the object
// lives, the process ends after a while with a message in its place, or beside OpenBLAS's own.
// Without a limit it does nothing. One at a time.
class MemoryLimitGuard {
 public:
  // Has OpenBLAS take its buffers now, if there is a limit.
  void try_blas() const;
  MemoryLimitGuard();
  ~MemoryLimitGuard();
  MemoryLimitGuard(const MemoryLimitGuard&) = delete;
  MemoryLimitGuard& operator=(const MemoryLimitGuard&) = delete;

  static constexpr unsigned kPatience = 10;  // seconds; what it guards takes some milliseconds

 private:
  bool limited_;
};

}  // namespace mixnn
