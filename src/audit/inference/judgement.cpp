#include "mixnn/audit/inference/judgement.hpp"

#include <numbers>
#include <vector>

#include "mixnn/audit/inference/cross_validation.hpp"

namespace mixnn {

Judgement judge(const Posterior& model) {
  std::vector<double> bits, found;
  std::vector<Claim> parts;
  Judgement judgement;
  const auto samples = static_cast<double>(model.samples());
  for (std::size_t i = 0; i < model.samples(); ++i)
    judgement.prior_bits += model.log_answers(i) / std::numbers::ln2 / samples;
  for (const HeldOut& held : cross_validate(model)) {
    bits.push_back(held.bits);
    found.push_back(held.answer.best.holds ? 1 : 0);
    judgement.stated += held.answer.best.stated / samples;
    parts.insert(parts.end(), held.answer.parts.begin(), held.answer.parts.end());
  }
  judgement.bits = bootstrap_mean(bits);
  judgement.found = bootstrap_mean(found);
  judgement.parts = reliability(parts);
  return judgement;
}

}  // namespace mixnn
