#include "mixnn/transport/mpi_roll_call.hpp"
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "mixnn/base/error.hpp"
#include "mixnn/base/stall_watch.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {
namespace {

constexpr int kWordTag = 3, kVerdictTag = 4, kGoodbyeTag = 5, kFarewellTag = 6;
// Of a word: a small message ends at once, even if its receiver is late.
constexpr std::size_t kMostBytes = 64 << 10;

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

// In the place of a verdict: rank 0 asks something first.
constexpr std::int32_t kAsks = 2;

std::string question_bytes() {
  const Head head{kAsks, 0, 0};
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes;
}

bool asks(const std::string& verdict) {
  Head head;
  if (verdict.size() < sizeof head) return false;
  std::memcpy(&head, verdict.data(), sizeof head);
  return head.goes_on == kAsks;
}

struct Letter {
  int from = 0;
  std::string bytes;  // none of one that is too long
};

std::optional<Letter> poll(int from, int tag, const char* doing) {
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  int found = 0, bytes = 0;
  mpi_check(MPI_Improbe(from, tag, MPI_COMM_WORLD, &found, &message, &status), doing);
  if (found == 0) return std::nullopt;
  mpi_check(MPI_Get_count(&status, MPI_BYTE, &bytes), doing);
  const int room = std::clamp(bytes, 0, static_cast<int>(kMostBytes));
  Letter letter{status.MPI_SOURCE, std::string(static_cast<std::size_t>(room), '\0')};
  const int code = MPI_Mrecv(letter.bytes.data(), room, MPI_BYTE, &message, MPI_STATUS_IGNORE);
  if (is_truncated(code) || room != bytes)
    letter.bytes.clear();
  else
    mpi_check(code, doing);
  return letter;
}

Letter wait_for(int from, int tag, const char* doing) {
  for (;;) {
    if (std::optional<Letter> letter = poll(from, tag, doing)) return std::move(*letter);
    nap_between_looks();
  }
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
std::vector<int> MpiRollCall::hear_all(int tag, const Take& take) const {
  std::vector<int> missing(static_cast<std::size_t>(size_ - 1));
  std::iota(missing.begin(), missing.end(), 1);
  for (StallWatch watch(timeout_); !missing.empty() && !watch.stalled();) {
    const std::optional<Letter> letter = poll(MPI_ANY_SOURCE, tag, "calling the roll");
    if (!letter) {
      nap_between_looks();
    } else if (std::erase(missing, letter->from) > 0) {  // only a rank's first one counts
      watch.moved();
      take(letter->from, letter->bytes);
    }
  }
  return missing;
}

// Rank 0 tells each of the others. Who has not taken it after the timeout.
std::vector<int> MpiRollCall::tell_all(int tag, std::string bytes) {
  told_ = std::move(bytes);
  std::vector<MPI_Request> sending(static_cast<std::size_t>(size_), MPI_REQUEST_NULL);
  std::vector<int> missing;
  for (int to = 1; to < size_; ++to) {
    mpi_check(MPI_Isend(told_.data(), static_cast<int>(told_.size()), MPI_BYTE, to, tag,
                        MPI_COMM_WORLD, &sending[static_cast<std::size_t>(to)]),
              "calling the roll");
    missing.push_back(to);
  }
  const auto taken = [&](int to) {
    int ended = 0;
    mpi_check(MPI_Test(&sending[static_cast<std::size_t>(to)], &ended, MPI_STATUS_IGNORE),
              "calling the roll");
    return ended != 0;
  };
  for (StallWatch watch(timeout_);;) {
    if (std::erase_if(missing, taken) > 0) watch.moved();
    if (missing.empty() || watch.stalled()) return missing;
    nap_between_looks();
  }
}

MpiRollCall::Word MpiRollCall::say(Word mine, const std::function<void()>& answer) {
  const std::string bytes = packed(mine);
  MPI_Request sending = MPI_REQUEST_NULL;
  mpi_check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, kWordTag,
                      MPI_COMM_WORLD, &sending),
            "joining");
  std::string verdict = wait_for(0, kVerdictTag, "joining").bytes;
  mpi_check(MPI_Wait(&sending, MPI_STATUS_IGNORE), "joining");  // it has been read
  while (asks(verdict)) {
    answer();
    verdict = wait_for(0, kVerdictTag, "joining").bytes;
  }
  return unpacked(0, verdict);
}

// Once a time: who has said a word does not say it again.
const MpiRollCall::Word& MpiRollCall::hear() {
  if (lowest_) return *lowest_;
  Word lowest;
  const std::vector<int> missing = hear_all(kWordTag, [&](int from, const std::string& bytes) {
    Word word = unpacked(from, bytes);
    word.rank = from;
    if (!word.goes_on && (lowest.goes_on || from < lowest.rank)) lowest = std::move(word);
  });
  require(missing);
  return lowest_.emplace(std::move(lowest));
}

void MpiRollCall::require(const std::vector<int>& missing) const {
  if (missing.empty()) return;
  throw RunError(ranks_text(missing) + " did not join within the timeout of " +
                 text("%g s; do all ranks run the same mixnn?", seconds(timeout_)));
}

bool MpiRollCall::question() {
  if (!hear().goes_on) return false;
  require(tell_all(kVerdictTag, question_bytes()));
  return true;
}

MpiRollCall::Word MpiRollCall::agree(Word mine, const std::function<void()>& answer) {
  mine.rank = rank_;
  if (rank_ != 0) return say(std::move(mine), answer);
  Word others = hear();
  lowest_.reset();
  const Word lowest = std::move(mine.goes_on ? others : mine);
  require(tell_all(kVerdictTag, packed(lowest)));
  return lowest;
}

std::vector<int> MpiRollCall::part() {
  if (rank_ != 0) {
    mpi_check(MPI_Send(nullptr, 0, MPI_BYTE, 0, kGoodbyeTag, MPI_COMM_WORLD), "parting");
    wait_for(0, kFarewellTag, "parting");
    return {};
  }
  std::vector<int> missing = hear_all(kGoodbyeTag, [](int, const std::string&) {});
  return missing.empty() ? tell_all(kFarewellTag, {}) : missing;
}

}  // namespace mixnn
