#include "mixnn/transport/mpi_strays.hpp"

#include "mixnn/transport/mpi_tags.hpp"

namespace mixnn {

std::size_t MpiStrays::drop(Refusals& refusals) {
  end_receives();
  std::size_t dropped = 0;
  while (dropped < kAtOnce && receiving_.size() < kOpen && drop_one(refusals)) ++dropped;
  return dropped;
}

// A short one is read whole, as Open MPI keeps the memory of what it cuts off. A long one is read
// into no memory at all.
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
  int bytes = 0;
  calls_.must(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a stray");
  if (bytes >= 0 && static_cast<std::size_t>(bytes) <= short_.size()) {
    calls_.must(MPI_Mrecv(short_.data(), bytes, MPI_BYTE, &message, MPI_STATUS_IGNORE),
                "dropping a stray");
    return true;
  }
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
