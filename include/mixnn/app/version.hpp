#pragma once

#include <string>

namespace mixnn {

// "mixnn 0.1.0+g1a2b3c4d5e": the release, the commit that was built, and ".dirty" if its files had
// been changed; built without git, such as from a tarball, the release alone.
std::string version_text();

}  // namespace mixnn
