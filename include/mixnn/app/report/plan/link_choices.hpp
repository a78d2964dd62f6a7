#pragma once
#include <string>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/forecast/forecast.hpp"

namespace mixnn {

// What a run over slow links can do for its speed, one choice after the other.
struct LinkChoice {
  std::string options;  // as on the command line; empty: as it is
  bool bits = false;    // it decides trained bits
  Forecast forecast;    // with all choices up to this one
};

// As the setting is, and then with each choice that it has not made and can make. None on one host.
std::vector<LinkChoice> link_choices(const RunSetting& setting, const CostModel& costs);

std::string link_choices_table(const std::vector<LinkChoice>& choices);  // fits 80 columns
Json link_choices_json(const std::vector<LinkChoice>& choices);

}  // namespace mixnn
