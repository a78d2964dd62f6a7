// What do many ranks ask of the owner in traffic in rounds (docs/rounds.md, "Many ranks")? In one
// process, without MPI, over a loopback:
//   build/owners_work draws|exchanges [--csv]
// draws: processor time of the routes and tables of a key epoch, and what they take. exchanges:
// that of one rank in an exchange of the training draw, the owner's and another's, and what each
// holds. All ranks are real ones; only what one of them does itself is counted. Times are the
// least and the median of some repetitions. Exchanges take 4 GB and some minutes.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mixnn/base/clock.hpp"
#include "mixnn/rounds/draw.hpp"
#include "mixnn/rounds/exchanger.hpp"
#include "mixnn/rounds/run_routes.hpp"
#include "mixnn/session/round_secrets.hpp"
#include "mixnn/transport/loopback.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kHops = 3;
constexpr std::uint32_t kOwner = 0, kOther = 1;
constexpr int kTimesOfDraws = 21;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
std::size_t heap_bytes() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

std::string cpu() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}
std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

class Times {
 public:
  template <class Work>
  void add(const Work& work) {
    const double begin = thread_seconds();
    work();
    add_seconds(thread_seconds() - begin);
  }
  void add_seconds(double seconds) { all_.push_back(seconds); }
  double least() const { return *std::min_element(all_.begin(), all_.end()); }
  double median() const {
    std::vector<double> sorted = all_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  std::vector<double> all_;
};

// One row at a time; names once.
class Rows {
 public:
  explicit Rows(bool csv) : csv_(csv) {}
  void begin() { row_.clear(); }
  void add(const std::string& name, double value, int digits = 0) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    row_.emplace_back(name, text);
  }
  void add(const std::string& name, const Times& times) {
    add(name + "_us_least", times.least() * 1e6, 1);
    add(name + "_us", times.median() * 1e6, 1);
  }
  void end() {
    row_.emplace_back("date", today());
    row_.emplace_back("cpu", cpu());
    if (!named_ && csv_) line([](const auto& one) { return one.first; });
    named_ = true;
    if (csv_) return line([](const auto& one) { return one.second; });
    for (const auto& [name, value] : row_) std::printf("%s %s  ", name.c_str(), value.c_str());
    std::printf("\n");
    std::fflush(stdout);
  }

 private:
  template <class Text>
  void line(const Text& text) const {
    for (std::size_t i = 0; i < row_.size(); ++i)
      std::printf("%s%s", i > 0 ? "," : "", text(row_[i]).c_str());
    std::printf("\n");
    std::fflush(stdout);
  }

  bool csv_, named_ = false;
  std::vector<std::pair<std::string, std::string>> row_;
};

std::vector<Key> random_keys(std::uint32_t count, Csprng& rng) {
  std::vector<Key> keys;
  for (std::uint32_t i = 0; i < count; ++i) keys.push_back(rng.key());
  return keys;
}
std::vector<std::uint32_t> three_hosts() { return {1, 2, 3}; }

void draws(std::uint32_t ranks, Rows& rows) {
  Csprng rng;
  Times routes_time, tables_time, encoding_time;
  const std::vector<Key> secrets = random_keys(ranks, rng);
  const std::vector<std::uint32_t> hosts = three_hosts();
  std::size_t bytes = 0;
  for (int i = 0; i < kTimesOfDraws; ++i) {
    std::optional<RunRoutes> routes;
    routes_time.add([&] { routes.emplace(ranks, kHops, false, rng); });
    const EpochRoutes& now = routes->now();
    std::vector<RankTable> tables;
    tables_time.add([&] { tables = draw_tables({now.bulk, now.training, hosts, secrets}, rng); });
    encoding_time.add([&] {
      for (std::uint32_t rank = 1; rank < ranks; ++rank) bytes = encode(tables[rank]).size();
    });
  }
  rows.begin();
  rows.add("ranks", ranks);
  rows.add("routes", routes_time);
  rows.add("tables", tables_time);
  rows.add("encoding", encoding_time);
  rows.add("table_bytes", static_cast<double>(bytes));
  rows.add("all_tables_bytes", static_cast<double>(bytes * (ranks - 1)));
  rows.add("lane_exchanges", static_cast<double>(lane_exchanges(bytes, kHops + 1)));
  rows.end();
}

