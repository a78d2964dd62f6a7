#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mixnn {

// What a rank was sent and dropped, by the rank that it came from: cells that are not of the run or
// come again, messages of another size, datagrams that nobody waits for. The run goes on without
// them. Its memory is bounded by the ranks of the job.
class Refusals {
 public:
  explicit Refusals(int ranks) : from_(static_cast<std::size_t>(ranks)) {}
  void count(int from) { ++from_.at(static_cast<std::size_t>(from)); }
  std::uint64_t from(int rank) const { return from_.at(static_cast<std::size_t>(rank)); }

  // So many ranks of which something was refused, those with most first.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> worst(std::size_t most) const;

 private:
  std::vector<std::uint64_t> from_;
};

}  // namespace mixnn
