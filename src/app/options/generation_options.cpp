#include "mixnn/app/options/generation_options.hpp"

#include "mixnn/app/options/option_table.hpp"

namespace mixnn {

std::vector<OptionRow> generation_options() {
  return {
      {.flag = "--prompt",
       .help = "Text that is gone on with",
       .sets = kForGeneration,
       .value = value_of(
           Word{"TEXT"}, [](auto& o) -> auto& { return o.generation.prompt; }),
       .unset = "none"},
      {.flag = "--prompt-tokens",
       .help = "In its place: tokens, by number",
       .sets = kForGeneration,
       .value = value_of(
           Word{"N,N,..."}, [](auto& o) -> auto& { return o.generation.prompt_tokens; }),
       .unset = "none"},
      {.flag = "--tokens",
       .help = "Tokens that are generated",
       .sets = kForGeneration,
       .value = value_of(
           Whole{1, 1'000'000}, [](auto& o) -> auto& { return o.generation.tokens; })},
      {.flag = "--temperature",
       .help = "Below 1: likelier tokens; 0: the likeliest",
       .sets = kForGeneration,
       .value = value_of(
           Real{0, 1e6}, [](auto& o) -> auto& { return o.generation.temperature; })},
  };
}

}  // namespace mixnn
