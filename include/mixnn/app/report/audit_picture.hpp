#pragma once
#include <string>
#include <vector>

#include "mixnn/audit/audit.hpp"

namespace mixnn {

// The bits learnt by steps as an SVG: a row of panels for each model, one for each kind of
// evidence; a line for each observer and traffic, with its intervals.
std::string audit_picture(const std::vector<AuditedGroup>& groups);

}  // namespace mixnn
