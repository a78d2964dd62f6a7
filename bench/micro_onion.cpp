// What one cell costs on one core: AEAD backends, header slots, tickets, wrap and peel, by cell
// size and hops. Google Benchmark.
#include <benchmark/benchmark.h>

#include <numeric>

#include "mixnn/onion/issuer.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/wrap.hpp"

namespace mixnn {
namespace {

constexpr unsigned kSerialBits = 24;

std::unique_ptr<BulkAead> backend(int which) {
  const auto suite = which % 2 == 0 ? AeadSuite::kAes256Gcm : AeadSuite::kChaCha20Poly1305;
  return make_bulk_aead(suite, which < 2 ? AeadBackend::kSodium : AeadBackend::kIpsecMb);
}

// Arguments: backend (0 libsodium GCM, 1 libsodium ChaCha, 2 ipsec-mb GCM, 3 ipsec-mb ChaCha),
// bytes.
void seal(benchmark::State& state) {
  const std::unique_ptr<BulkAead> aead = backend(static_cast<int>(state.range(0)));
  if (!aead) return state.SkipWithError("not on this machine");
  state.SetLabel(aead->name());
  std::vector<std::byte> text(static_cast<std::size_t>(state.range(1)));
  std::array<std::byte, kAeadTagBytes> tag;
  const Key key;
  for (auto _ : state) aead->seal(key, text, text, tag);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(1));
}
BENCHMARK(seal)
    ->ArgNames({"backend", "bytes"})
    ->ArgsProduct({{0, 1, 2, 3}, {4 << 10, 16 << 10, 26 << 10, 64 << 10, 128 << 10}});

void open(benchmark::State& state) {
  const std::unique_ptr<BulkAead> aead = backend(static_cast<int>(state.range(0)));
  if (!aead) return state.SkipWithError("not on this machine");
  state.SetLabel(aead->name());
  std::vector<std::byte> sealed(static_cast<std::size_t>(state.range(1))), text(sealed.size());
  std::array<std::byte, kAeadTagBytes> tag;
  const Key key;
  aead->seal(key, sealed, sealed, tag);
  for (auto _ : state)
    if (!aead->open(key, sealed, tag, text)) return state.SkipWithError("does not open");
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(1));
}
BENCHMARK(open)
    ->ArgNames({"backend", "bytes"})
    ->ArgsProduct({{0, 1, 2, 3}, {16 << 10, 26 << 10, 128 << 10}});

void xor_keystream(benchmark::State& state) {
  const std::unique_ptr<BulkAead> aead = backend(static_cast<int>(state.range(0)));
  if (!aead) return state.SkipWithError("not on this machine");
  state.SetLabel(aead->name());
  std::vector<std::byte> text(static_cast<std::size_t>(state.range(1)));
  const Key key;
  for (auto _ : state) aead->xor_keystream(key, text, text);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(1));
}
BENCHMARK(xor_keystream)
    ->ArgNames({"backend", "bytes"})
    ->ArgsProduct({{0, 1, 2, 3}, {1 << 10, 16 << 10, 26 << 10, 128 << 10}});

// The slot of a header that each hop opens: backend as above.
void seal_slot(benchmark::State& state) {
  const std::unique_ptr<BulkAead> aead = backend(static_cast<int>(state.range(0)));
  if (!aead) return state.SkipWithError("not on this machine");
  std::array<std::byte, kSlotTextBytes> text{};
  std::array<std::byte, kSlotBytes> box{};
  const Key key;
  for (auto _ : state) aead->seal_box(key, text, box);
}
BENCHMARK(seal_slot)->ArgName("backend")->Arg(0)->Arg(2);

void open_slot(benchmark::State& state) {
  const std::unique_ptr<BulkAead> aead = backend(static_cast<int>(state.range(0)));
  if (!aead) return state.SkipWithError("not on this machine");
  std::array<std::byte, kSlotTextBytes> text{};
  std::array<std::byte, kSlotBytes> box{};
  const Key key;
  aead->seal_box(key, text, box);
  for (auto _ : state)
    if (!aead->open_box(key, box, text)) return state.SkipWithError("does not open");
}
BENCHMARK(open_slot)->ArgName("backend")->Arg(0)->Arg(2);

