#pragma once
#include <functional>
#include <vector>

#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/owner/book_keeper.hpp"
#include "mixnn/wire/shard_order.hpp"

namespace mixnn {

// One question to each host, all at once: every stage answers its own, straight to the owner. The
// labels are drawn at random, so that they tell a host nothing of its position or of the number of
// others.
class ShardTraffic final : public Traffic {
 public:
  // `order`: the stages, in the order in which they are asked.
  ShardTraffic(std::vector<std::size_t> order, std::uint32_t updates);
  std::size_t stages() const override { return order_.size(); }
  const std::vector<MessageInfo>& requests() const override { return requests_; }
  std::optional<Answer> answer(std::size_t stage, std::size_t index) const override;
  std::size_t stage_of(const Label& label) const;
  std::uint64_t messages_of_one() const override { return 3; }

 private:
  std::vector<std::size_t> order_;
  std::vector<MessageInfo> requests_;
};

// Has every host write its shard; returns what they report, by stage. `order_for` gives the order
// for a stage. Nothing may be under way; `hosts`: rank by stage.
std::vector<ShardRecord> write_shards(
    OwnerLink& link, const std::vector<std::uint32_t>& hosts, const ShardTraffic& traffic,
    const TrainingPoint& point, const std::function<ShardOrder(std::size_t stage)>& order_for);

}  // namespace mixnn
