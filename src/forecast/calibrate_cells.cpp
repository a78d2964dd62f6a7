#include "mixnn/forecast/calibrate_cells.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "mixnn/forecast/calibration_inputs.hpp"
#include "mixnn/forecast/repeated_timing.hpp"
#include "mixnn/onion/issuer.hpp"
#include "mixnn/onion/peel.hpp"
#include "mixnn/onion/wrap.hpp"

namespace mixnn {
namespace {

// One cell's way over three relays, again and again.
class Path {
 public:
  Path(AeadSuite suite, std::size_t body)
      : aead_(make_bulk_aead(suite)),
        payload_(random_bytes(body)),
        sink_(body),
        cell_(kBodyOffset + body) {
    for (std::size_t rank = 0; rank <= kHops + 1; ++rank) keys_.emplace_back(rng_.key(), Digest{});
    issuer_ = std::make_unique<TicketIssuer>(keys_, kSerialBits, *aead_, rng_);
    for (const EpochKeys& keys : keys_)
      peelers_.push_back(std::make_unique<Peeler>(keys, kSerialBits, *aead_, rng_));
  }

  static constexpr std::size_t kHops = 3;
  // Seconds of the ticket, the wrap, and the peels in the order of the path.
  std::vector<double> once() {
    std::vector<double> seconds;
    Stopwatch watch;
    const Ticket ticket = issuer_->issue(kRelays, kHops + 1, 1, {});
    seconds.push_back(watch.seconds());
    seconds.push_back(seconds_of([&] { wrap(ticket, 0, payload_, *aead_, rng_, cell_); }));
    for (std::size_t rank = 1; rank <= kHops + 1; ++rank) {
      watch = Stopwatch();
      const Peeled peeled = peelers_[rank]->peel(cell_, sink_);
      seconds.push_back(watch.seconds());
      MIXNN_CHECK(!std::holds_alternative<Reject>(peeled), "a cell of our own is good");
    }
    return seconds;
  }

 private:
  static constexpr unsigned kSerialBits = 12;
  static constexpr std::array<std::uint32_t, kHops> kRelays{1, 2, 3};
  class Sink final : public PayloadSink {
   public:
    explicit Sink(std::size_t body) : memory_(body) {}
    Bytes place(const Delivery&) override { return memory_.bytes(); }

   private:
    AlignedBuffer memory_;
  };

  Csprng rng_;
  std::unique_ptr<BulkAead> aead_;
  std::vector<EpochKeys> keys_;
  std::unique_ptr<TicketIssuer> issuer_;
  std::vector<std::unique_ptr<Peeler>> peelers_;
  std::vector<std::byte> payload_;
  Sink sink_;
  std::vector<std::byte> cell_;
};

// A wrap, then a peel at each relay and at the receiver; `seconds` in this order.
void append_samples(const CellCosts& costs, std::size_t body, std::span<const double> seconds,
                    std::vector<CellSample>& samples) {
  constexpr std::size_t kHops = Path::kHops;
  for (std::size_t i = 0; i <= kHops + 1; ++i) {
    const CellSample::Place place = i == 0       ? CellSample::kWrap
                                    : i <= kHops ? CellSample::kRelay
                                                 : CellSample::kReceiver;
    const double layers = costs.in_seals(i == 0       ? sender_passes(kHops)
                                         : i <= kHops ? relay_passes(relay_role(i, kHops))
                                                      : receiver_passes(kHops));
    samples.push_back({place, layers, layers * static_cast<double>(body), seconds[i]});
  }
}

// What a cover costs, in seals.
double time_cover(const BulkAead& aead) {
  AlignedBuffer text(48 << 10);
  std::ranges::fill(text.bytes(), std::byte{0});
  std::array<std::byte, kAeadTagBytes> tag{};
  const Key key;
  const std::vector<double> seconds = repeated_timing([&] {
    return std::vector<double>{
        seconds_of([&] { aead.seal(key, text.bytes(), text.bytes(), tag); }),
        seconds_of([&] { aead.xor_keystream(key, text.bytes(), text.bytes()); })};
  });
  return seconds[1] / seconds[0];
}

double time_aead_call(const BulkAead& aead) {
  constexpr std::size_t kCalls = 100;
  std::array<std::byte, 64> text{};
  std::array<std::byte, kAeadTagBytes> tag{};
  const Key key;
  const double seconds = repeated_seconds([&] {
    for (std::uint32_t i = 0; i < kCalls; ++i) aead.seal(key, text, text, tag);
  });
  return seconds / kCalls;
}

}  // namespace

CellFit calibrate_cells(AeadSuite suite) {
  constexpr std::size_t kKib = 1024;
  const std::unique_ptr<BulkAead> aead = make_bulk_aead(suite);
  const double call = time_aead_call(*aead);
  CellCosts costs;
  costs.cover = time_cover(*aead);
  std::vector<CellSample> samples;
  std::vector<double> tickets;
  for (const std::size_t body : {2 * kKib, 16 * kKib, 48 * kKib, 128 * kKib}) {
    Path path(suite, body);
    const std::vector<double> seconds = repeated_timing([&] { return path.once(); });
    tickets.push_back(seconds[0]);
    append_samples(costs, body, std::span(seconds).subspan(1), samples);
  }
  CellFit fit = fit_cells(samples, call);
  fit.costs.cover = costs.cover;
  fit.costs.slot = lower_median(tickets) / (Path::kHops + 1);
  return fit;
}

}  // namespace mixnn
