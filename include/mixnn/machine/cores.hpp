#pragma once
#include <sched.h>

#include <cstddef>
#include <vector>

#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// A set with this core alone.
cpu_set_t one_core(int core);

// The cores that each rank of a host may run on: each rank may be bound to a core of its own, or
// none to any.
class HostCores {
 public:
  explicit HostCores(HostGroup& host);  // collective

  // How many one or more of the ranks may run on.
  int count() const;
  // How many this rank has for itself: its share of those that it may run on, among all that may
  // run on one of them.
  std::size_t own() const;
  // Those on which every rank may run; none if the ranks differ.
  std::vector<int> common() const;

 private:
  struct Allowed {
    cpu_set_t cores;
    bool known;  // otherwise all that there are
  };
  static std::vector<Allowed> ask_all(HostGroup& host);

  std::vector<Allowed> ranks_;
  std::size_t mine_;
};

}  // namespace mixnn
