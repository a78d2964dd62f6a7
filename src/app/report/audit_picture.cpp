#include "mixnn/app/report/audit_picture.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "mixnn/app/report/audit_table.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr double kPanelWidth = 250, kPanelHeight = 200, kLeft = 50, kTop = 50, kGap = 40,
                 kRowGap = 70, kLegendLine = 16, kLegendColumn = 280;
constexpr const char* kColours[] = {"#2f6db5", "#c8553d", "#3f9b6c", "#7c6aa6", "#e0a030",
                                    "#6b4f3a", "#d1669e", "#4aa6b0", "#555555"};

using Groups = std::vector<const AuditedGroup*>;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text))
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

std::string words(double x, double y, const std::string& said, const char* anchor = "start") {
  return text("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor) + escaped(said) +
         "</text>\n";
}

std::string stroke(double x1, double y1, double x2, double y2, const std::string& style) {
  return text("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" ", x1, y1, x2, y2) + style +
         "/>\n";
}

// A line of the picture: an observer in a kind of traffic.
std::string style_of(const std::string& colour, const std::string& traffic) {
  return "stroke=\"" + colour + "\" stroke-width=\"1.6\" fill=\"none\"" +
         (traffic == "onion" ? "" : " stroke-dasharray=\"5 3\"");
}

// Observers have one colour in the whole picture.
class Colours {
 public:
  explicit Colours(const std::vector<AuditedGroup>& groups) {
    for (const AuditedGroup& group : groups)
      for (const Finding& finding : group.findings)
        if (std::ranges::find(names_, finding.observer.name) == names_.end())
          names_.push_back(finding.observer.name);
  }
  std::string of(const std::string& name) const {
    const auto at = std::ranges::find(names_, name) - names_.begin();
    return kColours[static_cast<std::size_t>(at) % std::size(kColours)];
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

class Panel {
 public:
  Panel(double left, double top, const Groups& groups) : left_(left), top_(top), groups_(groups) {
    for (const AuditedGroup* group : groups)
      for (const Finding& finding : group->findings) {
        steps_.insert(finding.steps);
        most_bits_ = std::max(most_bits_, finding.judgement.prior_bits);
      }
  }

  std::string drawn(Evidence evidence, const Colours& colours) const {
    std::string out = text(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
        "fill=\"none\" stroke=\"#999\"/>\n",
        left_, top_, kPanelWidth, kPanelHeight);
    out += axes();
    const double middle = (static_cast<double>(colours.names().size()) - 1) / 2;
    for (const AuditedGroup* group : groups_)
      for (std::size_t i = 0; i < colours.names().size(); ++i)
        out += curve(*group, evidence, colours.names()[i], colours.of(colours.names()[i]),
                     (static_cast<double>(i) - middle) * apart());
    return out;
  }

 private:
  // Where the runs were looked at once, it is all in the middle.
  double x(std::size_t steps) const {
    if (steps_.size() < 2) return left_ + kPanelWidth / 2;
    const auto logarithm = [](std::size_t of) { return std::log(static_cast<double>(of)); };
    const double first = logarithm(*steps_.begin()), last = logarithm(*steps_.rbegin());
    return left_ + kPanelWidth * (0.08 + 0.84 * (logarithm(steps) - first) / (last - first));
  }
  // Observers stand side by side, so that none hides another.
  double apart() const { return steps_.size() < 2 ? 24 : 2.4; }
  double y(double bits) const {
    return top_ + kPanelHeight * (0.95 - 0.9 * std::clamp(bits / most_bits_, -0.05, 1.05));
  }
  std::string axes() const {
    std::string out;
    for (int quarter = 0; quarter <= 4; ++quarter) {
      const double bits = most_bits_ * quarter / 4;
      out += stroke(left_, y(bits), left_ + kPanelWidth, y(bits), "stroke=\"#e4e4e4\"");
      out += words(left_ - 5, y(bits) + 4, text("%.1f", bits), "end");
    }
    for (const std::size_t steps : steps_)
      out += words(x(steps), top_ + kPanelHeight + 14, std::to_string(steps), "middle");
    return out;
  }
  std::string curve(const AuditedGroup& group, Evidence evidence, const std::string& name,
                    const std::string& colour, double aside) const {
    const std::string style = style_of(colour, group.run.traffic);
    std::string points, out;
    for (const Finding& finding : group.findings) {
      if (finding.observer.name != name || finding.evidence != evidence) continue;
      const Interval& bits = finding.judgement.bits;
      const double at = x(finding.steps) + aside;
      points += text("%.1f,%.1f ", at, y(bits.mean));
      out += stroke(at, y(bits.low), at, y(bits.high), "stroke=\"" + colour + "\"");
      out += text("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\" ", at, y(bits.mean)) + "fill=\"" +
             (group.run.traffic == "onion" ? colour : "white") + "\" stroke=\"" + colour + "\"/>\n";
    }
    return points.empty() ? "" : out + "<polyline points=\"" + points + "\" " + style + "/>\n";
  }

  double left_, top_;
  const Groups& groups_;
  std::set<std::size_t> steps_;
  double most_bits_ = 1e-9;
};

std::string legend(const std::vector<AuditedGroup>& groups, const Colours& colours, double top) {
  std::string out;
  double at = top;
  for (const std::string& name : colours.names()) {
    out += stroke(kLeft, at - 4, kLeft + 28, at - 4, style_of(colours.of(name), "onion"));
    out += words(kLeft + 36, at, name);
    at += kLegendLine;
  }
  std::map<std::string, int> traffics;
  for (const AuditedGroup& group : groups) traffics[group.run.traffic];
  at = top;
  for (const auto& [traffic, unused] : traffics) {
    const double left = kLeft + kLegendColumn;
    out += stroke(left, at - 4, left + 28, at - 4, style_of("#333", traffic));
    out += words(left + 36, at, traffic + " traffic");
    at += kLegendLine;
  }
  return out + words(kLeft, top + kLegendLine * static_cast<double>(colours.names().size()),
                     "across: steps of training seen; up: bits learnt, with 95 % intervals; the "
                     "highest line: all there is to learn");
}

}  // namespace

std::string audit_picture(const std::vector<AuditedGroup>& groups) {
  std::map<std::string, Groups> models;
  for (const AuditedGroup& group : groups) models[group.run.model].push_back(&group);
  const Colours colours(groups);
  std::string body;
  double top = kTop;
  for (const auto& [model, of_model] : models) {
    double left = kLeft;
    for (const Evidence evidence : kEvidences) {
      const char* const from = evidence == Evidence::kNoTimes ? "counts and order, without times"
                               : evidence == Evidence::kTimes ? "times alone"
                                                              : "both";
      body += words(left, top - 8, model + ": " + from);
      body += Panel(left, top, of_model).drawn(evidence, colours);
      left += kPanelWidth + kGap;
    }
    top += kPanelHeight + kRowGap;
  }
  body += legend(groups, colours, top);
  const double width = kLeft + 3 * (kPanelWidth + kGap),
               height = top + kLegendLine * static_cast<double>(colours.names().size() + 1);
  return text(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
             "font-family=\"sans-serif\" font-size=\"11\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
             width, height) +
         body + "</svg>\n";
}

}  // namespace mixnn
