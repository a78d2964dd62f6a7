#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// The ranks of a job that run on one host, numbered from 0: what this folder needs to know of them
// and of what connects them. All calls but number() and count() are collective: every rank of the
// host makes them alike, in the same order. `doing` completes "failed while ..." in the error that
// is thrown.
class HostGroup {
 public:
  virtual ~HostGroup() = default;
  virtual int number() const = 0;  // this rank's
  virtual int count() const = 0;

  virtual void barrier(const char* doing) = 0;
  // The bytes of the first rank, in the place of what the others have there.
  virtual void broadcast(Bytes bytes, const char* doing) = 0;
  // Those of each rank, as many of each, by number.
  virtual void gather(ConstBytes mine, Bytes all, const char* doing) = 0;

  // Memory that all of them share, zeroed, aligned to two cache lines (processors fetch lines in
  // pairs) and laid out alike in all of them. It lives as long as the group.
  static constexpr std::size_t kAlignment = 128;
  virtual std::byte* share(std::size_t bytes, const char* doing) = 0;
};

// One T of each rank of a host, by number. Collective.
template <class T>
std::vector<T> gather(HostGroup& host, const T& mine, const char* doing) {
  std::vector<T> all(static_cast<std::size_t>(host.count()));
  host.gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)), doing);
  return all;
}

// Several T in memory that the ranks of a host share. T is lock-free atomics all over, for which
// zero is a good beginning.
template <class T>
class HostArray {
 public:
  HostArray(HostGroup& host, int count)
      : data_(host.share(sizeof(T) * static_cast<std::size_t>(count), "sharing memory on a host")) {
    static_assert(alignof(T) <= HostGroup::kAlignment);
  }
  T& operator[](int number) const { return reinterpret_cast<T*>(data_)[number]; }

 private:
  std::byte* data_;
};

}  // namespace mixnn
