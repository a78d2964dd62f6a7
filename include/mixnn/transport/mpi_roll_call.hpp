#pragma once
#include <mpi.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// How the ranks of MPI_COMM_WORLD begin and end a job together, by messages between rank 0 and each
// of the others (docs/protocol.md, "Joining" and "Parting"). Rank 0 waits for no rank longer than
// the timeout, and says for which. The others wait for rank 0 as long as it takes: meanwhile it
// reads the data, or writes the results.
class MpiRollCall {
 public:
  explicit MpiRollCall(Nanoseconds timeout);

  // What a rank says of itself, and rank 0 of all.
  struct Word {
    bool goes_on = true;
    int rank = 0, exit_code = 0;
    std::string text;
  };
  // At rank 0, before it agrees: whether all go on, and then each of the others calls `answer` and
  // waits again. Throws RunError where a rank says nothing.
  bool question();
  // At the start: the word of the lowest rank that does not go on, if there is one. Throws RunError
  // where a rank says nothing. `answer`: this rank's part of what rank 0 asks before.
  Word agree(Word mine, const std::function<void()>& answer);
  // At the end: each rank says goodbye to rank 0, and rank 0 to all, once it has heard them all. So
  // whoever returns has nobody to wait for. At rank 0: those that have said nothing.
  std::vector<int> part();

 private:
  using Take = std::function<void(int from, const std::string& bytes)>;
  Word say(Word mine, const std::function<void()>& answer);
  const Word& hear();
  void require(const std::vector<int>& missing) const;  // that there are none
  std::vector<int> hear_all(int tag, const Take& take) const;
  std::vector<int> tell_all(int tag, std::string bytes);

  Nanoseconds timeout_;
  int rank_ = 0, size_ = 1;
  std::string told_;            // MPI reads it until all have taken it
  std::optional<Word> lowest_;  // of the others, that does not go on; or one that does
};

// "rank 3" or "ranks 1, 2 and 5 more".
std::string ranks_text(const std::vector<int>& ranks);

}  // namespace mixnn
