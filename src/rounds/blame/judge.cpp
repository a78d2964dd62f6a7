#include "mixnn/rounds/blame/judge.hpp"

#include <algorithm>

#include "mixnn/rounds/keys.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kTheOwner = 0;

void add_pair(Verdict& verdict, std::uint32_t a, std::uint32_t b) {
  verdict.pairs.insert(std::minmax(a, b));
}

}  // namespace

Judge::Judge(const BulkAead& aead, const Transcript& own, const Routes* routes,
             std::span<const Key> secrets, std::size_t hops)
    : aead_(aead),
      exchange_(own.exchange),
      draw_(own.draw),
      routes_(routes),
      secrets_(secrets),
      hops_(hops),
      ranks_(own.faults.size()),
      reports_(ranks_),
      reported_late_(ranks_),
      shown_(ranks_),
      faults_(ranks_ * ranks_),
      circuits_(ranks_ * ranks_),
      text_(own.carried - kAeadTagBytes),
      body_(own.carried - 2 * kAeadTagBytes),
      emptiness_(own.carried) {
  if (routes_ != nullptr) find_circuits();
}

void Judge::find_circuits() {
  on_link_.resize(kept_rounds(hops_) * ranks_ * ranks_);
  for (std::size_t i = 0; i < kept_rounds(hops_); ++i)
    for (std::uint32_t x = 0; x < ranks_; ++x)
      for (std::uint32_t y = 0; y < ranks_; ++y) {
        const std::size_t round = kept_round(hops_, i);
        if (x != y)
          on_link_[(i * ranks_ + routes_->at(x, y, round)) * ranks_ +
                   routes_->at(x, y, round + 1)] = {x, y};
      }
}

Judge::Way Judge::way(std::uint32_t x, std::uint32_t y) const {
  Way way;
  for (std::size_t place = 0; place < hops_ + 2; ++place) way.at[place] = routes_->at(x, y, place);
  return way;
}

bool Judge::opens(const Key& key, ConstBytes tag, ConstBytes text, Bytes out) const {
  return aead_.keyed(key)->open(exchange_, text, tag, out);
}

void Judge::show(const Shown& shown) {
  ++shown_[shown.rank];
  faults_[shown.rank * ranks_ + shown.link] = shown.faults;
  if (routes_ == nullptr) return;
  const auto [x, y] = on_link_[(shown.kept * ranks_ + shown.link) * ranks_ + shown.rank];
  look(shown, way(x, y), circuits_[x * ranks_ + y]);
}

// As the crossover and the receiver do.
void Judge::look(const Shown& shown, const Way& way, Circuit& circuit) {
  const ConstBytes tag = shown.carried.first(kAeadTagBytes);
  const ConstBytes rest = shown.carried.subspan(kAeadTagBytes);
  const std::uint32_t crossover = way.at[routes_->crossover() + 1];
  const Key k = k_key(secrets_[way.at[0]], draw_, way.at[1]);
  const auto right_k = [&](ConstBytes under_p) {
    return opens(k, under_p.first(kAeadTagBytes), under_p.subspan(kAeadTagBytes), body_);
  };
  if (shown.kept == 0) {
    const Key p = p_key(secrets_[crossover], draw_, way.at[routes_->crossover()]);
    circuit.right_p = opens(p, tag, rest, text_);
    circuit.right_k = circuit.right_p && right_k(text_);
    return;
  }
  const std::uint32_t out = way.at[hops_];
  std::vector<std::byte> carried(shown.carried.size());
  aead_.keyed(q_key(secrets_[crossover], draw_, out))
      ->xor_keystream(exchange_, shown.carried, carried);
  circuit.passed = right_k(ConstBytes(carried).subspan(kAeadTagBytes));
  aead_.keyed(void_key(secrets_[crossover], draw_, out))
      ->xor_keystream(exchange_, emptiness_, carried);
  circuit.emptied = std::ranges::equal(carried, shown.carried);
}

// Who has to wait is late itself, and may be missed by others behind that.
bool Judge::missed_before(std::uint32_t rank, std::size_t round) const {
  for (std::uint32_t link = 0; has_shown(rank) && link < ranks_; ++link)
    for (std::size_t earlier = 0; earlier < round; ++earlier)
      if (link != rank && (faults(rank, earlier, link) & slot_fault::kAbsent) != 0) return true;
  return false;
}

bool Judge::emptied_all(std::uint32_t crossover) const {
  for (std::uint32_t link = 0; link < ranks_; ++link)
    if (link != crossover && (faults(crossover, routes_->crossover(), link) &
                              (slot_fault::kAbsent | slot_fault::kUnopened)) != 0)
      return true;
  return false;
}

Verdict Judge::verdict() const {
  Verdict verdict;
  for (std::uint32_t rank = 0; rank < ranks_; ++rank) judge_rank(rank, verdict);
  for (std::uint32_t x = 0; routes_ != nullptr && x < ranks_; ++x)
    for (std::uint32_t y = 0; y < ranks_; ++y)
      if (x != y) judge_circuit(x, y, verdict);
  std::vector<std::size_t> against(ranks_);
  for (const auto& [a, b] : verdict.pairs) ++against[a], ++against[b];
  for (std::uint32_t rank = 1; rank < ranks_; ++rank)
    if (against[rank] > most_hostile(ranks_))
      verdict.alone.try_emplace(rank, "contradicts " + std::to_string(against[rank]) +
                                          " others, and no more than " +
                                          std::to_string(most_hostile(ranks_)) + " can be hostile");
  if (!verdict.names_nobody()) verdict.late.clear();
  return verdict;
}

