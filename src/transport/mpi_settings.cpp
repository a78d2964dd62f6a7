#include "mixnn/transport/mpi_settings.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace mixnn {
namespace {

// Bytes of shared memory that each rank may use for what it sends: less where /dev/shm is small
// (containers).
std::size_t segment_bytes() {
  constexpr std::size_t kLeast = 4 << 20,
                        kMost = 32 << 20;  // Open MPI's default; room for over 100 cells
  struct statvfs room {};
  if (::statvfs("/dev/shm", &room) != 0) return kLeast;
  const char* told = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE");  // by mpirun: ranks on this host
  const long ranks = told != nullptr ? std::atol(told) : ::sysconf(_SC_NPROCESSORS_ONLN);
  return std::clamp<std::size_t>(
      room.f_bavail * room.f_frsize / 2 / static_cast<std::size_t>(std::max(ranks, 1L)), kLeast,
      kMost);
}

}  // namespace

void set_mpi_defaults() {
  const auto set = [](const char* name, const std::string& value) {
    ::setenv(name, value.c_str(), /*overwrite=*/0);
  };

  // A rank that waits inside MPI gives its core away.
  set("OMPI_MCA_mpi_yield_when_idle", "1");

  // Cells (up to 128 KiB and their header) go eagerly, by copies alone: MPI_Isend copies and is
  // done, so a rank that sleeps never holds a sender up. With the flag "inplace", which is the
  // default, a send would end only once the receiver has handed its fragment back; with single copy
  // (CMA) each process must be open to reading by the others.
  const std::string eager = std::to_string(160 << 10);
  set("OMPI_MCA_btl_vader_flags", "send");
  set("OMPI_MCA_btl_vader_single_copy_mechanism", "none");
  set("OMPI_MCA_btl_vader_eager_limit", eager);
  set("OMPI_MCA_btl_vader_max_send_size", eager);
  set("OMPI_MCA_btl_vader_free_list_inc", "16");
  set("OMPI_MCA_btl_vader_segment_size", std::to_string(segment_bytes()));

  // Between hosts a rendezvous costs several link delays.
  set("OMPI_MCA_btl_tcp_eager_limit", eager);
  set("OMPI_MCA_btl_tcp_rndv_eager_limit", eager);
  set("OMPI_MCA_btl_tcp_max_send_size", eager);
}

}  // namespace mixnn
