#pragma once
#include <mpi.h>

#include <string>

namespace mixnn {

// Throws RunError with MPI's own text where `code` is not MPI_SUCCESS. `doing` completes "MPI
// failed while ...".
void mpi_check(int code, const char* doing);
// Whether a message was longer than the memory for it: its sender's fault, and MPI is as good as
// before.
bool is_truncated(int code);

// A millisecond, of who waits for a message and has time.
void nap_between_looks();

// The calls of MPI that belong together: one failure of them is thrown, and afterwards MPI must not
// be called any more but to abort.
class MpiCalls {
 public:
  bool broken() const { return broken_; }
  void must(int code, const char* doing);
  // Whether the request has ended.
  bool done(MPI_Request& request, const char* doing);
  // At the end: waits for the request's end, but not for long, as its peer may be gone; one that
  // does not end breaks them, too. Does nothing once they are broken.
  void give_up(MPI_Request& request, bool cancel = false) noexcept;

 private:
  bool broken_ = false;
};

}  // namespace mixnn
