#include "mixnn/app/report/audit_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "mixnn/app/report/heading.hpp"
#include "mixnn/app/report/learnt.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kNameColumns = 22, kCellColumns = 11, kCellsInARow = 5;

std::size_t columns_of(const std::string& text) {  // of UTF-8
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string right(const std::string& text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(columns - std::min(columns, used), ' ') + text;
}

std::string name_of(const Observer& observer) {
  std::string name = observer.name.substr(0, kNameColumns - 1);
  name.resize(kNameColumns, ' ');
  return name;
}

double half_width(const Interval& interval) { return (interval.high - interval.low) / 2; }

std::string zero_or(double value) {  // never "-0.00"
  return text("%.2f", std::abs(value) < 0.005 ? 0.0 : value);
}

std::string cell(const Finding& finding) {
  const Interval& bits = finding.judgement.bits;
  return zero_or(bits.mean) + "±" + text("%.2f", half_width(bits));
}

std::string range(const std::optional<Interval>& interval) {
  return interval ? zero_or(interval->low) + ".." + zero_or(interval->high) : "-";
}

const char* evidence_title(Evidence evidence) {
  switch (evidence) {
    case Evidence::kNoTimes:
      return "counts, sizes, links and order, without times";
    case Evidence::kTimes:
      return "times alone";
    case Evidence::kAll:
      return "both";
  }
  return "";
}

std::vector<const Finding*> of_evidence(const AuditedGroup& group, Evidence evidence) {
  std::vector<const Finding*> findings;
  for (const Finding& finding : group.findings)
    if (finding.evidence == evidence) findings.push_back(&finding);
  return findings;
}

// One table: observers below each other, some steps side by side.
std::string steps_table(const std::vector<const Finding*>& findings,
                        const std::vector<std::uint64_t>& steps) {
  std::string out = name_of({.name = "observer", .ranks = {}});
  for (const std::uint64_t step : steps) out += right(std::to_string(step), kCellColumns);
  out += "\n";
  std::set<std::string> done;
  for (const Finding* first : findings) {
    if (!done.insert(first->observer.name).second) continue;
    std::string row = name_of(first->observer);
    for (const std::uint64_t step : steps) {
      const auto at = std::ranges::find_if(findings, [&](const Finding* finding) {
        return finding->observer.name == first->observer.name && finding->steps == step;
      });
      row += right(at == findings.end() ? "-" : cell(**at), kCellColumns);
    }
    out += row + "\n";
  }
  return out;
}

std::string steps_tables(const std::vector<const Finding*>& findings) {
  std::set<std::uint64_t> all;
  for (const Finding* finding : findings) all.insert(finding->steps);
  std::vector<std::uint64_t> steps;
  std::string out;
  for (const std::uint64_t step : all) {
    steps.push_back(step);
    if (steps.size() < kCellsInARow && step != *all.rbegin()) continue;
    out.append(out.empty() ? "" : "\n").append(steps_table(findings, steps));
    steps.clear();
  }
  return out;
}

// What says whether the numbers are to be trusted, of the most steps.
std::string trust_table(const AuditedGroup& group) {
  std::string out =
      "observer              from      of top-1 stated off by     permuted        noise\n";
  for (const Finding& finding : group.findings) {
    if (!finding.permuted) continue;
    const Judgement& judgement = finding.judgement;
    out += name_of(finding.observer) +
           text("%-6s%6.2f%6.2f%7.2f%7.2f", evidence_name(finding.evidence), judgement.prior_bits,
                judgement.found.mean, judgement.stated, judgement.parts.error) +
           right(range(finding.permuted), 13) + right(range(finding.noise), 13) + "\n";
  }
  return out;
}

Routing routing_of(const AuditedGroup& group) {
  return {group.run.traffic == "rounds", group.ranks, group.run.hosts.size(), group.hops, {}};
}

// "from counts: all links, one relay", for each kind of evidence.
std::string verdict(const AuditedGroup& group) {
  std::string out;
  for (const Evidence evidence : kEvidences) {
    std::string names;
    for (const Finding* finding : of_evidence(group, evidence))
      if (finding->permuted && nothing_learnt(*finding))
        names += (names.empty() ? "" : "; ") + finding->observer.name;
    for (const std::string& line :
         field_lines(evidence_name(evidence), names.empty() ? "nobody" : names))
      out += line + "\n";
  }
  return out;
}

}  // namespace

const char* evidence_name(Evidence evidence) {
  switch (evidence) {
    case Evidence::kNoTimes:
      return "counts";
    case Evidence::kTimes:
      return "times";
    case Evidence::kAll:
      return "both";
  }
  return "";
}

bool nothing_learnt(const Finding& finding) {
  const Interval& bits = finding.judgement.bits;
  if (bits.low <= 0) return true;
  return std::ranges::any_of(std::array{finding.permuted, finding.noise},
                             [&](const auto& null) { return null && bits.mean <= null->high; });
}

std::string audit_table(const AuditedGroup& group) {
  std::string out =
      text("%s, %s traffic: %zu runs of %u ranks, %zu stages on hosts, %u hops, %s\n",
           group.run.model.c_str(), group.run.traffic.c_str(), group.runs, group.ranks,
           group.run.hosts.size(), group.hops, counted(group.run.steps, "step").c_str());
  out += "Bits learnt ± half of the 95 % interval, after so many steps of training\n";
  for (const Evidence evidence : kEvidences)
    out +=
        text("\nFrom %s\n", evidence_title(evidence)) + steps_tables(of_evidence(group, evidence));
  out +=
      "\nWhat to trust, after all these steps: of so many bits; the likeliest answer is\n"
      "true in this share of runs (top-1), and was said to be (stated); probabilities\n"
      "are off by; bits that null tests find, which have to be about 0\n" +
      trust_table(group);
  out += "\nNothing learnt beyond the null tests\n" + verdict(group);
  const Routing routing = routing_of(group);
  if (has_figures(routing)) out += "\nBy calculation, not from these runs\n" + learnt_text(routing);
  return out;
}

}  // namespace mixnn
