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

// Initialization and gathering: what the owner and each rank say to each other about its stage's
// specification and parameters. Each rank is sent the same number of messages, of the same sizes; a
// decoy's say that it has no stage. Ranks are not waited for one by one: specifications follow one
// another, for a rank may answer only when it has the whole; of parameters each rank is asked a
// part in turn. A label has the rank's number in the place of a micro-batch.
class StageState {
 public:
  // `places`: rank by place; must outlive it. `updates` that the stages have made.
  StageState(OwnerLink& link, const std::vector<std::uint32_t>& places, const StageSizes& sizes,
             std::uint32_t updates);

  // `order` of the places, in which each is asked its first part. Of a decoy: null.
  using Places = std::span<const std::size_t>;
  void send_specifications(Places order, FunctionRef<const StageSpec*(std::size_t place)> of);
  // The first `all` floats of each stage's state: the parameters, or all of it. Where a state is
  // shorter, what is behind it is not set; a decoy's is empty.
  void send(Places order, std::size_t all,
            FunctionRef<std::span<const float>(std::size_t place)> of);
  // The parameters, by place, so many of them.
  std::vector<std::vector<float>> gather(Places order,
                                         FunctionRef<std::size_t(std::size_t place)> count);

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
  // A part for one rank; its answer, of so many bytes.
  struct Part {
    MessageKind kind;
    std::uint32_t count = 0, rows = 0;  // as MessageInfo's
    std::size_t answer_bytes = 0;
  };
  using Describe = FunctionRef<Part(std::size_t place, std::uint32_t part)>;
  using Payload = FunctionRef<ConstBytes(std::size_t place, std::uint32_t part)>;
  using Answers = FunctionRef<void(std::size_t place, std::uint32_t part, Message&)>;
  // What is asked of whom, one after the other.
  struct Asked {
    std::size_t place;
    std::uint32_t part;
  };
  static std::vector<Asked> one_by_one(Places order, std::uint32_t parts);
  static std::vector<Asked> in_turn(Places order, std::uint32_t parts);
  void ask(const std::vector<Asked>& all, Describe describe, Payload payload, Answers answered);

  OwnerLink& link_;
  const std::vector<std::uint32_t>& places_;
  StageSizes sizes_;
  std::uint32_t updates_;
  std::vector<std::size_t> place_of_rank_;
};

}  // namespace mixnn