// All ranks of a job, in turns.
class Job {
 public:
  Job(std::uint32_t ranks, std::size_t capacity)
      : network_(static_cast<int>(ranks)),
        routes_(ranks, kHops, false, rng_),
        aead_(make_bulk_aead(aes256gcm_available() ? AeadSuite::kAes256Gcm
                                                   : AeadSuite::kChaCha20Poly1305)),
        spent_(ranks) {
    const std::vector<Key> secrets = random_keys(ranks, rng_);
    const std::vector<std::uint32_t> hosts = three_hosts();
    const EpochRoutes& now = routes_.now();
    const std::vector<RankTable> tables =
        draw_tables({now.bulk, now.training, hosts, secrets}, rng_);
    std::vector<LaneKeys> lanes;
    for (const Key& secret : secrets) lanes.push_back(lane_keys(secret));
    const RoundSetting setting{kHops, capacity};
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      const std::size_t before = heap_bytes();
      at_.push_back(std::make_unique<Exchanger>(
          network_.at(static_cast<int>(rank)), *aead_, clock_, setting,
          rank == kOwner ? std::span<const LaneKeys>(lanes) : std::span(lanes).subspan(rank, 1)));
      made_.push_back(heap_bytes() - before);
    }
    exchange();
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      const std::size_t before = heap_bytes();
      at_[rank]->install(tables[rank], secrets[rank]);
      if (rank == kOther) installed_ = heap_bytes() - before;
    }
  }

  // Of dummies alone, which are as much work.
  void exchange() {
    std::fill(spent_.begin(), spent_.end(), 0.0);
    for (std::uint32_t rank = 0; rank < at_.size(); ++rank)
      turn(rank, [&] { at_[rank]->begin({}, DrawNumber::kTraining); });
    begun_ = spent_;
    for (bool under_way = true; under_way;) {
      under_way = false;
      for (std::uint32_t rank = 0; rank < at_.size(); ++rank) {
        turn(rank, [&] { at_[rank]->poll(); });
        under_way = under_way || at_[rank]->under_way();
      }
    }
    for (const auto& one : at_)
      MIXNN_CHECK(one->take().value().bad == 0, "nothing is lost in a loopback");
  }

  // In the last exchange: all; until its own slots had left.
  double spent(std::uint32_t rank) const { return spent_[rank]; }
  double begun(std::uint32_t rank) const { return begun_[rank]; }
  const Exchanger& at(std::uint32_t rank) const { return *at_[rank]; }
  // Heap: of an exchanger before its first exchange, transcripts and lanes; of tables and keys.
  std::size_t made(std::uint32_t rank) const { return made_[rank]; }
  std::size_t installed() const { return installed_; }
  const BulkAead& aead() const { return *aead_; }

 private:
  template <class Work>
  void turn(std::uint32_t rank, const Work& work) {
    const double begin = thread_seconds();
    work();
    spent_[rank] += thread_seconds() - begin;
  }

  Csprng rng_;
  LoopbackNetwork network_;
  RunRoutes routes_;
  ManualClock clock_;
  std::unique_ptr<BulkAead> aead_;
  std::vector<std::unique_ptr<Exchanger>> at_;
  std::vector<double> spent_, begun_;
  std::vector<std::size_t> made_;
  std::size_t installed_ = 0;
};

// One lane of the owner in an exchange, both ways, nothing said: what it has more of than others.
Times time_lane(const BulkAead& aead) {
  Csprng rng;
  const Key out = rng.key(), in = rng.key();
  Lane owner(aead, out, in, kHops + 1), other(aead, in, out, kHops + 1);
  std::vector<std::byte> there(kSlotLane), back(kSlotLane);
  std::vector<Message> messages;
  Times times;
  for (std::uint64_t e = 0; e < 300; ++e) {
    double seconds = 0;
    const auto owners = [&](const auto& work) {
      const double begin = thread_seconds();
      work();
      seconds += thread_seconds() - begin;
    };
    other.begin(e, {});
    owners([&] { owner.begin(e, {}); });
    for (std::uint8_t round = 0; round <= kHops; ++round) {
      const SlotName name{e, round, DrawNumber::kTraining};
      other.seal(name, back);
      owners([&] {
        owner.seal(name, there);
        MIXNN_CHECK(owner.open(name, back), "a lane of our own");
      });
      MIXNN_CHECK(other.open(name, there), "a lane of our own");
    }
    owners([&] { owner.end(messages); });
    other.end(messages);
    times.add_seconds(seconds);
  }
  return times;
}

void exchanges(std::uint32_t ranks, std::size_t slot, Rows& rows) {
  const std::size_t capacity = slot_capacity(slot);
  Job job(ranks, capacity);
  job.exchange();
  Times owner, other, owners_begin, others_begin;  // begin: until its own slots have left
  const std::size_t work = ranks * ranks * slot;
  const std::size_t times = std::clamp<std::size_t>(2'000'000'000 / work, 5, 101);
  for (std::size_t i = 0; i < times; ++i) {
    job.exchange();
    owner.add_seconds(job.spent(kOwner)), owners_begin.add_seconds(job.begun(kOwner));
    double others = 0, begun = 0;
    for (std::uint32_t rank = 1; rank < ranks; ++rank)
      others += job.spent(rank), begun += job.begun(rank);
    other.add_seconds(others / (ranks - 1)), others_begin.add_seconds(begun / (ranks - 1));
  }
  rows.begin();
  rows.add("ranks", ranks);
  rows.add("slot_bytes", static_cast<double>(slot_bytes(capacity)));
  rows.add("times", static_cast<double>(times));
  rows.add("owner", owner);
  rows.add("owner_begin", owners_begin);
  rows.add("other", other);
  rows.add("other_begin", others_begin);
  rows.add("one_lane", time_lane(job.aead()));
  const CellPool& pool = job.at(kOwner).pool();
  rows.add("pool_limit_bytes", static_cast<double>(pool.capacity() * pool.cell_bytes()));
  rows.add("pool_used_bytes", static_cast<double>(pool.peak() * pool.cell_bytes()));
  rows.add("transcript_bytes", static_cast<double>(Transcripts::bytes(ranks, kHops, capacity)));
  rows.add("buffer_bytes", static_cast<double>(job.at(kOwner).stock().allocated()));
  rows.add("owners_exchanger_bytes", static_cast<double>(job.made(kOwner)));
  rows.add("others_exchanger_bytes", static_cast<double>(job.made(kOther)));
  rows.add("tables_and_keys_bytes", static_cast<double>(job.installed()));
  rows.end();
}

int run(std::string_view what, bool csv) {
  Rows rows(csv);
  if (what == "draws")
    for (const std::uint32_t ranks : {8, 16, 32, 64, 128, 255}) draws(ranks, rows);
  else
    for (const std::uint32_t ranks : {8, 16, 32, 64})
      for (const std::size_t slot : {4096, 25600, 102400}) exchanges(ranks, slot, rows);
  return 0;
}

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if ((what != "draws" && what != "exchanges") || argc > 3) {
    std::fprintf(stderr, "usage: owners_work draws|exchanges [--csv]\n");
    return 2;
  }
  return mixnn::run(what, argc > 2 && std::string_view(argv[2]) == "--csv");
}
