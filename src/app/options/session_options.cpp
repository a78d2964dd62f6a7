#include "mixnn/app/options/session_options.hpp"

#include <algorithm>
#include <limits>

#include "mixnn/app/options/mix_names.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

const Choice<ScheduleKind> kSchedules{
    {{ScheduleKind::kGpipe, "gpipe"}, {ScheduleKind::k1F1B, "1f1b"}}};
const Choice<TrafficKind> kTraffics{
    {{TrafficKind::kOnion, "onion"}, {TrafficKind::kRounds, "rounds"}}};
const Choice<Redraw> kRedraws{
    {{Redraw::kRun, "run"}, {Redraw::kEpoch, "epoch"}, {Redraw::kBatch, "batch"}}};
const Choice<Padding> kPaddings{{{Padding::kUniform, "uniform"}, {Padding::kCells, "cells"}}};
const Choice<AeadChoice> kAeads{{{AeadChoice::kAuto, "auto"},
                                 {AeadChoice::kAes256Gcm, "aes256gcm"},
                                 {AeadChoice::kChaCha20Poly1305, "chacha20poly1305"}}};

// A time, as a number of seconds.
struct Seconds {
  std::string takes() const { return "SECONDS"; }
  Nanoseconds read(const OptionText& option) const {
    const std::chrono::duration<double> given(real_number(option, 0, 1e9, true));
    return std::chrono::duration_cast<Nanoseconds>(given);
  }
  std::string print(Nanoseconds time) const { return shown(seconds(time)); }
  Json json(Nanoseconds time) const { return seconds(time); }
};

// A probability.
struct Rate {
  std::string takes() const { return "RATE"; }
  double read(const OptionText& option) const {
    const double rate = real_number(option, 0, std::numeric_limits<double>::infinity());
    if (rate > 1) reject(option, "a number from 0 to 1");
    return rate;
  }
  std::string print(double rate) const { return shown(rate); }
  Json json(double rate) const { return rate; }
};

// Of rounds: a whole number of microseconds, or a word.
struct Pace {
  static constexpr const char* kOff = "off";
  static constexpr const char* kAuto = "auto";
  std::string takes() const { return "off|auto|MICROSECONDS"; }
  RoundPace read(const OptionText& option) const {
    if (option.text == kOff) return {};
    if (option.text == kAuto) return {.automatic = true};
    const auto most = std::chrono::duration_cast<std::chrono::microseconds>(kMostPeriod).count();
    if (!std::ranges::all_of(option.text, [](char c) { return c >= '0' && c <= '9'; }))
      reject(option, "off, auto or a number of microseconds");
    return {.period = std::chrono::microseconds(
                whole_number(option, 1, static_cast<std::uint64_t>(most)))};
  }
  std::string print(const RoundPace& pace) const {
    if (pace.automatic) return kAuto;
    return pace.is_on() ? std::to_string(microseconds(pace)) : kOff;
  }
  Json json(const RoundPace& pace) const {
    if (pace.automatic || !pace.is_on()) return print(pace);
    return microseconds(pace);
  }

 private:
  static std::int64_t microseconds(const RoundPace& pace) { return pace.period.count() / 1000; }
};

// Of the list of strategies.
struct Mixing {
  std::string takes() const { return "STRATEGY"; }
  MixStrategy read(const OptionText& option) const { return parse_mix(option); }
  std::string print(const MixStrategy& mix) const { return to_string(mix); }
  Json json(const MixStrategy& mix) const { return print(mix); }
};

std::string checks_text(const AppOptions& options) {
  const SessionOptions& session = options.session;
  if (session.spot_checks == 0) return "none: a host that computes something else is not found";
  return text("%.3g %% of each host's windows of %zu steps", 100 * session.spot_checks,
              session.window_steps);
}

std::string route_text(const AppOptions& options) {
  const std::size_t hops = options.session.hops;
  const RoundPace& pace = options.session.pace;
  if (options.session.in_rounds())
    return counted(hops, "hop") + ", in rounds: all send all as much" +
           (pace.crowded   ? "; times are not hidden, as ranks outnumber cores"
            : pace.is_on() ? ""
                           : "; times are not hidden");
  return hops == 0 ? "0 hops: UNPROTECTED, no relays"
                   : counted(hops, "hop") + ", drawn anew for every message";
}

}  // namespace

