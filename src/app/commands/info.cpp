#include "mixnn/app/commands/info.hpp"

#include <unistd.h>

#include <sstream>

#include "mixnn/app/machine.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/data/data_folder.hpp"

namespace mixnn {

std::string info_text(const AppOptions&) {
  const Machine machine = this_machine();
  const auto data = installed_dataset();
  std::ostringstream out;
  out << version_text() << ", built " << machine.build << "\n"
      << "  cpu         " << machine.cpu << "\n"
      << "  cores       " << machine.cores << " usable by this process, of "
      << ::sysconf(_SC_NPROCESSORS_ONLN) << "\n"
      << "  blas        " << machine.blas_version << ", " << machine.blas_core << " kernels"
      << (machine.blas_core_forced.empty()
              ? ""
              : " (OPENBLAS_CORETYPE=" + machine.blas_core_forced + ")")
      << "\n"
      << "  mpi         " << machine.mpi << "\n"
      << "  libsodium   " << machine.libsodium << "\n"
      << "  aes256gcm   "
      << (machine.aes256gcm ? make_bulk_aead(AeadSuite::kAes256Gcm)->name() : "not on this CPU")
      << "\n"
      << "  chacha20    " << make_bulk_aead(AeadSuite::kChaCha20Poly1305)->name() << "\n"
      << "  data set    " << (data ? data->string() : "none installed; give --data DIR") << "\n";
  return out.str();
}

}  // namespace mixnn
