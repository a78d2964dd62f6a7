#include "mixnn/rounds/draw.hpp"

#include "mixnn/rounds/keys.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kOwnerRank = 0;

// The tables of one of the two draws.
class DrawWriter {
 public:
  DrawWriter(std::vector<RankTable>& tables, DrawTable RankTable::*table, DrawNumber number,
             const Routes& routes)
      : tables_(tables), table_(table), number_(number), routes_(routes) {}

  void write_relays_and_keys(std::span<const Key> secrets) {
    for (std::uint32_t x = 0; x < routes_.ranks(); ++x)
      for (std::uint32_t y = 0; y < routes_.ranks(); ++y)
        if (x != y) write_circuit(x, y, secrets);
  }
  // At both ends of the circuit (x, y).
  void add_role(std::uint32_t x, std::uint32_t y, std::uint8_t role) {
    sender(x, y).role |= role;
    receiver(x, y).role |= role;
  }

 private:
  DrawTable& of(std::uint32_t rank) { return tables_[rank].*table_; }
  DrawTable::Sender& sender(std::uint32_t x, std::uint32_t y) {
    return of(x).sends[routes_.first(x, y)];
  }
  DrawTable::Receiver& receiver(std::uint32_t x, std::uint32_t y) {
    return of(y).receives[routes_.last(x, y)];
  }

  void write_circuit(std::uint32_t x, std::uint32_t y, std::span<const Key> secrets) {
    const auto at = [&](std::size_t place) { return routes_.at(x, y, place); };
    for (std::size_t hop = 0; hop < routes_.hops(); ++hop)
      of(at(hop + 1)).relays[hop][at(hop)] = static_cast<std::uint8_t>(at(hop + 2));
    const std::size_t b = routes_.crossover() + 1;  // its place
    sender(x, y).p = p_key(secrets[at(b)], number_, at(b - 1));
    receiver(x, y).q = q_key(secrets[at(b)], number_, at(b + 1));
    receiver(x, y).k = k_key(secrets[x], number_, at(1));
  }

  std::vector<RankTable>& tables_;
  DrawTable RankTable::*table_;
  DrawNumber number_;
  const Routes& routes_;
};

// The same key at both ends of a link, another one for each direction.
void draw_link_keys(std::vector<RankTable>& tables, Csprng& rng) {
  for (std::uint32_t from = 0; from < tables.size(); ++from)
    for (std::uint32_t to = 0; to < tables.size(); ++to)
      if (from != to) tables[from].links[to].to = tables[to].links[from].from = rng.key();
}

void add_chain(DrawWriter& training, std::span<const std::uint32_t> hosts) {
  std::vector<std::uint32_t> chain{kOwnerRank};
  chain.insert(chain.end(), hosts.begin(), hosts.end());
  chain.push_back(kOwnerRank);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    training.add_role(chain[i], chain[i + 1], circuit_role::kForward);
    training.add_role(chain[i + 1], chain[i], circuit_role::kBackward);
  }
}

}  // namespace

std::vector<RankTable> draw_tables(const EpochDraw& epoch, Csprng& rng) {
  const std::uint32_t ranks = epoch.bulk.ranks();
  const std::size_t hops = epoch.bulk.hops();
  MIXNN_CHECK(epoch.training.ranks() == ranks && epoch.training.hops() == hops,
              "both draws are of the same ranks and hops");
  MIXNN_CHECK(epoch.secrets.size() == ranks && !epoch.hosts.empty(), "a secret for each rank");

  std::vector<RankTable> tables;
  for (std::uint32_t rank = 0; rank < ranks; ++rank)
    tables.push_back(empty_table({static_cast<std::uint8_t>(ranks), static_cast<std::uint8_t>(hops),
                                  static_cast<std::uint8_t>(rank)}));
  DrawWriter bulk(tables, &RankTable::bulk, DrawNumber::kBulk, epoch.bulk);
  bulk.write_relays_and_keys(epoch.secrets);
  for (std::uint32_t rank = 1; rank < ranks; ++rank) {
    bulk.add_role(kOwnerRank, rank, circuit_role::kOwner);
    bulk.add_role(rank, kOwnerRank, circuit_role::kOwner);
  }
  DrawWriter training(tables, &RankTable::training, DrawNumber::kTraining, epoch.training);
  training.write_relays_and_keys(epoch.secrets);
  add_chain(training, epoch.hosts);
  draw_link_keys(tables, rng);
  return tables;
}

}  // namespace mixnn
