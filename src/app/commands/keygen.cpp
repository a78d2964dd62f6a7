#include "mixnn/app/commands/keygen.hpp"

#include "mixnn/app/identities.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/identity/machine_key.hpp"
#include "mixnn/identity/places.hpp"

namespace mixnn {

void run_keygen(AppOptions& options) {
  const std::filesystem::path file = machine_key_file();
  const std::optional<X25519KeyPair> key = make_machine_key(file, options.enrolment.replace);
  if (!key)
    throw UsageError(file.string() +
                     " is there already; --replace makes another key, which every owner of this "
                     "machine must then add");
  print_line(to_text(key->public_key));
  if (!options.quiet) print_error("the secret key is in " + file.string());
  if (const std::string warning = shared_folder_warning(file); !warning.empty())
    print_error("warning: " + warning);
  check_printed();
}

}  // namespace mixnn
