#pragma once
#include <compare>
#include <string>

namespace mixnn {

// How many threads of one process compute, and who divides its matrix products among them.
struct Threading {
  enum class By {
    kShapes,    // a crew (crew.hpp) shares parts that depend on the shapes alone, as the ranks do:
                // the same bits with any number of threads
    kCrew,      // a crew shares one part for each of its threads
    kOpenBlas,  // OpenBLAS, with threads of its own
  };
  int threads = 1;
  By by = By::kShapes;

  auto operator<=>(const Threading&) const = default;
};

std::string to_string(Threading::By by);  // "shapes", "crew", "openblas"

}  // namespace mixnn
