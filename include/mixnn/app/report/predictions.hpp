#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/base/private_file.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Throws UsageError unless the name ends in .csv or .npy.
void check_prediction_name(const std::filesystem::path& file);

// What a network gives for each sample, as rows of a CSV file with a header, or of a NumPy array in
// an NPY file, by the end of the file's name. Classes are whole numbers; all else is float32. It
// appears complete or not at all.
class PredictionFile {
 public:
  // Throws UsageError for another end of the name, or a form that the model's loss has not.
  PredictionFile(const std::filesystem::path& file, const ModelSpec& model, PredictionForm form,
                 std::size_t samples);

  void add(std::span<const float> outputs);  // of some rows, in order
  void commit();
  std::size_t columns() const;  // of a row

 private:
  void begin();
  void write_row(std::span<const float> outputs);
  void write_values(std::span<const float> values);
  void write_classes(std::span<const float> outputs);

  bool csv_;
  PredictionForm form_;
  std::size_t samples_, outputs_, classes_, left_;
  Shape shape_;  // of a row of outputs
  std::vector<float> row_;
  std::string text_;
  PrivateFile file_;
};

}  // namespace mixnn