// Relays are ranks 1 to hops, the receiver is the rank behind them, the owner rank 0.
struct Path {
  Csprng rng;
  std::unique_ptr<BulkAead> aead = make_bulk_aead(AeadSuite::kAes256Gcm);
  std::vector<EpochKeys> keys;
  std::vector<std::uint32_t> relays;
  std::unique_ptr<TicketIssuer> issuer;
  explicit Path(std::int64_t hops) : relays(static_cast<std::size_t>(hops)) {
    std::iota(relays.begin(), relays.end(), 1u);
    for (std::size_t i = 0; i < relays.size() + 2; ++i) keys.emplace_back(rng.key(), Digest{});
    issuer = std::make_unique<TicketIssuer>(keys, kSerialBits, *aead, rng);
  }
  Ticket ticket() {
    if (issuer->serials_left() < 8)
      issuer = std::make_unique<TicketIssuer>(keys, kSerialBits, *aead, rng);
    return issuer->issue(relays, static_cast<std::uint32_t>(relays.size()) + 1, 1, {});
  }
};

class Buffer final : public PayloadSink {
 public:
  explicit Buffer(std::size_t bytes) : memory_(bytes) {}
  Bytes place(const Delivery&) override { return memory_; }

 private:
  std::vector<std::byte> memory_;
};

void issue_ticket(benchmark::State& state) {
  Path path(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(path.ticket());
}
BENCHMARK(issue_ticket)->ArgName("hops")->DenseRange(0, 5);

void wrap_cell(benchmark::State& state) {
  Path path(state.range(1));
  std::vector<std::byte> cell(static_cast<std::size_t>(state.range(0))),
      payload(body_bytes(cell.size()));
  const Ticket ticket = path.ticket();
  for (auto _ : state) wrap(ticket, 0, payload, *path.aead, path.rng, cell);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(wrap_cell)
    ->ArgNames({"bytes", "hops"})
    ->ArgsProduct({{4 << 10, 26 << 10, 64 << 10, 128 << 10}, {3}})
    ->ArgsProduct({{128 << 10}, {0, 1, 5}});

// With three hops: at hop 1 or 3 (keystream), 2 (crossover) or 4 (receiver). Fresh peelers do not
// mind serials that come again.
void peel_cell(benchmark::State& state) {
  Path path(3);
  std::vector<std::byte> cell(static_cast<std::size_t>(state.range(0))),
      payload(body_bytes(cell.size()));
  wrap(path.ticket(), 0, payload, *path.aead, path.rng, cell);
  Buffer buffer(payload.size());
  const auto hop = static_cast<std::size_t>(state.range(1));
  for (std::size_t i = 1; i < hop; ++i)
    Peeler(path.keys[i], kSerialBits, *path.aead, path.rng).peel(cell, buffer);
  const std::vector<std::byte> arrived = cell;
  for (auto _ : state) {
    state.PauseTiming();
    Peeler peeler(path.keys[hop], kSerialBits, *path.aead, path.rng);
    copy_bytes(arrived, cell);
    state.ResumeTiming();
    const Peeled peeled = peeler.peel(cell, buffer);
    if (std::holds_alternative<Reject>(peeled)) return state.SkipWithError("rejected");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(peel_cell)
    ->ArgNames({"bytes", "hop"})
    ->ArgsProduct({{26 << 10, 128 << 10}, {1, 2, 3, 4}})
    ->Iterations(2000);

void random_filler(benchmark::State& state) {
  Csprng rng;
  std::vector<std::byte> filler(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) rng.fill(filler);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(random_filler)->ArgName("bytes")->Arg(32)->Arg(500)->Arg(1240);

}  // namespace
}  // namespace mixnn
