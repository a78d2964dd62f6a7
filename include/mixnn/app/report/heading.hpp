#pragma once
#include <string>
#include <vector>

#include "mixnn/app/options/options.hpp"

namespace mixnn {

inline constexpr std::size_t kColumns = 80;  // of what is printed, if there is no reason for more

// The lines of a run's heading that show options of its command, in table order: those of a run
// across ranks, or the others.
std::vector<std::string> heading_lines(const AppOptions& options, bool of_session);
// One of them, such as "5 epochs, batch 128 in 2 micro-batches (auto)".
std::string heading_text(const AppOptions& options, const std::string& line);

// "  NAME       VALUE", in several lines if it is long.
std::vector<std::string> field_lines(const std::string& name, const std::string& value);
// The value behind `lead`, or below each other, cut behind commas and semicolons. A piece longer
// than a line stays whole.
std::vector<std::string> wrapped(const std::string& lead, const std::string& value);

}  // namespace mixnn
