#pragma once
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// Serves the owner as stage host or relay, whichever it is told to be, until the owner stops the run. Knows nothing
// beforehand: no model, no data, no options. Throws RunError where the run cannot go on.
void serve_node(Transport& transport);

}  // namespace mixnn
