#include "mixnn/layers/cutting.hpp"

#include <algorithm>
#include <limits>
#include <ranges>
#include <set>

#include "mixnn/base/check.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

// In units of a multiplication of a matrix product: a value that passes over memory, forward and
// backward; one that travels, sealed and opened for some hops, both ways. Estimates, the same
// everywhere: no measurement decides a cut.
constexpr double kOfPass = 20, kOfTravel = 400;

struct Piece {
  double cost = 0;
  bool begins = false;  // a stage may begin here: behind it, a layer with parameters comes first
  std::size_t outputs = 0;
};

std::vector<Piece> pieces_of(const std::vector<LayerSpec>& layers, const Shape& input) {
  std::vector<Piece> pieces;
  std::vector<std::size_t> moving_nothing;
  each_with_shape(layers, input, [&](const LayerSpec& layer, const Shape& shape) {
    const auto outputs = static_cast<std::size_t>(element_count(layer->output_shape(shape)));
    Piece piece{.cost = 0, .begins = layer->parameter_count(shape) > 0, .outputs = outputs};
    if (!layer->only_moves()) {
      piece.cost = 3 * layer->multiplications(shape) + kOfPass * static_cast<double>(outputs);
    } else if (!piece.begins) {
      moving_nothing.push_back(pieces.size());
    }
    pieces.push_back(piece);
  });
  for (const std::size_t i : moving_nothing | std::views::reverse)
    pieces[i].begins = i + 1 < pieces.size() && pieces[i + 1].begins;
  if (!pieces.empty()) pieces.front().begins = true;
  return pieces;
}

// The cut whose heaviest stage is lightest, of those whose boundaries have at most so many
// elements; nothing if there is none. heaviest[s][e]: of the first e pieces in s stages.
class Balance {
 public:
  Balance(const std::vector<Piece>& pieces, std::size_t stages, std::size_t boundary)
      : pieces_(pieces),
        boundary_(boundary),
        heaviest_(stages + 1, std::vector<double>(pieces.size() + 1, kNone)),
        begin_(stages + 1, std::vector<std::size_t>(pieces.size() + 1, 0)) {
    heaviest_[0][0] = 0;
    for (std::size_t s = 1; s <= stages; ++s)
      for (std::size_t end = 1; end <= pieces.size(); ++end) extend(s, end);
  }

  double heaviest() const { return heaviest_.back().back(); }
  std::vector<std::size_t> ends() const {
    std::vector<std::size_t> ends;
    std::size_t end = pieces_.size();
    for (std::size_t s = begin_.size() - 1; s > 0; --s) {
      ends.insert(ends.begin(), end);
      end = begin_[s][end];
    }
    return ends;
  }

  static constexpr double kNone = std::numeric_limits<double>::infinity();

 private:
  bool may_end(std::size_t end) const {
    return end == pieces_.size() || pieces_[end - 1].outputs <= boundary_;
  }
  // Of equal ones the latest.
  void extend(std::size_t s, std::size_t end) {
    if (!may_end(end)) return;
    double cost = 0;
    for (std::size_t begin = end; begin-- > 0;) {
      cost += pieces_[begin].cost;
      const double heaviest = std::max(heaviest_[s - 1][begin], cost);
      if (pieces_[begin].begins && heaviest < heaviest_[s][end]) {
        heaviest_[s][end] = heaviest;
        begin_[s][end] = begin;
      }
    }
  }

  const std::vector<Piece>& pieces_;
  std::size_t boundary_;
  std::vector<std::vector<double>> heaviest_;
  std::vector<std::vector<std::size_t>> begin_;
};

}  // namespace

std::size_t most_stages(const std::vector<LayerSpec>& layers, const Shape& input) {
  std::size_t count = 0;
  each_with_shape(layers, input, [&](const LayerSpec& layer, const Shape& shape) {
    if (layer->parameter_count(shape) > 0) ++count;
  });
  return std::max<std::size_t>(1, count);
}

Cut best_cut(const std::vector<LayerSpec>& layers, const Shape& input, std::size_t stages) {
  MIXNN_CHECK(stages >= 1 && stages <= most_stages(layers, input), "so many stages are possible");
  const std::vector<Piece> pieces = pieces_of(layers, input);
  std::set<std::size_t> boundaries{0};
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) boundaries.insert(pieces[i].outputs);
  Cut cut;
  double least = Balance::kNone;
  for (const std::size_t boundary : boundaries) {
    const Balance balance(pieces, stages, boundary);
    const double cost = balance.heaviest() + kOfTravel * static_cast<double>(boundary);
    if (!(cost < least)) continue;
    least = cost;
    cut.ends = balance.ends();
  }
  std::size_t begin = 0;
  for (const std::size_t end : cut.ends) {
    double cost = 0;
    for (std::size_t i = begin; i < end; ++i) cost += pieces[i].cost;
    cut.costs.push_back(cost);
    if (end < pieces.size())
      cut.largest_boundary = std::max(cut.largest_boundary, pieces[end - 1].outputs);
    begin = end;
  }
  return cut;
}

OpenLayers open_layers(const ModelSpec& model) {
  const std::size_t first = model.apart.first;
  MIXNN_CHECK(model.stages.size() == model.apart.count() + 1, "a model that is not cut");
  return {model.stages[first], model.boundaries()[first]};
}

void cut_into(ModelSpec& model, const Cut& cut) {
  const std::vector<LayerSpec> layers = open_layers(model).layers;
  const auto whole = model.stages.begin() + static_cast<std::ptrdiff_t>(model.apart.first);
  std::vector<std::vector<LayerSpec>> stages;
  std::size_t begin = 0;
  for (const std::size_t end : cut.ends) {
    stages.emplace_back(layers.begin() + static_cast<std::ptrdiff_t>(begin),
                        layers.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
  }
  model.stages.insert(model.stages.erase(whole), stages.begin(), stages.end());
}

std::string cut_text(const Cut& cut) {
  double all = 0;
  for (const double cost : cut.costs) all += cost;
  std::string shares, layers;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < cut.ends.size(); ++i) {
    layers += (i == 0 ? "" : " + ") + std::to_string(cut.ends[i] - begin);
    shares += (i == 0 ? "" : ", ") + text("%.0f %%", all > 0 ? 100 * cut.costs[i] / all : 0);
    begin = cut.ends[i];
  }
  return layers + " layers; " + shares + " of the work; " +
         (cut.ends.size() > 1 ? "at most " + std::to_string(cut.largest_boundary) +
                                    " values a sample between stages"
                              : "nothing between stages");
}

}  // namespace mixnn
