#include "mixnn/app/commands/generate.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "mixnn/app/given_weights.hpp"
#include "mixnn/app/options/option_text.hpp"
#include "mixnn/app/options/settle.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/app/trained_network.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/train/token_sampler.hpp"
#include "mixnn/train/vocabulary.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kMostToken = 65535;

bool sees_later_tokens(const nlohmann::json& json) {
  if (json.is_object() && json.value("type", "") == "self_attention" &&
      !json.value("causal", false))
    return true;
  return json.is_structured() && std::ranges::any_of(json, sees_later_tokens);
}

// A token for each place of [T], from the tokens up to there.
void check_generates(const AppOptions& options, const ModelSpec& model) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError(options.model.string() + ": is no network that goes on with a text: " + why);
  };
  const LayerDescription& first = *model.stages.front().front();
  const Shape output = model.boundaries().back();
  if (!first.takes_indices() || model.input_shape.size() != 1)
    refuse("its input is " + shape_text(model.input_shape) + ", and " + std::string(first.type()) +
           " its first layer; tokens [T] and an embedding are expected");
  if (output.size() != 2 || output[0] != model.input_shape[0] ||
      !std::holds_alternative<CrossEntropy>(model.loss))
    refuse("it gives " + shape_text(output) + " for " + loss_name(model.loss) +
           "; a class for each token, [T, classes], is expected");
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    if (sees_later_tokens(nlohmann::json::parse(stage_spec_to_json(model.stage(i, 1)))))
      refuse("its self_attention lets tokens see later ones; \"causal\": true is expected");
}

std::vector<std::uint16_t> numbers_in(const std::string& text, std::size_t below) {
  std::vector<std::uint16_t> tokens;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    tokens.push_back(
        static_cast<std::uint16_t>(whole_number({"--prompt-tokens", text.substr(at, end - at)}, 0,
                                                std::min<std::uint64_t>(below - 1, kMostToken))));
    at = end + 1;
  }
  return tokens;
}

// What is gone on with, and how tokens are shown.
struct Prompt {
  std::vector<std::uint16_t> tokens;
  std::optional<Vocabulary> vocabulary;  // none: as numbers
  std::size_t choices = 0;               // tokens below it are drawn

  std::string shown(std::size_t token) const {
    return vocabulary ? vocabulary->character(token) : std::to_string(token) + " ";
  }
};

Prompt prompt_of(const AppOptions& options, const ModelSpec& model) {
  const GenerationOptions& own = options.generation;
  if (own.prompt.empty() == own.prompt_tokens.empty())
    throw UsageError("generate needs one of --prompt TEXT and --prompt-tokens N,N,...");
  const auto outputs = static_cast<std::size_t>(model.boundaries().back().back());
  const std::size_t known = model.stages.front().front()->indices_below();
  Prompt prompt;
  prompt.choices = std::min(outputs, known);
  if (!own.prompt_tokens.empty()) {
    prompt.tokens = numbers_in(own.prompt_tokens, known);
    return prompt;
  }
  if (!options.data)
    throw UsageError(
        "--data DIR is missing: the folder whose meta.json says which character each token is");
  const std::filesystem::path file = *options.data / "meta.json";
  prompt.vocabulary = Vocabulary::load(file);
  if (prompt.vocabulary->size() > prompt.choices)
    throw UsageError(file.string() + ": has " + std::to_string(prompt.vocabulary->size()) +
                     " characters, but MODEL knows " + std::to_string(prompt.choices) + " tokens");
  prompt.choices = prompt.vocabulary->size();
  prompt.tokens = prompt.vocabulary->tokens(own.prompt, "--prompt");
  return prompt;
}

// The last tokens, as a sample: as many as the network takes, from the first place on. What stands
// behind them does not matter, as no token sees later ones.
class Window {
 public:
  explicit Window(std::size_t size) : tokens_(size) {}

  void add(std::uint16_t token) {
    if (used_ == tokens_.size()) {
      std::shift_left(tokens_.begin(), tokens_.end(), 1);
      --used_;
    }
    tokens_[used_++] = token;
  }
  ConstBytes bytes() const { return bytes_of(std::span(tokens_)); }
  std::size_t last() const { return used_ - 1; }

 private:
  std::vector<std::uint16_t> tokens_;
  std::size_t used_ = 0;
};

void generate(TrainedNetwork& network) {
  const AppOptions& options = network.options();
  const ModelSpec& model = network.inputs().model;
  const Prompt prompt = prompt_of(options, model);
  const auto outputs = static_cast<std::size_t>(model.boundaries().back().back());
  Window window(static_cast<std::size_t>(model.input_shape[0]));
  TokenSampler sampler(options.generation.temperature, options.trained.top_k,
                       options.training.seed);
  std::string text;
  const auto show = [&](std::uint16_t token) {
    window.add(token);
    text += prompt.shown(token);
    print_text(prompt.shown(token));
  };
  if (!options.quiet) print_line("");
  for (const std::uint16_t token : prompt.tokens) show(token);
  network.one_by_one(
      options.generation.tokens, [&] { return window.bytes(); },
      [&](std::size_t, std::span<const float> all) {
        const auto next = sampler.draw(all.subspan(window.last() * outputs, prompt.choices));
        show(static_cast<std::uint16_t>(next));
      });
  print_line("");
  Json report = network.start_report();
  report["generated"] = {{"prompt_tokens", prompt.tokens.size()},
                         {"tokens", options.generation.tokens},
                         {"text", text}};
  ResultFiles results(options, model);
  results.write_report(report);
  network.stop(results);
  results.finish();
  network.close();
}

}  // namespace

Inputs load_generator(AppOptions& options, int ranks) {
  Inputs inputs;
  const ModelSpec written = load_model(options.model);
  check_generates(options, written);
  prompt_of(options, written);
  inputs.model = written;
  inputs.cut = settle_stages(options, inputs.model);
  inputs.weights = given_weights(options, written, inputs.model);
  inputs.model.input_type = ElementType::kUint16;
  settle(options, inputs.model, ranks);
  if (ranks > 0) check_session(inputs.model, options.training, options.session, ranks);
  check_outputs({}, options.json);
  return inputs;
}

int run_generate(const OwnerTask& task) {
  TrainedNetwork network(task);
  generate(network);
  return 0;
}

void run_generate_alone(AppOptions& options) {
  TrainedNetwork network(options, load_generator(options));
  generate(network);
}

}  // namespace mixnn
