#include "mixnn/layers/optimizer/sgd.hpp"

#include <limits>

#include "mixnn/layers/json_value.hpp"

namespace mixnn {

Sgd Sgd::from_json(const JsonValue& json) {
  json.expect_keys({"type", "momentum", "weight_decay"}, {"nesterov"});
  Sgd sgd = from_members(json);
  if (!json.has("nesterov")) return sgd;
  const JsonValue nesterov = json.member("nesterov");
  sgd.nesterov = nesterov.boolean();
  if (sgd.nesterov && sgd.momentum == 0) nesterov.fail("needs a momentum above 0");
  return sgd;
}

Sgd Sgd::from_members(const JsonValue& json) {
  return {json.member("momentum").number(0, 1),
          json.member("weight_decay").number(0, std::numeric_limits<float>::infinity())};
}

nlohmann::json Sgd::to_json() const {
  nlohmann::json json = {{"type", kName}, {"momentum", momentum}, {"weight_decay", weight_decay}};
  if (nesterov) json["nesterov"] = true;
  return json;
}

}  // namespace mixnn
