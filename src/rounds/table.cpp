#include "mixnn/rounds/table.hpp"

#include <bitset>
#include <numeric>

namespace mixnn {
namespace {

DrawTable empty_draw(const TableShape& shape) {
  DrawTable draw{std::vector<DrawTable::Sender>(shape.ranks),
                 {},
                 std::vector<DrawTable::Receiver>(shape.ranks)};
  std::vector<std::uint8_t> back(shape.ranks);
  std::iota(back.begin(), back.end(), std::uint8_t{0});
  back[shape.own] = kNoRank;
  draw.relays.assign(shape.hops, back);
  return draw;
}

void check_rows(const DrawTable& draw, std::size_t ranks, std::size_t hops) {
  MIXNN_CHECK(draw.sends.size() == ranks && draw.receives.size() == ranks, "a row for each rank");
  MIXNN_CHECK(draw.relays.size() == hops, "both draws have the same hops");
  for (const auto& next : draw.relays) MIXNN_CHECK(next.size() == ranks, "an output for each rank");
}

}  // namespace

TableShape shape_of(const RankTable& table) {
  const std::size_t ranks = table.links.size(), hops = table.training.relays.size();
  MIXNN_CHECK(ranks <= kNoRank && hops <= 3, "a table that cannot be");
  check_rows(table.bulk, ranks, hops);
  check_rows(table.training, ranks, hops);
  return {static_cast<std::uint8_t>(ranks), static_cast<std::uint8_t>(hops), table.own};
}

RankTable empty_table(const TableShape& shape) {
  MIXNN_CHECK(shape.exists(), "a table that cannot be");
  return {empty_draw(shape), empty_draw(shape), std::vector<RankTable::Link>(shape.ranks),
          shape.own};
}

bool passes_each_once(const std::vector<std::uint8_t>& next, std::uint8_t own) {
  std::bitset<kNoRank> seen;
  for (std::size_t rank = 0; rank < next.size(); ++rank) {
    if (rank == own) {
      if (next[rank] != kNoRank) return false;
      continue;
    }
    if (next[rank] >= next.size() || next[rank] == own || seen[next[rank]]) return false;
    seen.set(next[rank]);
  }
  return true;
}

std::optional<RankTable> decode_table(ConstBytes bytes, const TableShape& shape) {
  std::optional<RankTable> table = decode_whole<RankTable>(bytes);
  if (table && shape_of(*table) != shape) table.reset();
  return table;
}

}  // namespace mixnn
