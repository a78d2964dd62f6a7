#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/requests.hpp"
#include "mixnn/owner/traffic.hpp"

namespace mixnn {

// Initialization and gathering: what the owner and the host of one stage say to each other about
// its specification and parameters, in as many messages as they need.
class StageState {
 public:
  // `hosts`: rank by stage; must outlive it. `updates` that the stages have made.
  StageState(OwnerLink& link, const std::vector<std::uint32_t>& hosts, std::uint32_t updates)
      : link_(link), hosts_(hosts), updates_(updates) {}

  void send_specification(std::size_t stage, const StageSpec& spec);
  // The parameters; behind them the optimizer's state, where it is not zero.
  void send(std::size_t stage, std::span<const float> state);
  // The parameters, so many of them.
  std::vector<float> gather(std::size_t stage, std::size_t count);

 private:
  std::size_t part_floats() const { return link_.message_capacity() / sizeof(float); }
  std::uint32_t parts(std::size_t floats) const {
    return static_cast<std::uint32_t>((floats + part_floats() - 1) / part_floats());
  }
  std::span<const float> part_of(std::span<const float> all, std::uint32_t part) const;
  using Payload = FunctionRef<ConstBytes(const MessageInfo&)>;
  void ask(const HostTraffic& traffic, Payload payload, Answered answered);

  OwnerLink& link_;
  const std::vector<std::uint32_t>& hosts_;
  std::uint32_t updates_;
};

}  // namespace mixnn
