#pragma once
#include <memory>
#include <string>
#include <vector>

#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/checkpoint/checkpointer.hpp"

namespace mixnn {

// The options that decide the bits of a training, as text.
std::vector<Setting> settings_of(const AppOptions& options);
// Gives the options that were left open the values of these settings.
void take_open_settings(const std::vector<Setting>& settings, AppOptions& options);

// The checkpoints of the run that `options` ask for. What they left open (seed, micro-batches) is
// taken from the checkpoint, if there is one. Throws UsageError for all that can be wrong with
// folder, key and what is found there.
std::unique_ptr<Checkpointer> open_checkpoints(AppOptions& options, const Inputs& inputs);

std::string checkpoints_text(const AppOptions& options,
                             const Checkpointer& checkpoints);  // for the heading

}  // namespace mixnn
