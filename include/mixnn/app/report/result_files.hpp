#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/owner.hpp"

namespace mixnn {

// What a run leaves behind: model.safetensors and report.json in --out, the report in --json.
//
// Each file is written by itself, the model first, and one that cannot be written keeps no other
// from it. What failed is tried again at the end; a model that still cannot be put in its place is
// then left in the folder for temporary files, and only after that is there an error.
class ResultFiles {
 public:
  // Both outlive it.
  ResultFiles(const AppOptions& options, const ModelSpec& model)
      : options_(options), model_(model) {}

  // The parameters outlive it. Throws RunError, and writes nothing, if they are not all finite.
  void write_model(const std::vector<std::vector<float>>& parameters);
  // What is known so far; again when more is. A pipe or a device is sent the last one alone.
  void write_report(const Json& report);
  // Another file, if `path` is not empty; its text is made now.
  void write_text(const std::filesystem::path& path, const std::function<std::string()>& make);

  // What is missing for good, such as the rest of a log; empty: nothing.
  void note_problem(const std::string& problem);

  // Has the ranks part. If they cannot, says in RunError what became of the results, too.
  SessionTotals stop(Owner& owner);
  // The last. Throws RunError that says what is missing after all, and why.
  void finish();

 private:
  struct File {
    std::filesystem::path path;
    std::function<void(const std::filesystem::path&)> write;
    std::string problem;  // empty: it is there
    bool last = false;    // it can be written once only
  };

  void put(File file);
  static void attempt(File& file);
  static void rescue(File& file);
  std::string missing();  // empty: all is written

  const AppOptions& options_;
  const ModelSpec& model_;
  std::vector<File> files_;
  std::vector<std::string> problems_;  // that another try does not mend
};

}  // namespace mixnn
