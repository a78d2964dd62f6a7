#include "mixnn/rounds/links.hpp"

namespace mixnn {

Links::Links(const BulkAead& aead, std::span<const RankTable::Link> links, std::size_t hops)
    : hops_(hops) {
  for (const RankTable::Link& link : links) {
    to_.push_back(aead.keyed(link.to));
    from_.push_back(aead.keyed(link.from));
  }
}

}  // namespace mixnn
