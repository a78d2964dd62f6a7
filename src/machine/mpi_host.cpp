#include "mixnn/machine/mpi_host.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>

#include "mixnn/base/error.hpp"
#include "mixnn/machine/mpi_check.hpp"

namespace mixnn {

namespace {

// An environment variable with two values.
struct Choice {
  const char* variable;
  const char* one;
  const char* two;
};
constexpr Choice kWait{"MIXNN_WAIT", "doorbell", "poll"}, kCells{"MIXNN_CELLS", "shared", "copied"};

// 0 not set, 1 or 2 the one or the other, 3 something else.
int read(const Choice& choice) {
  const char* const value = std::getenv(choice.variable);
  if (value == nullptr || *value == '\0') return 0;
  return value == std::string_view(choice.one) ? 1 : value == std::string_view(choice.two) ? 2 : 3;
}

// What the host's first rank has; what is wrong counts as not set.
int read_at_first(const Choice& choice, MPI_Comm host) {
  int asked = read(choice);
  mpi_check(MPI_Bcast(&asked, 1, MPI_INT, 0, host), "choosing how to talk on a host");
  return asked == 3 ? 0 : asked;
}

constexpr const char* kHelpers = "MIXNN_HELPERS";
constexpr int kMostHelpers = 63, kDefaultHelpers = 3;

// Their number; -1 not set, -2 something else.
int read_helpers() {
  const char* const value = std::getenv(kHelpers);
  if (value == nullptr || *value == '\0') return -1;
  const std::string_view text(value);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc() && end == text.data() + text.size() && number >= 0 &&
                    number <= kMostHelpers;
  return good ? number : -2;
}

int helpers_of_first(MPI_Comm host) {
  int asked = read_helpers();
  mpi_check(MPI_Bcast(&asked, 1, MPI_INT, 0, host), "choosing the helpers of a host");
  return asked < 0 ? kDefaultHelpers : asked;
}

cpu_set_t usable_cores() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (::sched_getaffinity(0, sizeof mine, &mine) != 0)
    for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu)
      CPU_SET(static_cast<std::size_t>(cpu), &mine);
  return mine;
}

// The cores that each rank may use: each may be bound to a core of its own, or none to any.
std::vector<cpu_set_t> usable_cores(MPI_Comm host, int ranks) {
  const cpu_set_t mine = usable_cores();
  std::vector<cpu_set_t> all(static_cast<std::size_t>(ranks));
  mpi_check(MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, host),
            "counting the host's cores");
  return all;
}

int cores_of_all(const std::vector<cpu_set_t>& ranks) {
  cpu_set_t any;
  CPU_ZERO(&any);
  for (const cpu_set_t& rank : ranks) CPU_OR(&any, &any, &rank);
  return CPU_COUNT(&any);
}

// A rank's share of those that it may use, among all that may use one of them.
std::size_t share_of_cores(const std::vector<cpu_set_t>& ranks, const cpu_set_t& mine) {
  const auto sharers = std::ranges::count_if(ranks, [&](const cpu_set_t& other) {
    cpu_set_t both;
    CPU_AND(&both, &mine, &other);
    return CPU_COUNT(&both) > 0;
  });
  return static_cast<std::size_t>(CPU_COUNT(&mine) / std::max<std::ptrdiff_t>(1, sharers));
}

}  // namespace

void check_mpi_host_environment() {
  for (const Choice& choice : {kWait, kCells})
    if (read(choice) == 3)
      throw UsageError(std::string(choice.variable) + " must be '" + choice.one + "' or '" +
                       choice.two + "', got '" + std::getenv(choice.variable) + "'");
  if (read_helpers() == -2)
    throw UsageError(std::string(kHelpers) + " must be a number from 0 to " +
                     std::to_string(kMostHelpers) + ", got '" + std::getenv(kHelpers) + "'");
}

MpiHost::MpiHost(MPI_Comm ranks) {
  int all = 0;
  mpi_check(MPI_Comm_size(ranks, &all), "asking for the number of ranks");
  mpi_check(MPI_Comm_split_type(ranks, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &comm_),
            "finding the host's ranks");
  mpi_check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "setting the error handler");
  mpi_check(MPI_Comm_size(comm_, &ranks_), "finding the host's ranks");
  const std::vector<cpu_set_t> cores = usable_cores(comm_, ranks_);
  cores_ = cores_of_all(cores);
  own_cores_ = share_of_cores(cores, usable_cores());
  most_helpers_ = static_cast<std::size_t>(helpers_of_first(comm_));

  MPI_Group everybody = MPI_GROUP_NULL, here = MPI_GROUP_NULL;
  mpi_check(MPI_Comm_group(ranks, &everybody), "finding the host's ranks");
  mpi_check(MPI_Comm_group(comm_, &here), "finding the host's ranks");
  std::vector<int> numbers(static_cast<std::size_t>(all));
  std::iota(numbers.begin(), numbers.end(), 0);
  number_.assign(numbers.size(), -1);
  mpi_check(MPI_Group_translate_ranks(everybody, all, numbers.data(), here, number_.data()),
            "finding the host's ranks");
  rank_.resize(static_cast<std::size_t>(ranks_));
  for (std::size_t rank = 0; rank < number_.size(); ++rank) {
    int& number = number_[rank];
    if (number == MPI_UNDEFINED)
      number = -1;
    else
      rank_[static_cast<std::size_t>(number)] = static_cast<int>(rank);
  }
  MPI_Group_free(&everybody);
  MPI_Group_free(&here);
}

Waiting MpiHost::choose_waiting() const {
  const int asked = read_at_first(kWait, comm_);
  if (asked == 0) return ranks_ > cores_ ? Waiting::kDoorbell : Waiting::kPoll;
  return asked == 1 ? Waiting::kDoorbell : Waiting::kPoll;
}

bool MpiHost::choose_sharing() const { return read_at_first(kCells, comm_) != 2 && ranks_ > 1; }

void MpiHost::free() noexcept {
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

}  // namespace mixnn
