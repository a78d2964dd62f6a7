#include "mixnn/app/report/evaluation_text.hpp"

#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMostShown = 12;  // classes whose confusion fits 80 columns

void add_confusion(std::vector<std::string>& lines,
                   const std::vector<std::vector<std::uint64_t>>& confusion) {
  if (confusion.empty() || confusion.size() > kMostShown) return;
  lines.push_back("");
  lines.push_back("  label   predicted");
  std::string head(7, ' ');
  for (std::size_t c = 0; c < confusion.size(); ++c) head += text(" %5zu", c);
  lines.push_back(head);
  for (std::size_t label = 0; label < confusion.size(); ++label) {
    std::string row = text("  %5zu", label);
    for (const std::uint64_t count : confusion[label])
      row += text(" %5llu", static_cast<unsigned long long>(count));
    lines.push_back(row);
  }
}

}  // namespace

std::vector<std::string> evaluation_lines(const Evaluation& evaluation, double wall_s) {
  std::vector<std::string> lines{
      "",
      text("  evaluated  %zu samples in %.2f s, %.0f samples/s", evaluation.samples, wall_s,
           static_cast<double>(evaluation.samples) / wall_s),
      text("  loss       %.4f", evaluation.loss)};
  if (evaluation.classes) {
    const Evaluation::Classes& of = *evaluation.classes;
    lines.push_back(text("  accuracy   %.4f", of.accuracy));
    if (of.k > 1) lines.push_back(text("  top %-7zu%.4f", of.k, of.top_k));
    if (of.answers > evaluation.samples)
      lines.push_back(text("  perplexity %.4f, over %zu answers", of.perplexity, of.answers));
    add_confusion(lines, of.confusion);
  }
  if (evaluation.values) {
    const Evaluation::Values& of = *evaluation.values;
    lines.push_back(text("  error      %.6g mean squared, %.6g mean absolute", of.mse, of.mae));
    lines.push_back(text("  R2         %.4f", of.r2));
  }
  return lines;
}

void add_evaluation(Json& report, const Evaluation& evaluation, double wall_s) {
  Json& json = report["evaluation"];
  json["samples"] = evaluation.samples;
  json["wall_s"] = wall_s;
  json["loss"] = evaluation.loss;
  if (evaluation.classes) {
    const Evaluation::Classes& of = *evaluation.classes;
    json["answers"] = of.answers;
    json["accuracy"] = of.accuracy;
    if (of.k > 0) json["top_k"] = {{"k", of.k}, {"accuracy", of.top_k}};
    json["perplexity"] = of.perplexity;
    if (!of.confusion.empty()) json["confusion"] = of.confusion;
  }
  if (evaluation.values) {
    json["mse"] = evaluation.values->mse;
    json["mae"] = evaluation.values->mae;
    json["r2"] = evaluation.values->r2;
  }
}

}  // namespace mixnn
