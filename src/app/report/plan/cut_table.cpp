#include "mixnn/app/report/plan/cut_table.hpp"

#include <algorithm>
#include <numeric>

#include "mixnn/app/options/settle.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/layers/cutting.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kShownCuts = 6;
constexpr std::size_t kLayersColumns = 30;

// The largest that travels, for a micro-batch.
std::size_t largest_message(const ModelSpec& model, const TrainingOptions& training) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < model.hosted_stages(); ++i) {
    const StageSpec stage = model.stage(model.own.first + i, 1, {}, training.wire);
    largest = std::max(
        {largest, stage.input_bytes(training.max_rows()), stage.output_bytes(training.max_rows())});
  }
  return largest;
}

CutChoice choice_of(const ModelSpec& open, AppOptions options, std::size_t stages) {
  const auto [layers, input] = open_layers(open);
  const Cut cut = best_cut(layers, input, stages);
  CutChoice choice;
  std::size_t begin = 0;
  for (const std::size_t end : cut.ends) choice.layers.push_back(end - std::exchange(begin, end));
  const double all = std::accumulate(cut.costs.begin(), cut.costs.end(), 0.0);
  choice.heaviest = all > 0 ? *std::ranges::max_element(cut.costs) / all : 1;
  ModelSpec model = open;
  options.stages = stages;
  settle_stages(options, model);
  choice.message_bytes = largest_message(model, options.training);
  const MessageSizes sizes = message_sizes(model, options.training, options.session);
  choice.cell_bytes = sizes.cell_bytes;
  choice.cells = sizes.cells_for(choice.message_bytes);
  return choice;
}

std::string layers_text(const CutChoice& choice) {
  std::string text;
  for (const std::size_t layers : choice.layers)
    text += (text.empty() ? "" : " + ") + std::to_string(layers);
  return text.size() <= kLayersColumns ? text : text.substr(0, kLayersColumns - 4) + " ...";
}

}  // namespace

std::vector<CutChoice> cut_choices(const ModelSpec& open, const AppOptions& options) {
  if (!open.cut_open) return {};
  const auto [layers, input] = open_layers(open);
  const std::size_t most = most_stages(layers, input);
  const std::size_t chosen = options.stages > 0 ? options.stages : std::min(kUsualStages, most);
  std::vector<CutChoice> choices;
  for (std::size_t stages = 1; stages <= most; ++stages) {
    if (stages > kShownCuts && stages != chosen) continue;
    try {
      choices.push_back(choice_of(open, options, stages));
      choices.back().chosen = stages == chosen;
    } catch (const UsageError&) {  // the owner would keep them all
    }
  }
  return choices;
}

std::string cut_table(const std::vector<CutChoice>& choices) {
  std::string out = "  stages   heaviest   largest message   cells   layers of each\n";
  for (const CutChoice& choice : choices)
    out += text("%c %6zu %8.0f %% %14.1f kB %7zu   %s\n", choice.chosen ? '*' : ' ',
                choice.layers.size(), 100 * choice.heaviest,
                static_cast<double>(choice.message_bytes) / 1e3, choice.cells,
                layers_text(choice).c_str());
  out += "  heaviest: its share of the work; * --stages; messages of one micro-batch\n";
  return out;
}

Json cuts_json(const std::vector<CutChoice>& choices) {
  Json json = Json::array();
  for (const CutChoice& choice : choices) {
    Json one;
    one["stages"] = choice.layers.size();
    one["layers"] = choice.layers;
    one["heaviest"] = choice.heaviest;
    one["message_bytes"] = choice.message_bytes;
    one["cells_per_message"] = choice.cells;
    one["cell_size"] = choice.cell_bytes;
    one["chosen"] = choice.chosen;
    json.push_back(one);
  }
  return json;
}

}  // namespace mixnn
