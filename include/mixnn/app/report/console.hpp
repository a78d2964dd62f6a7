#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "mixnn/app/inputs.hpp"
#include "mixnn/app/machine.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/record.hpp"
#include "mixnn/app/report/stats.hpp"
#include "mixnn/owner/owner.hpp"

namespace mixnn {

// What a run prints on standard output, line by line as it becomes known; nothing with --quiet.
class Console {
 public:
  explicit Console(const AppOptions& options) : options_(options) {}

  void setting(const Inputs& inputs, const Machine& machine);  // the heading
  void checkpoints(const std::string& text);
  void session(const SessionFacts& facts, int ranks);
  void locked_memory();                     // if keys did not find any
  void contenders(const Record& baseline);  // who is who in the table of compare
  void table_head(bool trainers);
  void table_row(std::size_t epoch, const Record& record, bool trainers);
  void summary(const Record& record, const std::optional<SessionTotals>& totals);
  // The bound is of a job on one host.
  void comparison(const Comparison& result, const std::optional<Bound>& bound,
                  const Record& baseline, const Record& reference, const Record& mixnn);
  void refused(const SessionTotals& totals);  // what was dropped, if anything was
  void rewinds(const SessionTotals& totals);  // what was lost and said again, if anything was
  void late(const SessionTotals& totals);     // if something was
  void stats(const SessionTotals& totals);    // if --stats asks for it
  void close();  // says where the results are; throws RunError if some line could not be printed

 private:
  void line(const std::string& text);
  void field(const std::string& name, const std::string& value);

  const AppOptions& options_;
};

}  // namespace mixnn
