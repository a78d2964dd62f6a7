#pragma once
#include "mixnn/data/data_request.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/data/number_array.hpp"

namespace mixnn {

// Samples and their labels as they lie in files, a row of labels for every sample.
struct RawSet {
  NumberArray samples, labels;
};

// Tables of them. Both sets of samples get one type, which holds the numbers of both exactly: uint8
// or uint16 if they are that or smaller ones, else float32, to which float64 is rounded. Labels are
// as the request wants them: classes of one or two bytes, or float32. Throws UsageError that names
// the file, the row and the number that does not fit, or different counts.
Table sample_table(const NumberArray& samples);  // of one set, without labels
DataPair tables_of(RawSet train, RawSet test, const DataRequest& request);

}  // namespace mixnn
