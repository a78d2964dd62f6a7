// What does a host learn of its two neighbours from all its tables of one draw of routes in rounds
// (docs/rounds.md, "Routes")? For 5 or 6 ranks, of which all idempotent Latin squares can be
// listed, each taken to be drawn as often:
//   build/host_view [RANKS [DRAWS [independent]]]
// Plays draws, and works out for each what the host can say of its neighbours: it knows how slots
// that it relays go on, and the links of its four circuits. Prints bits, of 2 and 3.6 at 5 ranks
// and 2.3 and 4.3 at 6. 200 draws at 6 ranks take a minute.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMost = 6;
using Line = std::array<std::uint8_t, kMost>;

struct Square {
  std::array<Line, kMost> symbol{}, column{}, row{};  // of (row, column), (row, symbol), (symbol,
                                                      // column)
};

class Squares {
 public:
  explicit Squares(std::size_t size) : size_(size) {
    Square square;
    fill(square, 0);
  }
  const std::vector<Square>& all() const { return all_; }

 private:
  bool fits(const Square& square, std::size_t r, std::size_t c, std::size_t s) const {
    if (s == r || s == c) return false;
    for (std::size_t i = 0; i < c; ++i)
      if (square.symbol[r][i] == s) return false;
    for (std::size_t i = 0; i < r; ++i)
      if (square.symbol[i][c] == s) return false;
    return true;
  }
  void fill(Square& square, std::size_t place) {
    const std::size_t r = place / size_, c = place % size_;
    if (r == size_) return keep(square);
    for (std::size_t s = 0; s < size_; ++s) {
      if (r == c ? s != r : !fits(square, r, c, s)) continue;
      square.symbol[r][c] = static_cast<std::uint8_t>(s);
      fill(square, place + 1);
    }
  }
  void keep(Square square) {
    for (std::uint8_t r = 0; r < size_; ++r)
      for (std::uint8_t c = 0; c < size_; ++c) {
        square.column[r][square.symbol[r][c]] = c;
        square.row[square.symbol[r][c]][c] = r;
      }
    all_.push_back(square);
  }

  std::size_t size_;
  std::vector<Square> all_;
};

// The host is rank 0. Of the squares F, G beside the crossovers: where a slot that comes from a
// rank goes on to.
struct View {
  Line first{}, crossing{}, last{};  // by the rank that it comes from
  std::uint8_t to_next = 0, to_previous = 0, from_previous = 0, from_next = 0;
};

class Host {
 public:
  Host(std::size_t ranks, bool independent)
      : n_(static_cast<std::uint8_t>(ranks)), squares_(ranks) {
    for (std::size_t i = 0; i < keeps_.size(); ++i)
      keeps_[i] = independent ? 1 : std::pow(1 - 1.0 / n_, static_cast<double>(i));
    for (const Square& b : all()) {
      double of_first = 0, of_last = 0;
      for (const Square& square : all()) {
        of_first += keeps_[receivers(b, square)];
        of_last += keeps_[senders(b, square)];
      }
      share_.push_back(1 / of_first / of_last);
    }
  }

  // What one draw tells, in bits, of the next host and of both.
  std::array<double, 2> draw(CounterRng& rng) const {
    const auto any = [&]() -> const Square& {
      return all()[rng.below(static_cast<std::uint32_t>(all().size()))];
    };
    const auto kept = [&](std::size_t count) { return rng.uniform() < keeps_[count]; };
    const Square &b = any(), *f = &any(), *g = &any();
    while (!kept(receivers(b, *f))) f = &any();
    while (!kept(senders(b, *g))) g = &any();
    const auto next = static_cast<std::uint8_t>(1 + rng.below(n_ - 1u));
    std::uint8_t previous = next;
    while (previous == next) previous = static_cast<std::uint8_t>(1 + rng.below(n_ - 1u));
    return bits_of(posterior(view(b, *f, *g, next, previous)));
  }

 private:
  const std::vector<Square>& all() const { return squares_.all(); }

  // Circuits whose first relay is the receiver, or whose last is the sender.
  std::size_t receivers(const Square& b, const Square& f) const {
    std::size_t count = 0;
    for (std::size_t x = 0; x < n_; ++x)
      for (std::size_t c = 0; c < n_; ++c) count += x != c && f.symbol[x][c] == b.column[x][c];
    return count;
  }
  std::size_t senders(const Square& b, const Square& g) const {
    std::size_t count = 0;
    for (std::size_t c = 0; c < n_; ++c)
      for (std::size_t y = 0; y < n_; ++y) count += y != c && g.symbol[c][y] == b.row[c][y];
    return count;
  }

