#include "mixnn/app/options/audit_options.hpp"

#include <set>
#include <sstream>

#include "mixnn/app/options/option_table.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kMostSteps = 1'000'000'000;

// Numbers of steps, in any order, each once.
struct StepList {
  static std::string takes() { return "N,N,...|all"; }
  static std::vector<std::uint64_t> read(const OptionText& option) {
    std::set<std::uint64_t> steps;
    std::istringstream pieces(nonempty(option));
    for (std::string piece; std::getline(pieces, piece, ',');)
      steps.insert(piece == "all" ? kAllSteps : whole_number({option.name, piece}, 1, kMostSteps));
    return {steps.begin(), steps.end()};
  }
  static std::string print(const std::vector<std::uint64_t>& steps) {
    std::string list;
    for (const std::uint64_t step : steps) {
      if (!list.empty()) list += ',';
      list += step == kAllSteps ? "all" : std::to_string(step);
    }
    return list;
  }
  static Json json(const std::vector<std::uint64_t>& steps) { return print(steps); }
};

}  // namespace

std::vector<OptionRow> audit_options() {
  return {
      {.flag = "--observer",
       .help = "Who looks: a name, or ranks: 3,5",
       .sets = kForAudit,
       .value = value_of(
           Word{"NAME|RANKS"}, [](auto& o) -> auto& { return o.audit.observer; }),
       .unset = "all"},
      {.flag = "--steps",
       .help = "Steps of training seen",
       .sets = kForAudit,
       .value = value_of(
           StepList{}, [](auto& o) -> auto& { return o.audit.steps; })},
      {.flag = "--picture",
       .help = "Receives the bits learnt by steps, as SVG",
       .sets = kForAudit,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.audit.picture; }),
       .unset = "none"},
  };
}

}  // namespace mixnn
