#include <algorithm>
#include <array>

#include "fuzz/target.hpp"

namespace mixnn::fuzzing {

extern const Target kCells, kSlots, kBooks, kDescriptions, kHandshakeOwner, kHandshakeNode,
    kSpecification, kModel, kIdx, kManifest, kShard, kCheckpointKey, kRunRecord, kIdentities,
    kStageHost, kNode, kOwner, kSpotChecks, kNpy, kCsv, kTokens, kSafetensors;

std::span<const Target* const> targets() {
  static constexpr std::array kAll{
      &kCells,         &kSlots,      &kBooks,     &kDescriptions, &kHandshakeOwner, &kHandshakeNode,
      &kSpecification, &kModel,      &kIdx,       &kManifest,     &kShard,          &kCheckpointKey,
      &kRunRecord,     &kIdentities, &kStageHost, &kNode,         &kOwner,          &kSpotChecks,
      &kNpy,           &kCsv,        &kTokens,    &kSafetensors};
  return kAll;
}

const Target* find_target(std::string_view name) {
  const auto found = std::ranges::find(targets(), name, &Target::name);
  return found == targets().end() ? nullptr : *found;
}

}  // namespace mixnn::fuzzing
