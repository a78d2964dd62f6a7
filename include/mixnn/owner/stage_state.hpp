#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/requests.hpp"
#include "mixnn/owner/traffic.hpp"

namespace mixnn {

// Floats of parameters that every rank is sent, if the largest stage has so many: as `bytes` say
// (SessionOptions::stage_bytes), or rounded up.
std::size_t public_parameters(std::size_t largest, std::size_t bytes);

// What all ranks are sent at the start, and asked for at the end, alike: as much as the largest
// stage needs, rounded up (public_size), whatever a rank's own stage needs, or if it has none.
struct StageSizes {
  std::size_t specification = 0;  // bytes of its text
  std::size_t parameters = 0;     // floats

  static StageSizes of(const std::vector<StageSpec>& stages, std::size_t stage_bytes);
};

// Initialization and gathering: what the owner and the rank of one place say to each other about
// its stage's specification and parameters. Each rank is sent the same number of messages, of the
// same sizes, under the same labels; a decoy's say that it has no stage.
class StageState {
 public:
  // `places`: rank by place; must outlive it. `updates` that the stages have made.
  StageState(OwnerLink& link, const std::vector<std::uint32_t>& places, const StageSizes& sizes,
             std::uint32_t updates)
      : link_(link), places_(places), sizes_(sizes), updates_(updates) {}

  // Of a decoy: null.
  void send_specification(std::size_t place, const StageSpec* spec);
  // The first `all` floats of a stage's state: the parameters, or all of it. Where `state` is
  // shorter, what is behind it is not set; a decoy's is empty.
  void send(std::size_t place, std::span<const float> state, std::size_t all);
  // The parameters, so many of them.
  std::vector<float> gather(std::size_t place, std::size_t count);

 private:
  std::size_t part_floats() const { return link_.message_capacity() / sizeof(float); }
  std::uint32_t parts(std::size_t floats) const {
    return static_cast<std::uint32_t>((floats + part_floats() - 1) / part_floats());
  }
  // The floats of `state` in this part: none where it is past its end.
  template <class Float>
  std::span<Float> part_of(std::span<Float> state, std::uint32_t part) const {
    const std::size_t from = std::min(part * part_floats(), state.size());
    return state.subspan(from, std::min(part_floats(), state.size() - from));
  }
  using Payload = FunctionRef<ConstBytes(const MessageInfo&)>;
  void ask(const PlaceTraffic& traffic, Payload payload, Answered answered);

  OwnerLink& link_;
  const std::vector<std::uint32_t>& places_;
  StageSizes sizes_;
  std::uint32_t updates_;
};

}  // namespace mixnn
