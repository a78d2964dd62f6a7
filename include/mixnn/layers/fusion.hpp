#pragma once
#include <vector>

#include "mixnn/layers/chain.hpp"

namespace mixnn {

// Lets steps absorb those directly behind them. Changes no bit of what the steps compute together.
void fuse(std::vector<ChainStep>& steps);

}  // namespace mixnn
