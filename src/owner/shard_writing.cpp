#include "mixnn/owner/shard_writing.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/owner/requests.hpp"

namespace mixnn {
namespace {

std::string who(const Plan& plan, std::size_t place) {
  const std::string rank = "rank " + std::to_string(plan.places[place]);
  return place < plan.stages
             ? rank + ", the stage host of stage " + std::to_string(plan.stage_number(place)) + ","
             : rank;
}

RunError not_finite(const std::string& whose, const TrainingPoint& point) {
  return RunError("the parameters or the optimizer's state of " + whose +
                  " are no longer finite numbers " + point_text(point) +
                  ", but were in the checkpoint before that; try a smaller --lr");
}

// Once all ranks have answered.
void check(const std::map<std::size_t, std::uint32_t>& problems, const Plan& plan,
           const TrainingPoint& point, const std::string& folder) {
  for (const auto& [place, problem] : problems)
    if (problem == ShardReceipt::kNotFinite)
      throw not_finite("stage " + std::to_string(plan.stage_number(place)), point);
  for (const auto& [place, problem] : problems)
    throw SaveError(who(plan, place) + " cannot write its shard to " + folder + ": " +
                    system_reason(static_cast<int>(problem)));
}

}  // namespace

ShardTraffic::ShardTraffic(std::vector<std::size_t> order, std::uint32_t updates)
    : order_(std::move(order)) {
  Csprng rng;
  std::set<std::uint32_t> drawn;
  while (drawn.size() < order_.size()) {
    const std::uint32_t part = rng.next();
    if (drawn.insert(part).second)
      requests_.push_back({{MessageKind::kCheckpoint, updates, 0, part}, 0, 0, 0});
  }
}

std::optional<Traffic::Answer> ShardTraffic::answer(std::size_t place, std::size_t index) const {
  if (order_[index] != place) return std::nullopt;
  return Answer{0, encoded_size(ShardReceipt{})};
}

std::size_t ShardTraffic::place_of(const Label& label) const {
  const auto found = std::ranges::find(requests_, label, &MessageInfo::label);
  MIXNN_CHECK(found != requests_.end(), "the answer of a request");
  return order_[static_cast<std::size_t>(found - requests_.begin())];
}

std::vector<ShardRecord> write_shards(OwnerLink& link, const Plan& plan,
                                      const ShardTraffic& traffic, const TrainingPoint& point,
                                      const std::function<ShardOrder(std::size_t)>& order_for) {
  std::vector<ShardRecord> records(plan.places.size());
  std::map<std::size_t, std::uint32_t> problems;  // by place
  std::string folder;
  std::vector<std::byte> text;
  request_all(
      link, plan.places, traffic,
      [&](const MessageInfo& info) {
        const std::size_t place = traffic.place_of(info.label);
        const ShardOrder order = order_for(place);
        records[place].name = order.name;
        folder = order.folder;
        text = encode(order);
        return Question{plan.places[place], text};
      },
      [&](Message& message) {
        const std::optional<ShardReceipt> receipt = decode<ShardReceipt>(message.payload.bytes());
        if (!receipt) throw RunError("a rank sent a malformed receipt of its shard");
        const std::size_t place = traffic.place_of(message.info.label);
        records[place].sha256 = receipt->sha256;
        if (const std::uint32_t problem = receipt->problem()) problems[place] = problem;
      });
  check(problems, plan, point, folder);
  return records;
}

ShardRecord write_own_shard(const ShardOrder& order, std::span<const float> state,
                            const TrainingPoint& point) {
  if (!std::ranges::all_of(state, [](float x) { return std::isfinite(x); }))
    throw not_finite("the owner's stages", point);
  try {
    return {order.name,
            write_shard(order.folder, order.name, order.public_key, order.chunks, state)};
  } catch (const FileError& error) {
    throw SaveError("the owner cannot write its shard to " + order.folder + ": " +
                    system_reason(error.reason()));
  }
}

}  // namespace mixnn
