#pragma once
#include <map>
#include <string>

#include "mixnn/checkpoint/key.hpp"
#include "mixnn/checkpoint/run_record.hpp"

namespace mixnn {

// What opens which checkpoint, by the owner's key and the records beside it.
class RunKeys {
 public:
  RunKeys(const CheckpointKey& key, const RunRecords& records) : key_(key), records_(records) {}

  struct Answer {
    std::optional<CheckpointKey> key;
    std::string problem;  // why there is none, or what to look for if it does not open
  };
  // Numbers come from the names of files, so they may be anything. A step costs about a
  // microsecond, and none is taken twice if they come in ascending order.
  Answer of(const RunId& run, std::uint64_t number);
  const std::optional<RunRecord>& record(const RunId& run);  // as it is on the disk

 private:
  struct Known {
    std::optional<RunRecord> record;
    std::string problem;  // if there is none
    RunRecord walked;     // moved on to the number that was asked for last
  };
  Known& known(const RunId& run);

  const CheckpointKey& key_;
  const RunRecords& records_;
  std::map<RunId, Known> known_;
};

}  // namespace mixnn
