#include "mixnn/layers/optimizer/sgd.hpp"

#include <limits>

#include "mixnn/layers/json_value.hpp"

namespace mixnn {

Sgd Sgd::from_json(const JsonValue& json) {
  json.expect_keys({"type", "momentum", "weight_decay"});
  return from_members(json);
}

Sgd Sgd::from_members(const JsonValue& json) {
  return {json.member("momentum").number(0, 1),
          json.member("weight_decay").number(0, std::numeric_limits<float>::infinity())};
}

nlohmann::json Sgd::to_json() const {
  return {{"type", kName}, {"momentum", momentum}, {"weight_decay", weight_decay}};
}

}  // namespace mixnn
