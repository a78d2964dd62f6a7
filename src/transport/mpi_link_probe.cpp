#include "mixnn/transport/mpi_link_probe.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {
namespace {

constexpr int kQuestionTag = 7, kAnswerTag = 8;
constexpr const char* kDoing = "measuring the links";

// Bytes of a question. A longer ping would be announced first, and wait for leave.
constexpr std::size_t kPing = 4 << 10, kLongPing = 32 << 10, kBurst = 128 << 10;
constexpr std::size_t kPings = 20, kBursts = 3, kOfBurst = 16;
constexpr double kPingSeconds = 0.5, kBurstSeconds = 2;  // no more tries after so long
constexpr std::size_t kMostCores = 1 << 16;

// The first byte of a question.
constexpr std::byte kGoOn{0}, kAnswerMe{1};

}  // namespace

// The last of the questions wants an answer.
void MpiLinkProbe::ask(int rank, std::size_t bytes, std::size_t messages) const {
  std::vector<std::byte> more(bytes, kGoOn), last(bytes, kAnswerMe);
  std::vector<MPI_Request> sending(messages, MPI_REQUEST_NULL);
  for (std::size_t i = 0; i < messages; ++i)
    mpi_check(MPI_Isend(i + 1 < messages ? more.data() : last.data(), static_cast<int>(bytes),
                        MPI_BYTE, rank, kQuestionTag, MPI_COMM_WORLD, &sending[i]),
              kDoing);
  for (StallWatch watch(timeout_);;) {
    int ended = 0;
    mpi_check(MPI_Testall(static_cast<int>(messages), sending.data(), &ended, MPI_STATUSES_IGNORE),
              kDoing);
    if (ended != 0) return;
    if (watch.stalled())
      throw RunError("rank " + std::to_string(rank) + " takes nothing while links are measured");
    ::sched_yield();
  }
}

std::size_t MpiLinkProbe::take_answer(int rank) const {
  for (StallWatch watch(timeout_); !watch.stalled(); ::sched_yield()) {
    MPI_Message message = MPI_MESSAGE_NULL;
    int found = 0;
    mpi_check(MPI_Improbe(rank, kAnswerTag, MPI_COMM_WORLD, &found, &message, MPI_STATUS_IGNORE),
              kDoing);
    if (found == 0) continue;
    std::int32_t cores = 0;
    const int code =
        MPI_Mrecv(&cores, static_cast<int>(sizeof cores), MPI_BYTE, &message, MPI_STATUS_IGNORE);
    if (!is_truncated(code)) mpi_check(code, kDoing);
    return std::min(static_cast<std::size_t>(std::max(cores, 1)), kMostCores);
  }
  throw RunError("rank " + std::to_string(rank) +
                 " does not answer while links are measured; do all ranks run the same mixnn?");
}

double MpiLinkProbe::seconds_of(int rank, std::size_t bytes, std::size_t messages) const {
  const Stopwatch watch;
  ask(rank, bytes, messages);
  take_answer(rank);
  return watch.seconds();
}

// There and back, where the way back is that of a few bytes, at best.
double MpiLinkProbe::ping_pong(int rank, std::size_t bytes) const {
  seconds_of(rank, bytes, 1);  // the first may make the connection
  double least = seconds_of(rank, bytes, 1);
  const Stopwatch watch;
  for (std::size_t i = 1; i < kPings && watch.seconds() < kPingSeconds; ++i)
    least = std::min(least, seconds_of(rank, bytes, 1));
  return least;
}

// What one message takes has the latency in it; what all take, the rate as well.
double MpiLinkProbe::rate_to(int rank) const {
  double best = 0;
  const Stopwatch watch;
  for (std::size_t i = 0; i < kBursts && (i == 0 || watch.seconds() < kBurstSeconds); ++i) {
    const double one = seconds_of(rank, kBurst, 1), all = seconds_of(rank, kBurst, kOfBurst);
    const double more = std::max(all - one, all / static_cast<double>(2 * kOfBurst));
    best = std::max(best, static_cast<double>((kOfBurst - 1) * kBurst) / more);
  }
  return best;
}

JobHosts MpiLinkProbe::measure() const {
  const auto ranks = static_cast<int>(first_on_host_.size());
  for (int rank = 1; rank < ranks; ++rank) ask(rank, 1, 1);
  JobHosts hosts;
  std::map<int, std::size_t> numbers;
  std::vector<int> asked;  // one rank of each other host
  for (int rank = 0; rank < ranks; ++rank) {
    const std::size_t cores = rank == 0 ? cores_ : take_answer(rank);
    const auto [host, is_new] =
        numbers.try_emplace(first_on_host_[static_cast<std::size_t>(rank)], numbers.size());
    if (is_new) hosts.cores.push_back(cores);
    if (is_new && rank > 0) asked.push_back(rank);
    hosts.host_of_rank.push_back(host->second);
  }
  for (const int rank : asked) {
    const double ping = ping_pong(rank, kPing), long_ping = ping_pong(rank, kLongPing);
    const double rate = rate_to(rank);
    const double of_byte =
        std::max(0.0, (long_ping - ping) / static_cast<double>(kLongPing - kPing));
    // Of one way; half of it at least, however much the two differ by chance.
    const double latency = std::max((ping - static_cast<double>(kPing) * of_byte) / 2, ping / 4);
    hosts.latency_s = std::max(hosts.latency_s, latency);
    hosts.lone_byte_s = std::max(hosts.lone_byte_s, of_byte);
    hosts.bytes_per_second =
        hosts.bytes_per_second > 0 ? std::min(hosts.bytes_per_second, rate) : rate;
  }
  for (int rank = 1; rank < ranks; ++rank)
    mpi_check(MPI_Send(nullptr, 0, MPI_BYTE, rank, kQuestionTag, MPI_COMM_WORLD), kDoing);
  return hosts;
}

// It sleeps until its host's turn comes, and looks all the time while it is asked.
void MpiLinkProbe::answer() const {
  std::vector<std::byte> question(kBurst);
  const auto cores = static_cast<std::int32_t>(cores_);
  constexpr unsigned kLooks = 20'000;  // without a question, then it sleeps again
  for (unsigned looks = kLooks;;) {
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    int found = 0, bytes = 0;
    mpi_check(MPI_Improbe(0, kQuestionTag, MPI_COMM_WORLD, &found, &message, &status), kDoing);
    if (found == 0) {
      ++looks < kLooks ? static_cast<void>(::sched_yield()) : nap_between_looks();
      continue;
    }
    looks = 0;
    mpi_check(MPI_Get_count(&status, MPI_BYTE, &bytes), kDoing);
    mpi_check(MPI_Mrecv(question.data(), static_cast<int>(question.size()), MPI_BYTE, &message,
                        MPI_STATUS_IGNORE),
              kDoing);
    if (bytes == 0) return;
    if (question.front() == kAnswerMe)
      mpi_check(
          MPI_Send(&cores, static_cast<int>(sizeof cores), MPI_BYTE, 0, kAnswerTag, MPI_COMM_WORLD),
          kDoing);
  }
}

}  // namespace mixnn
