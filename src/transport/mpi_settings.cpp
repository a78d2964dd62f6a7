#include "mixnn/transport/mpi_settings.hpp"

#include <cstdlib>

namespace mixnn {

void set_mpi_defaults() {
  const auto set = [](const char* name, const char* value) { ::setenv(name, value, /*overwrite=*/0); };

  // A rank that waits inside MPI gives its core away.
  set("OMPI_MCA_mpi_yield_when_idle", "1");

  // Cells (up to 128 KiB and their header) go eagerly: the sender copies and is done, and a rank that sleeps
  // never holds a transfer up. The segment holds each rank's eager fragments; only what is used of it is ever
  // touched.
  set("OMPI_MCA_btl_vader_eager_limit", "163840");
  set("OMPI_MCA_btl_vader_max_send_size", "163840");
  set("OMPI_MCA_btl_vader_segment_size", "67108864");
  set("OMPI_MCA_btl_vader_single_copy_mechanism", "none");

  // Between hosts a rendezvous costs several link delays.
  set("OMPI_MCA_btl_tcp_eager_limit", "163840");
  set("OMPI_MCA_btl_tcp_rndv_eager_limit", "163840");
  set("OMPI_MCA_btl_tcp_max_send_size", "163840");
}

}  // namespace mixnn
