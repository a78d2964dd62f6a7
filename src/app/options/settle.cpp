#include "mixnn/app/options/settle.hpp"

#include "mixnn/forecast/automatic.hpp"

namespace mixnn {

void settle(AppOptions& options, const ModelSpec& model, int ranks) {
  const std::size_t hops = options.session.hops, needed = 1 + model.stages.size() + hops;
  const auto given = static_cast<std::size_t>(ranks);
  if (options.automatic.micro_batches)
    options.training.micro_batches =
        given >= needed ? choose_micro_batches(model, options.training, hops, given) : 1;
  if (options.automatic.in_flight) options.session.in_flight = choose_in_flight(hops, given);
}

}  // namespace mixnn