  View view(const Square& b, const Square& f, const Square& g, std::uint8_t next,
            std::uint8_t previous) const {
    View seen;
    for (std::uint8_t x = 1; x < n_; ++x) {
      seen.first[x] = f.column[x][0];
      seen.last[x] = g.column[x][0];
      seen.crossing[f.symbol[x][0]] = g.symbol[0][b.column[x][0]];
    }
    seen.to_next = f.symbol[0][b.symbol[0][next]];
    seen.to_previous = f.symbol[0][b.symbol[0][previous]];
    seen.from_previous = g.symbol[b.symbol[previous][0]][0];
    seen.from_next = g.symbol[b.symbol[next][0]][0];
    return seen;
  }

  // How likely each pair of neighbours is: over all squares that the host could see so.
  std::vector<double> posterior(const View& seen) const {
    std::vector<const Square*> firsts;
    std::map<Line, std::vector<const Square*>> lasts;  // by row 0
    for (const Square& square : all()) {
      Line places{};
      for (std::uint8_t x = 1; x < n_; ++x) places[x] = square.column[x][0];
      if (places == seen.first) firsts.push_back(&square);
      if (places == seen.last) lasts[square.symbol[0]].push_back(&square);
    }
    std::vector<double> likely(n_ * n_);
    for (std::size_t i = 0; i < all().size(); ++i)
      for (const Square* f : firsts) add(seen, i, *f, lasts, likely);
    return likely;
  }
  void add(const View& seen, std::size_t of_b, const Square& f,
           const std::map<Line, std::vector<const Square*>>& lasts,
           std::vector<double>& likely) const {
    const Square& b = all()[of_b];
    const std::uint8_t next = b.column[0][f.column[0][seen.to_next]],
                       previous = b.column[0][f.column[0][seen.to_previous]];
    if (next == 0 || previous == 0) return;
    Line row{};
    for (std::uint8_t x = 1; x < n_; ++x) row[b.column[x][0]] = seen.crossing[f.symbol[x][0]];
    const auto fitting = lasts.find(row);
    if (fitting == lasts.end()) return;
    const double share = share_[of_b] * keeps_[receivers(b, f)];
    for (const Square* g : fitting->second)
      if (g->symbol[b.symbol[previous][0]][0] == seen.from_previous &&
          g->symbol[b.symbol[next][0]][0] == seen.from_next)
        likely[next * n_ + previous] += share * keeps_[senders(b, *g)];
  }

  std::array<double, 2> bits_of(const std::vector<double>& likely) const {
    double all = 0;
    for (const double one : likely) all += one;
    const auto entropy = [&](double one) {
      return one > 0 ? -one / all * std::log2(one / all) : 0;
    };
    double of_next = 0, of_both = 0;
    for (std::size_t next = 1; next < n_; ++next) {
      double sum = 0;
      for (std::size_t previous = 1; previous < n_; ++previous) {
        sum += likely[next * n_ + previous];
        of_both += entropy(likely[next * n_ + previous]);
      }
      of_next += entropy(sum);
    }
    return {std::log2(n_ - 1.0) - of_next, std::log2((n_ - 1.0) * (n_ - 2.0)) - of_both};
  }

  std::uint8_t n_;
  Squares squares_;
  std::array<double, kMost * kMost> keeps_{};  // a square with so many far ends
  std::vector<double> share_;                  // by the square of crossovers
};

int run(std::size_t ranks, int draws, bool independent) {
  const Host host(ranks, independent || ranks < 6);
  CounterRng rng(1, RandomPurpose::kTest, 0);
  std::array<double, 2> sum{}, squares{};
  for (int i = 0; i < draws; ++i) {
    const std::array<double, 2> bits = host.draw(rng);
    for (std::size_t j = 0; j < 2; ++j) {
      sum[j] += bits[j];
      squares[j] += bits[j] * bits[j];
    }
  }
  const char* const names[] = {"its next host", "both neighbours"};
  for (std::size_t j = 0; j < 2; ++j) {
    const double mean = sum[j] / draws;
    const double error = std::sqrt((squares[j] / draws - mean * mean) / draws);
    std::printf("%zu ranks, %d draws: of %s %.4f bits (two standard errors: %.4f)\n", ranks, draws,
                names[j], mean, 2 * error);
  }
  return 0;
}

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  const std::size_t ranks = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 6;
  const int draws = argc > 2 ? std::atoi(argv[2]) : 200;
  if ((ranks != 5 && ranks != 6) || draws < 2) {
    std::fprintf(stderr, "usage: host_view [5|6 [DRAWS [independent]]]\n");
    return 2;
  }
  return mixnn::run(ranks, draws, argc > 3 && std::string(argv[3]) == "independent");
}
