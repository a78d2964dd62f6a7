#pragma once
#include <span>

namespace mixnn {

// A key of a report that no option stands for, as a path: "mixnn.cells". What stands below it
// without a row of its own is described with it.
struct ReportKey {
  const char* path;
  const char* is;
};

std::span<const ReportKey> report_keys();  // of train, baseline and compare
std::span<const ReportKey> plan_keys();    // of plan
std::span<const ReportKey> audit_keys();   // of audit

}  // namespace mixnn
