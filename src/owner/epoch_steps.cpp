#include "mixnn/owner/epoch_steps.hpp"

#include <algorithm>
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

std::vector<MessageInfo> EpochSteps::requests_of(std::size_t step) const {
  std::vector<MessageInfo> all;
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
  return all;
}

bool EpochSteps::overlap(std::size_t done, std::size_t window) const {
  const bool at_end = window > 0 && done % window == 0;
  return training.staleness > 0 && training.clip_norm == 0 && !at_end;
}

// What waits for another request never stands before it, or there might be no tickets for that: so
// a step whose forwards wait for what goes back of it stays in one piece.
std::vector<MessageInfo> EpochSteps::requests(std::size_t first, std::size_t last,
                                              std::size_t window) const {
  std::vector<MessageInfo> all, goes_back;
  for (std::size_t step = first; step < last; ++step) {
    std::vector<MessageInfo> one = requests_of(step);
    const auto back = std::ranges::find_if(
        one, [](const MessageInfo& info) { return info.label.kind == MessageKind::kBackward; });
    const bool in_two = static_cast<std::size_t>(one.end() - back) * 2 == one.size();
    if (in_two) all.insert(all.end(), one.begin(), back);
    all.insert(all.end(), goes_back.begin(), goes_back.end());
    goes_back.assign(in_two ? back : one.begin(), one.end());
    if (in_two && overlap(step + 1 - first, window)) continue;
    all.insert(all.end(), goes_back.begin(), goes_back.end());
    goes_back.clear();
  }
  all.insert(all.end(), goes_back.begin(), goes_back.end());
  return all;
}

}  // namespace mixnn
