#include "mixnn/owner/link/pace_settling.hpp"

#include <algorithm>

#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/stage.hpp"
#include "mixnn/session/round_period.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kDummyTimes = 20;  // some 100 exchanges

// The second time, when all memory is there.
Nanoseconds work_of(const StageSpec& spec) {
  Stage stage(spec);
  const auto rows = static_cast<std::size_t>(spec.max_rows);
  AlignedBuffer input(spec.input_bytes(rows)), gradient(spec.output_bytes(rows));
  std::ranges::fill(input.bytes(), std::byte{0});
  std::ranges::fill(gradient.bytes(), std::byte{0});
  Pass pass = stage.make_pass();
  Nanoseconds taken{0};
  for (std::uint64_t time = 1; time <= 2; ++time) {
    const Stopwatch watch;
    stage.forward(pass, input.bytes(), rows, {.training = true, .step = 0, .first_row = 0});
    stage.input_gradient(pass, gradient.bytes());
    stage.accumulate(pass);
    stage.update({time, 0.0f, 1.0f});
    taken = std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(watch.seconds()));
  }
  return taken;
}

}  // namespace

Nanoseconds work_of_an_exchange(const std::vector<StageSpec>& stages) {
  Nanoseconds most{0};
  for (const StageSpec& stage : stages) most = std::max(most, work_of(stage));
  return coarse_work(most);
}

Nanoseconds settle_pace(OwnerLink& link, Nanoseconds work, std::size_t rounds) {
  Nanoseconds round = link.run_dummies(kDummyTimes);
  for (const auto& [rank, time] : link.ask_round_times({}))
    round = std::max(
        round,
        Nanoseconds(static_cast<std::int64_t>(std::min(time.ns, PaceOrder::kMostNanoseconds))));
  const Nanoseconds period = std::min(kMostPeriod, period_for(round, work, rounds));
  link.keep_period(period);
  link.ask_round_times({static_cast<std::uint64_t>(period.count()), {}});
  return period;
}

}  // namespace mixnn
