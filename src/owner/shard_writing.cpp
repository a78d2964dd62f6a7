#include "mixnn/owner/shard_writing.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "mixnn/base/error.hpp"
#include "mixnn/owner/requests.hpp"

namespace mixnn {
namespace {

// Once all hosts have answered.
void check(const std::map<std::size_t, std::uint32_t>& problems, const TrainingPoint& point,
           const std::string& folder) {
  for (const auto& [stage, problem] : problems)
    if (problem == ShardReceipt::kNotFinite)
      throw RunError("the parameters or the optimizer's state of stage " +
                     std::to_string(stage + 1) + " are no longer finite numbers " +
                     point_text(point) +
                     ", but were in the checkpoint before that; try a smaller --lr");
  for (const auto& [stage, problem] : problems)
    throw SaveError("the stage host of stage " + std::to_string(stage + 1) +
                    " cannot write its shard to " + folder + ": " +
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

std::optional<Traffic::Answer> ShardTraffic::answer(std::size_t stage, std::size_t index) const {
  if (order_[index] != stage) return std::nullopt;
  return Answer{0, encoded_size(ShardReceipt{})};
}

std::size_t ShardTraffic::stage_of(const Label& label) const {
  const auto found = std::ranges::find(requests_, label, &MessageInfo::label);
  MIXNN_CHECK(found != requests_.end(), "the answer of a request");
  return order_[static_cast<std::size_t>(found - requests_.begin())];
}

std::vector<ShardRecord> write_shards(OwnerLink& link, const std::vector<std::uint32_t>& hosts,
                                      const ShardTraffic& traffic, const TrainingPoint& point,
                                      const std::function<ShardOrder(std::size_t)>& order_for) {
  std::vector<ShardRecord> records(hosts.size());
  std::map<std::size_t, std::uint32_t> problems;  // by stage
  std::string folder;
  std::vector<std::byte> text;
  request_all(
      link, hosts, traffic,
      [&](const MessageInfo& info) {
        const std::size_t stage = traffic.stage_of(info.label);
        const ShardOrder order = order_for(stage);
        records[stage].name = order.name;
        folder = order.folder;
        text = encode(order);
        return Question{hosts[stage], text};
      },
      [&](Message& message) {
        const std::optional<ShardReceipt> receipt = decode<ShardReceipt>(message.payload.bytes());
        if (!receipt) throw RunError("a host sent a malformed receipt of its shard");
        const std::size_t stage = traffic.stage_of(message.info.label);
        records[stage].sha256 = receipt->sha256;
        if (const std::uint32_t problem = receipt->problem()) problems[stage] = problem;
      });
  check(problems, point, folder);
  return records;
}

}  // namespace mixnn
