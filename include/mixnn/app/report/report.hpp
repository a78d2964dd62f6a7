#pragma once
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/json.hpp"
#include "mixnn/app/machine.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/app/report/record.hpp"
#include "mixnn/app/report/stats.hpp"
#include "mixnn/checkpoint/checkpointer.hpp"
#include "mixnn/owner/owner.hpp"

namespace mixnn {

// The parts of report.json. Each adds its keys to `report`; report_keys.hpp describes them.
Json start_report(const AppOptions& options, const Inputs& inputs, const Machine& machine);
void add_session(Json& report, const AppOptions& options, const SessionFacts& facts, int ranks);
void add_lives(Json& report, const Checkpointer& checkpoints);
void add_record(Json& report, const Record& record);         // under the record's name
void add_totals(Json& report, const SessionTotals& totals);  // to "mixnn", which is there
void add_comparison(Json& report, const Comparison& comparison);
void add_bound(Json& report, const Bound& bound);

}  // namespace mixnn
