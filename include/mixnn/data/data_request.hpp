#pragma once
#include <optional>
#include <string>

#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// What is wanted of a data set, besides its folder.
struct DataRequest {
  std::string format = {};     // by its name; empty: by what is in the folder
  std::string target = {};     // column of a CSV file that is the label; empty: the last
  Shape input_shape = {};      // of one sample, as MODEL has it; empty: as the data have it
  bool labels_classes = true;  // labels are numbers of classes; false: real numbers
  std::optional<Shape> label_shape = {};  // of one label; none: as the data have it
};

}  // namespace mixnn
