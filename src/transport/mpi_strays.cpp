#include "mixnn/transport/mpi_strays.hpp"

#include "mixnn/transport/mpi_tags.hpp"

namespace mixnn {

void MpiStrays::drop(Refusals& refusals) {
  end_receives();
  for (std::size_t i = 0; i < kAtOnce && receiving_.size() < kOpen; ++i)
    if (!drop_one(refusals)) return;
}

// Into no memory at all: that it is truncated is what is wanted.
bool MpiStrays::drop_one(Refusals& refusals) {
  MPI_Status status;
  int found = 0;
  calls_.must(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &found, &status),
              "looking for strays");
  if (found == 0 || status.MPI_TAG == kCellTag) return false;  // there is room for it soon
  MPI_Message message = MPI_MESSAGE_NULL;
  calls_.must(MPI_Improbe(status.MPI_SOURCE, status.MPI_TAG, comm_, &found, &message, &status),
              "looking for strays");
  if (found == 0) return false;
  refusals.count(status.MPI_SOURCE);
  MPI_Request request = MPI_REQUEST_NULL;
  calls_.must(MPI_Imrecv(nullptr, 0, MPI_BYTE, &message, &request), "dropping a stray");
  receiving_.push_back(request);
  end_receives();
  return true;
}

void MpiStrays::end_receives() {
  std::erase_if(receiving_, [this](MPI_Request& request) {
    int ended = 0;
    const int code = MPI_Test(&request, &ended, MPI_STATUS_IGNORE);
    if (is_truncated(code)) return true;
    calls_.must(code, "dropping a stray");
    return ended != 0;
  });
}

void MpiStrays::close() noexcept {
  for (MPI_Request& request : receiving_) calls_.give_up(request, true);
  receiving_.clear();
}

}  // namespace mixnn
