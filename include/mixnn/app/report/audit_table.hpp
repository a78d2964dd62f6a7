#pragma once
#include <string>

#include "mixnn/audit/audit.hpp"

namespace mixnn {

const char* evidence_name(Evidence evidence);  // "counts", "times", "both"

// Whether the bits learnt are no more than chance: 0 is in their interval, or they lie within those
// of the null tests.
bool nothing_learnt(const Finding& finding);

// A group's findings, in 80 columns: bits learnt by steps, one table for each kind of evidence, and
// what says whether to trust them.
std::string audit_table(const AuditedGroup& group);

}  // namespace mixnn
