#include "mixnn/transport/mpi_roll_call.hpp"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>

#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {
namespace {

constexpr int kWordTag = 3, kVerdictTag = 4, kGoodbyeTag = 5;
// Of a word: a small message ends at once, even if its receiver is late.
constexpr std::size_t kMostBytes = 64 << 10;

void nap() {
  const timespec span{0, 1'000'000};
  ::nanosleep(&span, nullptr);
}

struct Head {
  std::int32_t goes_on = 0, rank = 0, exit_code = 0;
};

std::string packed(const MpiRollCall::Word& word) {
  const Head head{word.goes_on ? 1 : 0, word.rank, word.exit_code};
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes + word.text.substr(0, kMostBytes - sizeof head);
}

MpiRollCall::Word unpacked(int from, const std::string& bytes) {
  Head head;
  if (bytes.size() < sizeof head)
    throw RunError("rank " + std::to_string(from) +
                   " joins in another way; do all ranks run the same mixnn?");
  std::memcpy(&head, bytes.data(), sizeof head);
  return {head.goes_on != 0, head.rank, head.exit_code, bytes.substr(sizeof head)};
}

struct Letter {
  int from = 0;
  std::string bytes;
};

std::optional<Letter> poll(int from, int tag, const char* doing) {
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  int found = 0, bytes = 0;
  mpi_check(MPI_Improbe(from, tag, MPI_COMM_WORLD, &found, &message, &status), doing);
  if (found == 0) return std::nullopt;
  mpi_check(MPI_Get_count(&status, MPI_BYTE, &bytes), doing);
  Letter letter{status.MPI_SOURCE, {}};
  if (bytes < 0 || static_cast<std::size_t>(bytes) > kMostBytes)
    throw RunError("rank " + std::to_string(letter.from) + " sent " + std::to_string(bytes) +
                   " bytes while " + doing);
  letter.bytes.resize(static_cast<std::size_t>(bytes));
  mpi_check(MPI_Mrecv(letter.bytes.data(), bytes, MPI_BYTE, &message, MPI_STATUS_IGNORE), doing);
  return letter;
}

}  // namespace

std::string ranks_text(const std::vector<int>& ranks) {
  constexpr std::size_t kShown = 8;
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < std::min(ranks.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
  if (ranks.size() > kShown) text += " and " + std::to_string(ranks.size() - kShown) + " more";
  return text;
}

MpiRollCall::MpiRollCall(Nanoseconds timeout) : timeout_(timeout) {
  mpi_check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "asking for the rank");
  mpi_check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "asking for the number of ranks");
}

// Rank 0 hears each of the others once. Whom it has not heard after the timeout.
std::vector<int> MpiRollCall::missing_from(
    int tag, const std::function<void(int, std::string)>& take) const {
  std::vector<int> missing(static_cast<std::size_t>(size_ - 1));
  std::iota(missing.begin(), missing.end(), 1);
  for (StallWatch watch(timeout_); !missing.empty() && !watch.stalled();) {
    std::optional<Letter> letter = poll(MPI_ANY_SOURCE, tag, "calling the roll");
    if (!letter) {
      nap();
      continue;
    }
    watch.moved();
    if (std::erase(missing, letter->from) > 0) take(letter->from, std::move(letter->bytes));
  }
  return missing;
}

MpiRollCall::Word MpiRollCall::agree(Word mine) {
  mine.rank = rank_;
  if (rank_ != 0) {
    const std::string bytes = packed(mine);
    MPI_Request sending = MPI_REQUEST_NULL;
    mpi_check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, kWordTag,
                        MPI_COMM_WORLD, &sending),
              "joining");
    std::optional<Letter> verdict;
    while (!(verdict = poll(0, kVerdictTag, "joining"))) nap();
    mpi_check(MPI_Wait(&sending, MPI_STATUS_IGNORE), "joining");  // it has been read
    return unpacked(0, verdict->bytes);
  }
  Word lowest = mine;
  const std::vector<int> missing = missing_from(kWordTag, [&](int from, const std::string& bytes) {
    Word word = unpacked(from, bytes);
    word.rank = from;
    if (!word.goes_on && (lowest.goes_on || from < lowest.rank)) lowest = std::move(word);
  });
  if (!missing.empty())
    throw RunError(ranks_text(missing) + " did not join within the timeout of " +
                   text("%g s; do all ranks run the same mixnn?", seconds(timeout_)));
  const std::string bytes = packed(lowest);
  std::vector<MPI_Request> sending(static_cast<std::size_t>(size_), MPI_REQUEST_NULL);
  for (int to = 1; to < size_; ++to)
    mpi_check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, kVerdictTag,
                        MPI_COMM_WORLD, &sending[static_cast<std::size_t>(to)]),
              "joining");
  mpi_check(MPI_Waitall(size_, sending.data(), MPI_STATUSES_IGNORE), "joining");
  return lowest;
}

std::vector<int> MpiRollCall::part() {
  if (rank_ == 0) return missing_from(kGoodbyeTag, [](int, const std::string&) {});
  mpi_check(MPI_Send(nullptr, 0, MPI_BYTE, 0, kGoodbyeTag, MPI_COMM_WORLD), "parting");
  return {};
}

}  // namespace mixnn
