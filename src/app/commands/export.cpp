#include "mixnn/app/commands/export.hpp"

#include "mixnn/app/given_weights.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/train/model_file.hpp"

namespace mixnn {

void run_export(AppOptions& options) {
  if (options.checkpoint.folder.empty())
    throw UsageError("--checkpoint DIR is missing: the folder of checkpoints, or a manifest in it");
  if (options.out.empty())
    throw UsageError("--out is missing: a folder, or a file whose name ends in .safetensors");
  std::filesystem::path file = options.out;
  if (file.extension() == ".safetensors") {
    check_output_file("--out", file);
  } else {
    check_outputs(options.out, {});
    file /= "model.safetensors";
  }
  const SavedNetwork saved = load_saved(options, load_model(options.model));
  save_safetensors(file, saved.model, saved.weights);
  if (!options.quiet)
    print_line("exported " + file.string() + ": " + saved.model.name + ", " + saved.file + ", " +
               point_text(saved.point));
  check_printed();
}

}  // namespace mixnn
