#include "mixnn/app/commands/reference.hpp"

#include "mixnn/app/reference/man.hpp"
#include "mixnn/app/reference/markdown.hpp"
#include "mixnn/app/reference/page.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {

std::string reference_text(const AppOptions& options) {
  if (options.reference.man == options.reference.markdown)
    throw UsageError("reference needs one of --man and --markdown");
  return options.reference.man ? to_man(reference_sections()) : to_markdown(reference_sections());
}

}  // namespace mixnn
