#pragma once
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "mixnn/owner/refused.hpp"

// What became of a run with one hostile rank, as its user sees it.
namespace mixnn::testing {

enum class Outcome {
  kUndisturbed,  // the reference's bits, and nobody is named
  kCounted,      // the reference's bits; what was refused is said, each time with the hostile rank
  kOthersCounted,  // the reference's bits; what was refused is said, once of two others, too
  kNamed,          // a stop that names ranks, the hostile one among them
  kUnnamed,        // a stop that says what is outstanding, or not finite, and names nobody
  kOtherBits,      // not noticed
  kAccusesHonest,  // a stop that names others only, or a count that names one of them
};

inline const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kUndisturbed:
      return "right bits";
    case Outcome::kCounted:
      return "right bits, junk counted";
    case Outcome::kOthersCounted:
      return "right bits, junk counted of two others";
    case Outcome::kNamed:
      return "stop, named";
    case Outcome::kUnnamed:
      return "stop, nobody named";
    case Outcome::kOtherBits:
      return "not noticed";
    case Outcome::kAccusesHonest:
      return "HONEST RANK ACCUSED";
  }
  return "";
}

// Of a rank that others may have cut off the text says that it lacks something, not that it did it.
inline bool only_lacks(const std::string& text, std::size_t at, std::size_t end) {
  const std::string before = text.substr(0, at), behind = text.substr(end);
  return before.ends_with("cells for ") ||
         (before.ends_with("no answer from ") &&
          behind.starts_with(" (it stands still, or is cut off or flooded)")) ||
         (before.ends_with(" is at ") && behind.starts_with(", which has not answered it yet"));
}

// All ranks that the text accuses by their numbers: "rank 3", "ranks 3, 4, 5".
inline std::set<int> ranks_in(const std::string& text) {
  std::set<int> ranks;
  for (const std::string word : {"rank ", "ranks "})
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
      const std::size_t begin = at;
      at += word.size();
      for (;;) {
        char* end = nullptr;
        const long rank = std::strtol(text.c_str() + at, &end, 10);
        if (end == text.c_str() + at) break;
        at = static_cast<std::size_t>(end - text.c_str());
        if (!only_lacks(text, begin, at)) ranks.insert(static_cast<int>(rank));
        if (word == "rank " || text.compare(at, 2, ", ") != 0) break;
        at += 2;
      }
    }
  return ranks;
}

// Suspects that the text names by what they do: who sent a message, or relayed it before.
inline bool names_by_part(const std::string& text) {
  for (const char* part : {"the sender of its message", "relay before it", "relays before it",
                           "who sent it to rank", "was lost on its way over relays"})
    if (text.find(part) != std::string::npos) return true;
  return false;
}

inline Outcome outcome_of_stop(const std::string& error, int hostile) {
  const std::set<int> ranks = ranks_in(error);
  if (ranks.contains(hostile) || names_by_part(error)) return Outcome::kNamed;
  return ranks.empty() ? Outcome::kUnnamed : Outcome::kAccusesHonest;
}

inline Outcome outcome_of_run(bool same_bits, const std::vector<Refused>& refused, int hostile) {
  if (!same_bits) return Outcome::kOtherBits;
  for (const Refused& one : refused)
    if (static_cast<int>(one.from) != hostile && static_cast<int>(one.by) != hostile)
      return one.from == one.by ? Outcome::kAccusesHonest : Outcome::kOthersCounted;
  return refused.empty() ? Outcome::kUndisturbed : Outcome::kCounted;
}

}  // namespace mixnn::testing
