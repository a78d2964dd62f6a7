#include "mixnn/train/results.hpp"

#include <span>

#include "mixnn/base/bytes.hpp"
#include "mixnn/crypto/hash.hpp"

namespace mixnn {

std::string parameters_sha256(const std::vector<std::vector<float>>& stages) {
  Sha256 hash;
  for (const std::vector<float>& stage : stages) hash.update(bytes_of(std::span(stage)));
  return to_hex(hash.finish());
}

}  // namespace mixnn
