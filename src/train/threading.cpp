#include "mixnn/train/threading.hpp"

namespace mixnn {

std::string to_string(Threading::By by) {
  switch (by) {
    case Threading::By::kShapes:
      return "shapes";
    case Threading::By::kCrew:
      return "crew";
    case Threading::By::kOpenBlas:
      return "openblas";
  }
  return "unknown";
}

}  // namespace mixnn
