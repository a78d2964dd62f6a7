#pragma once
#include <deque>
#include <vector>

#include "mixnn/audit/wire_truth.hpp"
#include "mixnn/base/codec.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/onion/ticket.hpp"
#include "mixnn/rounds/table.hpp"

namespace mixnn::testing {

// A third codec: instead of writing or reading a described value it draws one at random, within the
// rules as far as they are those of a field. holds() says whether all rules are kept.
class Drawing {
 public:
  explicit Drawing(CounterRng& rng) : rng_(rng) {}
  bool holds() const { return holds_; }

  template <Numeric T>
  void number(T& value) {
    std::uint64_t bits = std::uint64_t{rng_.next()} << 32 | rng_.next();
    bits >>= 64 - 8 * sizeof(T);
    if (rng_.below(4) > 0) bits >>= rng_.below(8 * sizeof(T));  // of all magnitudes
    std::memcpy(&value, &bits, sizeof value);
  }
  void numbers(Numeric auto&... values) { (number(values), ...); }
  template <Numeric T, std::size_t N>
  void numbers(std::array<T, N>& values) {
    for (T& value : values) number(value);
  }
  template <Numeric Wire, Numeric T>
  void number_as(Wire wire, T& value) {
    number(wire);
    value = static_cast<T>(wire);
  }
  void flag(bool& value) { value = rng_.below(2) == 0; }
  void constant(Numeric auto) {}
  template <class Enum>
  void choice(Enum& value, std::type_identity_t<Enum> first, std::type_identity_t<Enum> last) {
    const auto least = static_cast<std::uint32_t>(first), most = static_cast<std::uint32_t>(last);
    value = static_cast<Enum>(least + rng_.below(most - least + 1));
  }
  template <class Enum>
  void choice(Enum& value, bool (*known)(Enum)) {
    do value = static_cast<Enum>(rng_.below(256));
    while (!known(value));
  }
  void bytes(Bytes value) {
    for (std::byte& b : value) b = static_cast<std::byte>(rng_.next());
  }
  void content(std::vector<std::byte>& value, std::size_t size) {
    holds_ = holds_ && size <= 10'000;
    value.resize(holds_ ? size : 0);
    bytes(value);
  }
  void sized(ConstBytes& value) {
    bytes(memory_.emplace_back(rng_.below(20)));
    value = memory_.back();
  }
  void text(std::string& value, std::size_t most, TextRule rule) {
    value.resize(std::min<std::size_t>(most, rng_.below(20)));
    for (char& c : value)
      c = static_cast<char>(rule == TextRule::kAny ? rng_.next() : ' ' + rng_.below(95));
    if (!value.empty() && rng_.below(2) == 0) value[0] = '/';
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t most = 4) {
    values = std::vector<T>(std::min<std::size_t>(most, rng_.below(5)));
    for (T& value : values) nested(value);
  }
  void nested(auto& value) { describe(*this, value); }
  template <class T, class To, class From>
  void via(T& value, To, From from) {
    std::invoke_result_t<To, const T&> wire{};
    nested(wire);
    const std::optional<T> read = from(wire);
    if (require(read.has_value())) value = *read;
  }
  void foreign(auto&, auto, auto) {}
  bool require(bool holds) { return holds_ = holds_ && holds; }

 private:
  CounterRng& rng_;
  bool holds_ = true;
  std::deque<std::vector<std::byte>> memory_;  // of views
};

// The bytes of a random value that keeps all rules; of an empty one if none was found.
template <class T>
std::vector<std::byte> draw_encoded(CounterRng& rng) {
  for (int tries = 0; tries < 3000; ++tries) {
    T value;
    Drawing drawing(rng);
    drawing.nested(value);
    if (drawing.holds()) return encode(value);
  }
  return encode(T{});
}

// A ticket's rules are of several fields at once, too many to be met by chance.
inline std::vector<std::byte> draw_ticket(CounterRng& rng) {
  const std::size_t hops = rng.below(kMaxHops + 1);
  Ticket ticket;
  ticket.first_hop = rng.next();
  ticket.cells = 1 + rng.below(2);
  ticket.live = static_cast<std::uint16_t>(live_header_bytes(hops));
  ticket.layers = static_cast<std::uint8_t>(sender_layers(hops));
  ticket.headers.resize(std::size_t{ticket.cells} * ticket.live);
  Drawing(rng).bytes(ticket.headers);
  return encode(ticket);
}

// Nor do permutations come by chance.
inline std::vector<std::byte> draw_table(CounterRng& rng) {
  const auto ranks = static_cast<std::uint8_t>(3 + rng.below(3));
  const auto hops = static_cast<std::uint8_t>(1 + rng.below(3));
  RankTable table = empty_table({ranks, hops, static_cast<std::uint8_t>(rng.below(ranks))});
  for (DrawTable* draw : {&table.bulk, &table.training}) {
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      draw->sends[rank].role = static_cast<std::uint8_t>(rng.below(circuit_role::kAll + 1));
      Drawing(rng).bytes(draw->receives[rank].q.bytes());
    }
    for (auto& next : draw->relays) {
      shuffle(std::span(next), rng);
      std::swap(*std::ranges::find(next, kNoRank), next[table.own]);
    }
  }
  return encode(table);
}

// Nor is a text one of two.
inline std::vector<std::byte> draw_truth(CounterRng& rng) {
  WireTruth truth;
  Drawing(rng).text(truth.model, 20, TextRule::kAny);
  truth.traffic = rng.below(2) == 0 ? "onion" : "rounds";
  truth.ranks = 2 + rng.below(4);
  truth.batch = 1 + rng.next() / 2;
  truth.micro_batches = 1 + rng.below(100);
  truth.hops = rng.below(4);
  truth.hosts = {1 + rng.below(truth.ranks - 1)};
  truth.clocks.resize(truth.ranks);
  truth.machines.resize(truth.ranks);
  truth.machines.back() = rng.below(3);
  truth.apart = rng.below(2) == 0;
  for (WireTruth::RankClock& clock : truth.clocks) Drawing(rng).nested(clock);
  return encode(truth);
}

template <class T>
std::vector<std::byte> draw_valid(CounterRng& rng) {
  if constexpr (std::is_same_v<T, Ticket>)
    return draw_ticket(rng);
  else if constexpr (std::is_same_v<T, RankTable>)
    return draw_table(rng);
  else if constexpr (std::is_same_v<T, WireTruth>)
    return draw_truth(rng);
  else
    return draw_encoded<T>(rng);
}

}  // namespace mixnn::testing
