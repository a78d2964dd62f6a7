#pragma once
#include <vector>

#include "mixnn/owner/owner_link.hpp"
#include "mixnn/owner/rank_trace.hpp"
#include "mixnn/owner/rank_usage.hpp"

namespace mixnn {

// Asks every rank for what it recorded, equally often, as many events as each may have kept; by
// rank, the owner's first. Times of ranks on other hosts are moved to the owner's clock by the
// shortest round trip.
std::vector<RankTrace> collect_traces(OwnerLink& link, const UsageLedger& ledger,
                                      const Transport& transport, std::size_t events);

}  // namespace mixnn
