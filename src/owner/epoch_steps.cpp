#include "mixnn/owner/epoch_steps.hpp"

#include <deque>
#include <numeric>

namespace mixnn {

MessageInfo EpochSteps::info_of(std::size_t step, const Step& split, const Release& release) const {
  MessageInfo info;
  info.label.kind =
      release.kind == Release::Kind::kForward ? MessageKind::kForward : MessageKind::kBackward;
  info.label.step = updates_before(step);
  info.label.micro_batch = static_cast<std::uint32_t>(release.micro_batch);
  info.micro_batches = static_cast<std::uint32_t>(split.micro_batch_rows.size());
  const auto rows = split.micro_batch_rows.begin();
  const auto m = static_cast<std::ptrdiff_t>(release.micro_batch);
  info.rows = static_cast<std::uint32_t>(rows[m]);
  info.first_row = static_cast<std::uint32_t>(std::accumulate(rows, rows + m, std::size_t{0}));
  info.learning_rate = rate_of(step);
  return info;
}

std::vector<MessageInfo> EpochSteps::requests(std::size_t first, std::size_t last) const {
  std::vector<MessageInfo> all;
  for (std::size_t step = first; step < last; ++step) {
    const Step parts = split(step);
    Schedule schedule = schedule_of(parts);
    std::deque<Release> releases;
    const auto append = [&](const std::vector<Release>& more) {
      releases.insert(releases.end(), more.begin(), more.end());
    };
    for (append(schedule.start()); !releases.empty(); releases.pop_front()) {
      const Release release = releases.front();
      all.push_back(info_of(step, parts, release));
      append(release.kind == Release::Kind::kForward
                 ? schedule.on_logits(release.micro_batch)
                 : schedule.on_backward_done(release.micro_batch));
    }
  }
  return all;
}

}  // namespace mixnn
