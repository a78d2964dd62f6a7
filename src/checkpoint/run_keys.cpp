#include "mixnn/checkpoint/run_keys.hpp"

namespace mixnn {

RunKeys::Known& RunKeys::known(const RunId& run) {
  const auto [found, is_new] = known_.try_emplace(run);
  Known& known = found->second;
  if (is_new) {
    RunRecords::Found read = records_.read(run);
    known.record = std::move(read.record);
    known.problem = std::move(read.problem);
    if (known.record) known.walked = *known.record;
  }
  return known;
}

const std::optional<RunRecord>& RunKeys::record(const RunId& run) { return known(run).record; }

RunKeys::Answer RunKeys::of(const RunId& run, std::uint64_t number) {
  Known& known = this->known(run);
  const std::string file = records_.file(run).string();
  if (!known.record)
    return {key_.sub_key(key_.secret_without_record(run, number)),
            ", or " + file + ", which opens it together with the key, " + known.problem};
  if (number < known.record->oldest)
    return {{}, "is of an older state than the oldest that " + file + " still opens"};
  if (number - known.record->oldest > RunRecord::kMostAhead)
    return {{}, "has a number that is far above all that " + file + " knows"};
  if (number < known.walked.oldest) known.walked = *known.record;
  known.walked.forget_before(number);
  return {key_.sub_key(known.walked.secret), {}};
}

}  // namespace mixnn
