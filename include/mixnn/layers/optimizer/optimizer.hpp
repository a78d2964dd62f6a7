#pragma once
#include <string>
#include <variant>

#include "mixnn/layers/optimizer/adam.hpp"
#include "mixnn/layers/optimizer/sgd.hpp"
#include "mixnn/tensor/products.hpp"

namespace mixnn {

// How a stage updates its parameters: one of the kinds (kind.hpp says what each has), one a line.
using Optimizer = std::variant<  //
    Sgd,                         //
    Adam,                        //
    AdamW>;

std::string optimizer_name(const Optimizer& optimizer);
std::size_t optimizer_slots(const Optimizer& optimizer);

// {"type": "sgd", ...}. Reading throws UsageError that names the place, and the known kinds.
Optimizer optimizer_from_json(const JsonValue& json);
nlohmann::json optimizer_to_json(const Optimizer& optimizer);
std::string optimizer_text(const Optimizer& optimizer);  // "momentum 0.8, weight decay 0"

// Updates parameters that consist of `tensors`, one after the other. `state`: the parameters, then
// the slots, each as long; gradients are zero afterwards.
void update_parameters(const Optimizer& optimizer, const UpdateStep& step,
                       std::span<const UpdatedTensor> tensors, std::span<float> state,
                       std::span<float> gradients, const Products& products);

}  // namespace mixnn
