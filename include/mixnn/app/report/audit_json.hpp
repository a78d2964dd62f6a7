#pragma once
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/audit/audit.hpp"

namespace mixnn {

// The report of an audit; its keys are audit_keys().
Json audit_json(const std::vector<AuditedGroup>& groups);

}  // namespace mixnn
