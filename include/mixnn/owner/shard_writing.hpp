#pragma once
#include <functional>
#include <span>
#include <vector>

#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/owner/owner_link.hpp"
#include "mixnn/owner/traffic.hpp"
#include "mixnn/wire/shard_order.hpp"

namespace mixnn {

// One question to each rank, all at once: each answers its own, straight to the owner. The
// labels are drawn at random, so that they tell a rank nothing of its place or of the number of
// others.
class ShardTraffic final : public Traffic {
 public:
  // `order`: the places, in the order in which they are asked.
  ShardTraffic(std::vector<std::size_t> order, std::uint32_t updates);
  std::size_t places() const override { return order_.size(); }
  const std::vector<MessageInfo>& requests() const override { return requests_; }
  std::optional<Answer> answer(std::size_t place, std::size_t index) const override;
  std::size_t place_of(const Label& label) const;
  std::uint64_t messages_of_one() const override { return 3; }

 private:
  std::vector<std::size_t> order_;
  std::vector<MessageInfo> requests_;
};

// Has every rank write its shard, a decoy an empty one; returns what they report, by place: first
// the stages'. `order_for` gives the order for a place. Nothing may be under way.
std::vector<ShardRecord> write_shards(
    OwnerLink& link, const Plan& plan, const ShardTraffic& traffic, const TrainingPoint& point,
    const std::function<ShardOrder(std::size_t place)>& order_for);

// The owner's own, of all its stages together.
ShardRecord write_own_shard(const ShardOrder& order, std::span<const float> state,
                            const TrainingPoint& point);

}  // namespace mixnn
