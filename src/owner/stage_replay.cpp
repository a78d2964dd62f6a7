#include "mixnn/owner/stage_replay.hpp"

#include <algorithm>

#include "mixnn/crypto/tree_hash.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

StateDigest state_digest(std::span<const float> state, std::size_t parameters) {
  const ConstBytes all = std::as_bytes(state);
  const std::size_t bytes = parameters * sizeof(float);
  return {tree_digest({all.first(bytes)}), tree_digest({all.subspan(bytes)})};
}

StageReplay replay_stage(const StageSpec& spec, const TrainedWindow& window,
                         WindowOpening opening) {
  set_blas_threads(1);  // more would give other bits
  Stage stage(spec, {}, window.parts().front().forward.label.step);
  const std::size_t parameters = stage.parameter_count();
  std::ranges::copy(std::span(opening.state).first(stage.state().size()), stage.state().begin());
  StageReplay replay;
  replay.begin = state_digest(stage.state(), parameters);
  TreeHash inputs, gradients, outputs, input_gradients;
  Pass pass = stage.make_pass();
  for (std::size_t i = 0; i < window.parts().size(); ++i) {
    const MessageInfo& info = window.parts()[i].forward;
    const Bytes input = Bytes(opening.inputs[i]).first(spec.input_bytes(info.rows));
    const Bytes gradient = Bytes(opening.gradients[i]).first(spec.output_bytes(info.rows));
    inputs.add(input);
    gradients.add(gradient);
    const Occasion occasion{.training = true, .step = info.label.step, .first_row = info.first_row};
    outputs.add(stage.forward(pass, input, info.rows, occasion));
    input_gradients.add(stage.input_gradient(pass, gradient));
    stage.accumulate(pass);
    if (info.label.micro_batch + 1 < info.micro_batches) continue;
    if (spec.clipped) replay.squares.push_back(stage.gradient_squares());
    stage.update({info.label.step + std::uint64_t{1}, info.learning_rate,
                  window.clipped(info.label.step).scale});
  }
  replay.end = state_digest(stage.state(), parameters);
  replay.inputs = inputs.finish();
  replay.gradients = gradients.finish();
  replay.outputs = outputs.finish();
  replay.input_gradients = input_gradients.finish();
  return replay;
}

}  // namespace mixnn
