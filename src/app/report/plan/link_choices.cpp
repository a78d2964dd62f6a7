#include "mixnn/app/report/plan/link_choices.hpp"

#include "mixnn/app/report/plan/rounds_plan.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

class Choices {
 public:
  Choices(const RunSetting& setting, const CostModel& costs)
      : model_(setting.model), setting_(setting), costs_(costs) {
    add("", false);
  }
  std::vector<LinkChoice> all();

 private:
  void add(const std::string& options, bool bits) {
    const RunSetting now{model_, setting_.training, setting_.session, setting_.ranks,
                         setting_.machines};
    choices_.push_back({options, bits, forecast(now, costs_)});
  }
  bool can_overlap() const {
    const SessionOptions& session = setting_.session;
    return setting_.training.staleness == 0 &&
           !(session.in_rounds() &&
             (model_.hosted_stages() < 2 || session.redraw == Redraw::kBatch));
  }

  ModelSpec model_;
  RunSetting setting_;
  const CostModel& costs_;
  std::vector<LinkChoice> choices_;
};

std::vector<LinkChoice> Choices::all() {
  SessionOptions& session = setting_.session;
  TrainingOptions& training = setting_.training;
  if (!session.in_rounds() && session.padding == Padding::kUniform && session.cell_bytes == 0) {
    session.padding = Padding::kCells;
    add("--padding cells", false);
  }
  if (training.wire == ElementType::kFloat32) {
    training.wire = ElementType::kBfloat16;
    add("--wire-dtype bfloat16", true);
  }
  if (training.wire == ElementType::kBfloat16) {
    training.wire = ElementType::kInt8;
    add("--wire-dtype int8", true);
  }
  if (model_.own.count() == 0 && model_.stages.size() > 2) {
    model_.own = {1, 1};
    add("--owner-ends both", false);
  }
  if (can_overlap()) {
    training.staleness = 1;
    add("--staleness 1", true);
  }
  return std::move(choices_);
}

}  // namespace

std::vector<LinkChoice> link_choices(const RunSetting& setting, const CostModel& costs) {
  if (setting.machines.hosts == 1) return {};
  return Choices(setting, costs).all();
}

std::string link_choices_table(const std::vector<LinkChoice>& choices) {
  std::string out = "  one choice after the other         step   slowdown      bound   MB a step\n";
  for (const LinkChoice& choice : choices)
    out +=
        text("  %-28s %10s %10.2f %10s %11.2f\n",
             choice.options.empty() ? "as it is"
                                    : ("+ " + choice.options + (choice.bits ? " *" : "")).c_str(),
             time_text(choice.forecast.step_s).c_str(), choice.forecast.slowdown,
             time_text(choice.forecast.bound_s()).c_str(), choice.forecast.bytes_on_wire / 1e6);
  out += "  * decides trained bits; --padding cells lets sizes of messages show\n";
  return out;
}

Json link_choices_json(const std::vector<LinkChoice>& choices) {
  Json json = Json::array();
  for (const LinkChoice& choice : choices)
    json.push_back({{"options", choice.options},
                    {"decides_bits", choice.bits},
                    {"step_s", choice.forecast.step_s},
                    {"slowdown", choice.forecast.slowdown},
                    {"bound_s", choice.forecast.bound_s()},
                    {"bytes_on_wire_per_step", choice.forecast.bytes_on_wire}});
  return json;
}

}  // namespace mixnn
