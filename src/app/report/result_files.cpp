#include "mixnn/app/report/result_files.hpp"

#include <stdlib.h>

#include <algorithm>

#include "mixnn/app/report/output_files.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/train/model_file.hpp"
#include "mixnn/train/results.hpp"

namespace mixnn {

namespace fs = std::filesystem;

void ResultFiles::attempt(File& file) {
  try {
    file.write(file.path);
    file.problem.clear();
    file.last = false;
  } catch (const std::exception& error) {
    file.problem = error.what();
  }
}

// A model that has been trained is worth a place of its own.
void ResultFiles::rescue(File& file) {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  std::string folder;
  const int made = uninterrupted([&] {
    folder = (temporary / "mixnn-results-XXXXXX").string();
    return ::mkdtemp(folder.data()) == nullptr ? -1 : 0;
  });
  if (error || made != 0) return;
  File copy{.path = fs::path(folder) / file.path.filename(), .write = file.write, .problem = {}};
  attempt(copy);
  if (copy.problem.empty())
    file.problem += "; the model is in " + copy.path.string() + " instead";
  else
    fs::remove(folder, error);
}

void ResultFiles::put(File file) {
  const auto before = std::ranges::find(files_, file.path, &File::path);
  File& kept = before == files_.end() ? files_.emplace_back() : *before;
  kept = std::move(file);
  if (!kept.last) attempt(kept);
}

void ResultFiles::write_model(const std::vector<std::vector<float>>& parameters) {
  check_finite(parameters, options_.training.epochs);
  if (options_.out.empty()) return;
  put({.path = options_.out / "model.safetensors",
       .write = [this,
                 &parameters](const fs::path& path) { save_safetensors(path, model_, parameters); },
       .problem = {}});
}

void ResultFiles::write_report(const Json& report) {
  std::vector<fs::path> paths;
  if (!options_.out.empty()) paths.push_back(options_.out / "report.json");
  if (!options_.json.empty()) paths.push_back(options_.json);
  for (const fs::path& path : paths)
    put({.path = path,
         .write = [report](const fs::path& to) { write_file(to, report_text(report)); },
         .problem = {},
         .last = is_special(path)});
  const std::string key = not_finite(report);
  if (!key.empty() && problems_.empty())
    problems_.push_back(key + " of the report is no finite number");
}

void ResultFiles::write_text(const fs::path& path, const std::function<std::string()>& make) {
  if (path.empty()) return;
  try {
    put({.path = path,
         .write = [text = make()](const fs::path& to) { write_file(to, text); },
         .problem = {},
         .last = is_special(path)});
  } catch (const std::exception& error) {
    problems_.push_back(error.what());
  }
}

void ResultFiles::note_problem(const std::string& problem) {
  if (!problem.empty()) problems_.push_back(problem);
}

std::string ResultFiles::missing() {
  std::string all;
  const auto add = [&all](const std::string& problem) {
    if (!problem.empty()) all += (all.empty() ? "" : "; ") + problem;
  };
  for (File& file : files_) {
    if (file.last || !file.problem.empty()) attempt(file);
    if (!file.problem.empty() && file.path.extension() == ".safetensors") rescue(file);
    add(file.problem);
  }
  for (const std::string& problem : problems_) add(problem);
  return all;
}

SessionTotals ResultFiles::stop(Owner& owner) {
  try {
    return owner.stop();
  } catch (const RunError& error) {
    const std::string gone = missing();
    throw RunError(std::string(error.what()) + "; the training was finished, " +
                   (gone.empty() ? "and what was asked for is written" : "but: " + gone));
  }
}

void ResultFiles::finish() {
  if (const std::string all = missing(); !all.empty()) throw RunError(all);
}

}  // namespace mixnn