std::vector<OptionRow> run_options() {
  return {
      {.flag = "--schedule",
       .help = "Order of micro-batches in the pipeline",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           kSchedules, [](auto& o) -> auto& { return o.session.schedule; }),
       .heading = {"schedule", [](const AppOptions& o) { return printed("--schedule", o); }},
       .report = "schedule",
       .of_session = true},
      {.flag = "--in-flight",
       .help = "Messages under way at once",
       .sets = kForTraining | kForForecast | kForSamples,
       .value = value_of(
           Whole{1, 4096}, [](auto& o) -> auto& { return o.session.in_flight; }),
       .takes = "N|auto",
       .open = left_open(
           "auto", [](auto& o) -> auto& { return o.automatic.in_flight; }),
       .report = "in_flight",
       .of_session = true},
      {.flag = "--timeout",
       .help = "End a run without progress after this",
       .sets = kForTraining | kForNodes | kForTrained,
       .value = value_of(
           Seconds{}, [](auto& o) -> auto& { return o.session.timeout; }),
       .report = "timeout_s",
       .of_session = true},
      {.flag = "--threads",
       .help = "Of the baseline; auto: the fastest count",
       .sets = kForTraining,
       .value = value_of(
           Whole{1, 1024, "auto"}, [](auto& o) -> auto& { return o.threads; })},
  };
}

std::vector<OptionRow> protection_options() {
  return {
      {.flag = "--traffic",
       .help = "Onions, or rounds that hide the order too",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           kTraffics, [](auto& o) -> auto& { return o.session.traffic; }),
       .report = "traffic",
       .of_session = true},
      {.flag = "--pace",
       .help = "Time of a round, whatever ranks compute",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           Pace{}, [](auto& o) -> auto& { return o.session.pace; }),
       .report = "pace",
       .of_session = true},
      {.flag = "--allowance",
       .help = "Exchanges until an answer, in rounds",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           Whole{1, kMostAllowance}, [](auto& o) -> auto& { return o.session.allowance; }),
       .takes = "K|auto",
       .open = left_open(
           "auto", [](auto& o) -> auto& { return o.automatic.allowance; }),
       .report = "allowance",
       .of_session = true},
      {.flag = "--hops",
       .help = "Relays on every route; 0: unprotected",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           Whole{0, 5}, [](auto& o) -> auto& { return o.session.hops; }),
       .heading = {"route", route_text},
       .report = "hops",
       .of_session = true},
      {.flag = "--redraw",
       .help = "New routes of rounds for each of these",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           kRedraws, [](auto& o) -> auto& { return o.session.redraw; }),
       .report = "redraw",
       .of_session = true,
       .applies = [](const AppOptions& o) { return o.session.in_rounds(); }},
      {.flag = "--cell-size",
       .help = "Size of every cell on the wire",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           Whole{1, 1 << 28, "auto"}, [](auto& o) -> auto& { return o.session.cell_bytes; }),
       .takes = "BYTES|auto"},
      {.flag = "--padding",
       .help = "Pad to messages of one size, or not",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           kPaddings, [](auto& o) -> auto& { return o.session.padding; }),
       .heading = {"cells",
                   [](const AppOptions& o) { return "padding " + printed("--padding", o); }},
       .report = "padding",
       .of_session = true},
      {.flag = "--stage-bytes",
       .help = "Parameters that every rank is sent alike",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           Whole{1, std::int64_t{1} << 40, "auto"},
           [](auto& o) -> auto& { return o.session.stage_bytes; }),
       .takes = "BYTES|auto",
       .of_session = true},
      {.flag = "--spot-checks",
       .help = "Share of hosts' work that is done again",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           Rate{}, [](auto& o) -> auto& { return o.session.spot_checks; }),
       .heading = {"checks", checks_text},
       .report = "spot_checks",
       .of_session = true},
      {.flag = "--rewinds",
       .help = "In 256 exchanges of rounds, before blame",
       .sets = kForTraining | kForTrained,
       .value = value_of(
           Whole{0, 1 << 30}, [](auto& o) -> auto& { return o.session.rewinds; }),
       .report = "rewind_limit",
       .of_session = true,
       .applies = [](const AppOptions& o) { return o.session.in_rounds(); }},
      {.flag = "--aead",
       .help = "auto, aes256gcm or chacha20poly1305",
       .sets = kForTraining | kForForecast | kForTrained,
       .value = value_of(
           kAeads, [](auto& o) -> auto& { return o.session.aead; }),
       .takes = "NAME"},
      {.flag = "--mix",
       .help = "shuffle, or threshold:N[:MILLISECONDS]",
       .sets = kForTraining | kForTrained,
       .value = value_of(
           Mixing{}, [](auto& o) -> auto& { return o.session.mix; }),
       .heading = {"schedule", [](const AppOptions& o) { return printed("--mix", o); }},
       .report = "mix",
       .of_session = true},
  };
}

}  // namespace mixnn