void Judge::judge_rank(std::uint32_t rank, Verdict& verdict) const {
  if (rank != kTheOwner && !(has_shown(rank) && (reports_[rank] || reported_late_[rank])))
    add_pair(verdict, kTheOwner, rank);  // its words did not come
  if (!has_shown(rank)) return;
  std::size_t bad = 0;
  for (std::uint32_t link = 0; link < ranks_; ++link)
    for (std::size_t round = 0; link != rank && round <= hops_; ++round) {
      bad += faults(rank, round, link) != 0;
      judge_slot(rank, round, link, verdict);
    }
  if (rank != kTheOwner && reports_[rank] && std::min<std::size_t>(bad, 255) != *reports_[rank])
    verdict.alone.try_emplace(rank, "reported " + std::to_string(*reports_[rank]) +
                                        " bad slots and shows " + std::to_string(bad));
}

void Judge::judge_slot(std::uint32_t rank, std::size_t round, std::uint32_t link,
                       Verdict& verdict) const {
  const std::uint8_t fault = faults(rank, round, link);
  const bool seals = routes_ != nullptr && (round == routes_->crossover() || round == hops_);
  if (fault == slot_fault::kMissing) {
    if (!missed_before(link, round)) add_pair(verdict, link, rank);
    return;
  }
  if (fault == slot_fault::kLate) {
    if (!missed_before(link, round)) verdict.late.insert(link);
    return;
  }
  if ((fault & slot_fault::kLane) != 0 && (link == kTheOwner || rank == kTheOwner))
    add_pair(verdict, link, rank);
  else if ((fault & ~slot_fault::kUnopened) != 0 || (fault != 0 && !seals))
    verdict.alone.try_emplace(rank, "reported of a slot what nobody can find in it");
}

// Along its way, up to the first contradiction: what is behind that follows from it.
void Judge::judge_circuit(std::uint32_t x, std::uint32_t y, Verdict& verdict) const {
  const Way ranks = way(x, y);
  const Circuit& circuit = circuits_[x * ranks_ + y];
  if (!reaches_crossover(ranks, circuit, verdict)) return;
  const std::uint32_t crossover = ranks.at[routes_->crossover() + 1], last = ranks.at[hops_];
  if (!has_shown(crossover)) return;
  const bool emptied = emptied_all(crossover);
  if (hops_ > 1) {
    if (!has_shown(last) || (faults(last, hops_ - 1, crossover) & slot_fault::kAbsent) != 0) return;
    if (emptied ? !circuit.emptied : !circuit.passed) return add_pair(verdict, crossover, last);
  }
  if (!emptied && has_shown(y) && (faults(y, hops_, last) & slot_fault::kUnopened) != 0)
    add_pair(verdict, last, y);
}

bool Judge::reaches_crossover(const Way& way, const Circuit& circuit, Verdict& verdict) const {
  const std::uint32_t x = way.at[0], first = way.at[1];
  const std::size_t crossing = routes_->crossover();
  if (!has_shown(first) || (faults(first, 0, x) & slot_fault::kAbsent) != 0) return false;
  const std::uint32_t crossover = way.at[crossing + 1];
  const bool refused = has_shown(crossover) &&
                       (faults(crossover, crossing, way.at[crossing]) & slot_fault::kUnopened) != 0;
  if (crossing == 0 && refused == circuit.right_p) {
    verdict.alone.try_emplace(first, "says of a slot whether it opens, and shows another");
    return false;
  }
  if (!circuit.right_k) {
    add_pair(verdict, x, first);
    return false;
  }
  if (refused) add_pair(verdict, way.at[crossing], crossover);
  return !refused && !(has_shown(crossover) &&
                       (faults(crossover, crossing, way.at[crossing]) & slot_fault::kAbsent) != 0);
}

std::string to_string(const Verdict& verdict) {
  constexpr std::size_t kShown = 4;
  std::string text;
  const auto add = [&](const std::string& one) { text += (text.empty() ? "" : "; ") + one; };
  for (const auto& [rank, why] : verdict.alone) add("rank " + std::to_string(rank) + " " + why);
  for (const std::uint32_t rank : verdict.late)
    add("rank " + std::to_string(rank) + " was late, and nothing else is found");
  std::size_t shown = 0;
  std::string pairs;
  for (const auto& [a, b] : verdict.pairs) {
    if (verdict.alone.contains(a) || verdict.alone.contains(b)) continue;
    if (++shown > kShown) continue;
    pairs += (pairs.empty() ? "rank " : ", rank ") + std::to_string(a) + " and rank " +
             std::to_string(b);
  }
  if (shown > kShown) pairs += ", and " + std::to_string(shown - kShown) + " more pairs";
  if (shown > 0)
    add(pairs + (shown == 1
                     ? ": they contradict each other about what went from one to the other, "
                       "so one of them is to blame, or somebody on the link between them"
                     : ": these contradict each other about what went from one to the other, "
                       "so of each pair one is to blame, or somebody on the link between "
                       "them"));
  return text;
}

}  // namespace mixnn
