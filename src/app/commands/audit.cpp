#include "mixnn/app/commands/audit.hpp"

#include <algorithm>
#include <sstream>

#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/options/option_text.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/audit_json.hpp"
#include "mixnn/app/report/audit_picture.hpp"
#include "mixnn/app/report/audit_table.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/report/progress.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/audit/audit.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostRank = 100'000;

Observer coalition_in(const std::string& list) {
  std::vector<std::uint32_t> ranks;
  std::istringstream pieces(list);
  for (std::string piece; std::getline(pieces, piece, ',');)
    ranks.push_back(static_cast<std::uint32_t>(whole_number({"--observer", piece}, 1, kMostRank)));
  return coalition_of(std::move(ranks));
}

std::vector<Observer> observers_of(const std::string& asked) {
  std::vector<Observer> standard = standard_observers();
  if (asked.empty()) return standard;
  if (std::ranges::all_of(asked, [](char c) { return c == ',' || (c >= '0' && c <= '9'); }))
    return {coalition_in(asked)};
  std::string names;
  for (const Observer& observer : standard) {
    if (observer.name == asked) return {observer};
    names += (names.empty() ? "" : "; ") + observer.name;
  }
  throw UsageError("--observer must be ranks, such as 3,5, or one of: " + names + "; got '" +
                   asked + "'");
}

std::vector<fs::path> folders_of(const std::vector<std::string>& given) {
  if (given.empty())
    throw UsageError(
        "FOLDER is missing: name folders of wire logs, as bench/audit_runs.sh or train --wire-log "
        "writes them; see mixnn audit --help");
  std::vector<fs::path> folders;
  for (const std::string& folder : given)
    for (fs::path& run : run_folders(folder)) folders.push_back(std::move(run));
  return folders;
}

// "finding 12 %, 0:40 left"
std::string share_text(double share, double seconds) {
  return text("learning from them: %.0f %%, ", 100 * share) +
         duration_text(seconds * (1 - share) / share) + " left";
}

std::vector<AuditedGroup> audited(const std::vector<fs::path>& folders,
                                  const AuditRequest& request) {
  ProgressLine line(Terminal::of_stdout(), 0, {});
  std::vector<WatchedRun> runs;
  for (const fs::path& folder : folders) {
    line.show(text("reading run %zu of %zu", runs.size() + 1, folders.size()));
    runs.push_back(watch(folder, request));
  }
  const Stopwatch watch;
  return audit(runs, request, static_cast<unsigned>(std::max(usable_cpus(), 1)),
               [&](double share) { line.show(share_text(share, watch.seconds())); });
}

}  // namespace

void run_audit(AppOptions& options) {
  const AuditRequest request{observers_of(options.audit.observer), options.audit.steps};
  const std::vector<fs::path> folders = folders_of(options.words);
  check_outputs({}, options.json);
  if (!options.audit.picture.empty()) check_output_file("--picture", options.audit.picture);
  const std::vector<AuditedGroup> groups = audited(folders, request);
  if (!options.json.empty()) write_file(options.json, report_text(audit_json(groups)));
  if (!options.audit.picture.empty()) write_file(options.audit.picture, audit_picture(groups));
  if (options.quiet) return;
  print_line(version_text() + " audit");
  for (const AuditedGroup& group : groups) {
    print_line("");
    print_lines(audit_table(group));
  }
  check_printed();
}

}  // namespace mixnn
