#pragma once
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "crypto/crypto_testing.hpp"
#include "mixnn/rounds/draw.hpp"
#include "mixnn/rounds/exchanger.hpp"
#include "mixnn/transport/loopback.hpp"

namespace mixnn::testing {

inline std::vector<AeadSuite> round_suites() {
  std::vector<AeadSuite> all{AeadSuite::kChaCha20Poly1305};
  if (aes256gcm_available()) all.push_back(AeadSuite::kAes256Gcm);
  return all;
}

// A message with a payload that nobody else has.
struct Text {
  MessageInfo info;
  std::vector<std::byte> payload;
};
inline Text text_of(std::uint32_t number, std::size_t bytes) {
  Text text;
  text.info.label = {MessageKind::kForward, number, number % 7, number % 3};
  text.info.rows = number + 1;
  text.payload.resize(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    text.payload[i] = static_cast<std::byte>(number * 31 + i * 7 + i / 256);
  return text;
}
inline bool starts_with(ConstBytes whole, ConstBytes start) {
  return whole.size() >= start.size() && std::equal(start.begin(), start.end(), whole.begin());
}

// Ranks of one job over a loopback, with routes and tables as the owner draws them, and time that
// the test owns.
class RoundsJob {
 public:
  static constexpr Nanoseconds kPatience = std::chrono::seconds(1);

  RoundsJob(std::uint32_t count, std::size_t hops, AeadSuite suite,
            std::vector<std::uint32_t> hosts = {1, 2}, std::size_t capacity = 300,
            std::uint8_t seed = 1)
      : ranks(count),
        rng(seed_key(seed)),
        network(static_cast<int>(ranks)),
        bulk(draw_routes(ranks, hops, rng)),
        training(draw_routes(ranks, hops, rng)),
        aead(make_bulk_aead(suite)) {
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      secrets.push_back(rng.key());
      lanes.push_back({rng.key(), rng.key()});
    }
    tables = draw_tables({bulk, training, hosts, secrets}, rng);
    const RoundSetting setting{hops, capacity, kPatience};
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
      at.push_back(std::make_unique<Exchanger>(
          network.at(static_cast<int>(rank)), *aead, clock, setting,
          rank == 0 ? std::span<const LaneKeys>(lanes) : std::span(lanes).subspan(rank, 1)));
  }

  void install() {
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
      at[rank]->install(tables[rank], secrets[rank]);
  }
  // One exchange of all; what each says, by rank.
  void begin(const std::vector<std::vector<Said>>& said, DrawNumber after) {
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
      at[rank]->begin(said.empty() ? std::span<const Said>() : said[rank], after);
  }
  // Until nothing moves; time passes only if slots are missing.
  std::vector<Brought> finish() {
    for (int quiet = 0; quiet < 50;) {
      bool any = false, over = true;
      for (const auto& one : at) any = one->poll() || any;
      for (const auto& one : at) over = over && !one->under_way();
      if (over) break;
      quiet = any ? 0 : quiet + 1;
      if (!any) clock.advance(kPatience);
    }
    std::vector<Brought> brought;
    for (const auto& one : at) brought.push_back(one->take().value());
    return brought;
  }
  std::vector<Brought> exchange(const std::vector<std::vector<Said>>& said, DrawNumber after) {
    begin(said, after);
    return finish();
  }
  // The first exchange, without circuits; behind it come those of a draw.
  void open(DrawNumber draw) {
    exchange({}, draw);
    install();
  }
  std::uint64_t bad() const {
    std::uint64_t all = 0;
    for (const auto& one : at) all += one->bad();
    return all;
  }

  std::uint32_t ranks;
  Csprng rng;
  LoopbackNetwork network;
  ManualClock clock;
  Routes bulk, training;
  std::unique_ptr<BulkAead> aead;
  std::vector<Key> secrets;
  std::vector<LaneKeys> lanes;
  std::vector<RankTable> tables;
  std::vector<std::unique_ptr<Exchanger>> at;
};

}  // namespace mixnn::testing
