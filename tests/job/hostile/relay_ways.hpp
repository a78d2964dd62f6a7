#pragma once
#include "job/hostile/hostile_rank.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/onion/format.hpp"

// What a hostile relay does: with the cells that go through it, its own among them, and no key but
// its own.
namespace mixnn::testing {

using Cell = std::vector<std::byte>;
using Act = std::function<void(HostileTransport&, int to, CellBuffer)>;

inline Cell copied(const CellBuffer& cell) { return {cell.bytes().begin(), cell.bytes().end()}; }

// With its cell of this number alone.
inline Misdeed once(int number, Act act) {
  Misdeed misdeed;
  misdeed.sends = [number, act, done = misdeed.done](HostileTransport& link, int to,
                                                     CellBuffer cell) mutable {
    if (number-- != 0) return link.pass(to, std::move(cell));
    ++*done;
    act(link, to, std::move(cell));
  };
  return misdeed;
}

// With every `each`th of its cells.
inline Misdeed often(int each, Act act) {
  Misdeed misdeed;
  misdeed.sends = [each, act, done = misdeed.done, number = 0](HostileTransport& link, int to,
                                                               CellBuffer cell) mutable {
    if (number++ % each != 0) return link.pass(to, std::move(cell));
    ++*done;
    act(link, to, std::move(cell));
  };
  return misdeed;
}

inline Misdeed flips(int number, std::size_t from, std::size_t bytes) {
  return once(number, [=](HostileTransport& link, int to, CellBuffer cell) {
    cell.bytes()[from + link.rng.below(static_cast<std::uint32_t>(bytes))] ^=
        static_cast<std::byte>(1u << link.rng.below(8));
    link.pass(to, std::move(cell));
  });
}

// A pattern that an accomplice behind an honest relay could look for.
inline constexpr std::string_view kMark = "a mark of 16 b..";
inline Misdeed marks_filler() {
  return often(1, [](HostileTransport& link, int to, CellBuffer cell) {
    copy_bytes(bytes_of(kMark), cell.bytes().subspan(kHeaderBytes - kMark.size()));
    copy_bytes(bytes_of(kMark), cell.bytes().subspan(kLaneOffset));
    link.pass(to, std::move(cell));
  });
}

// Two cells in a row exchange their bodies. If no second one comes, the first goes as it is.
inline Misdeed swaps_bodies(int number) {
  Misdeed misdeed;
  misdeed.sends = [number, done = misdeed.done](HostileTransport& link, int to,
                                                CellBuffer cell) mutable {
    if (number-- > 0 || *done > 0) return link.pass(to, std::move(cell));
    if (link.held.empty()) return link.held.push_back({to, std::move(cell)});
    ++*done;
    const Bytes first = link.held[0].cell.bytes().subspan(kBodyOffset);
    std::ranges::swap_ranges(first, cell.bytes().subspan(kBodyOffset));
    link.pass_held();
    link.pass(to, std::move(cell));
  };
  misdeed.looks = [left = 40](HostileTransport& link) mutable {
    if (link.held.empty() || --left > 0) return;
    left = 40;
    link.pass_held();
  };
  return misdeed;
}

// Holds what it should send for so many looks, then lets it go, the last one first.
inline Misdeed holds(int each, int looks) {
  Misdeed misdeed = often(each, [](HostileTransport& link, int to, CellBuffer cell) {
    link.held.push_back({to, std::move(cell)});
  });
  misdeed.looks = [looks, left = looks](HostileTransport& link) mutable {
    if (link.held.empty() || --left > 0) return;
    left = looks;
    std::ranges::reverse(link.held);
    link.pass_held();
  };
  return misdeed;
}

// Holds a cell for longer than the owner waits.
inline Misdeed holds_for(int number, Nanoseconds time) {
  Misdeed misdeed = once(number, [](HostileTransport& link, int to, CellBuffer cell) {
    link.held.push_back({to, std::move(cell)});
  });
  misdeed.looks = [time, since = Nanoseconds{-1}](HostileTransport& link) mutable {
    const Nanoseconds now = SteadyClock().now();
    if (link.held.empty()) return;
    if (since < Nanoseconds{0}) since = now;
    if (now - since > time) link.pass_held();
  };
  return misdeed;
}

inline Misdeed drops(int number) {
  return once(number, [](HostileTransport&, int, CellBuffer) {});
}

inline Misdeed drops_all_from(int number) {
  Misdeed misdeed;
  misdeed.sends = [number, done = misdeed.done](HostileTransport& link, int to,
                                                CellBuffer cell) mutable {
    if (number-- > 0) return link.pass(to, std::move(cell));
    ++*done;
  };
  return misdeed;
}

// Withholds some of a row of cells, by a pattern that a last relay could look for.
inline Misdeed withholds(int number) {
  Misdeed misdeed;
  misdeed.sends = [number, done = misdeed.done](HostileTransport& link, int to,
                                                CellBuffer cell) mutable {
    constexpr unsigned kPattern = 0b1011'0010;
    const int at = -number--;
    if (at < 0 || at >= 8 || (kPattern >> at & 1) != 0) return link.pass(to, std::move(cell));
    ++*done;
  };
  return misdeed;
}

inline Misdeed truncates(int number) {
  return once(number, [](HostileTransport& link, int to, CellBuffer) { link.pass_short(to); });
}

inline Misdeed misroutes(int number) {
  return once(number, [](HostileTransport& link, int to, CellBuffer cell) {
    link.pass(link.other_than(to), std::move(cell));
  });
}

inline Misdeed duplicates() {
  return often(7, [](HostileTransport& link, int to, CellBuffer cell) {
    const Cell copy = copied(cell);
    link.pass(to, std::move(cell));
    link.slip(to, copy);
  });
}

// The genuine cell first, then the same header with another body.
inline Misdeed repeats_with_another_body() {
  return often(5, [](HostileTransport& link, int to, CellBuffer cell) {
    Cell copy = copied(cell);
    copy.back() ^= std::byte{1};
    link.pass(to, std::move(cell));
    link.slip(to, copy);
  });
}

// Keeps copies of its first cells, and sends them again from its cell of this number on.
inline Misdeed replays(int kept, int from) {
  struct Kept {
    int to;
    Cell cell;
  };
  Misdeed misdeed;
  misdeed.sends = [=, done = misdeed.done, number = 0, all = std::vector<Kept>()](
                      HostileTransport& link, int to, CellBuffer cell) mutable {
    if (number < kept) all.push_back({to, copied(cell)});
    link.pass(to, std::move(cell));
    if (++number < from || all.empty()) return;
    *done += link.slip(all.back().to, all.back().cell);
    all.pop_back();
  };
  return misdeed;
}

inline Misdeed forges() {
  return often(3, [](HostileTransport& link, int to, CellBuffer cell) {
    const std::size_t bytes = cell.bytes().size();
    link.pass(to, std::move(cell));
    link.slip(link.other_than(-1), link.noise(bytes));
  });
}

// To one rank, so many with each look, at most `all`.
inline Misdeed floods_cells(int victim, int at_once, int all) {
  Misdeed misdeed;
  misdeed.looks = [=, done = misdeed.done](HostileTransport& link) {
    const Cell junk(link.cell_bytes());
    for (int i = 0; i < at_once && *done < all && link.slip(victim, junk); ++i) ++*done;
  };
  return misdeed;
}

inline Misdeed floods_datagrams(int at_once, int all) {
  Misdeed misdeed;
  misdeed.looks = [=, done = misdeed.done](HostileTransport& link) {
    for (int i = 0; i < at_once && *done < all; ++i, ++*done)
      link.say(link.other_than(-1), link.noise(100));
  };
  return misdeed;
}

// A stranger's words at the handshake: to nodes, which have nothing to do with it, or to the owner.
inline Misdeed disturbs_handshakes() {
  Misdeed misdeed;
  misdeed.says = [done = misdeed.done](HostileTransport& link, int, std::vector<std::byte>&) {
    if (*done > 0) return;
    for (int to = 1; to < link.size(); ++to, ++*done)
      if (to != link.rank()) link.say(to, link.noise(48));
  };
  return misdeed;
}

inline Misdeed says_nonsense_at_the_handshake() {
  Misdeed misdeed;
  misdeed.says = [done = misdeed.done, first = true](HostileTransport&, int,
                                                     std::vector<std::byte>& said) mutable {
    if (std::exchange(first, false)) return;
    ++*done;
    said.back() ^= std::byte{1};
  };
  return misdeed;
}

}  // namespace mixnn::testing
