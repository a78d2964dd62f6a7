#include "mixnn/transport/mpi_letters.hpp"

#include <algorithm>

#include "mixnn/transport/mpi_tags.hpp"

namespace mixnn {

void MpiLetters::send(int to, ConstBytes bytes) {
  flush();
  Letter& letter = sending_.emplace_back(Letter{MPI_REQUEST_NULL, {bytes.begin(), bytes.end()}});
  calls_.must(MPI_Isend(letter.bytes.data(), static_cast<int>(letter.bytes.size()), MPI_BYTE, to,
                        kDatagramTag, comm_, &letter.request),
              "sending a datagram");
}

std::optional<Datagram> MpiLetters::poll() {
  flush();
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  int found = 0, bytes = 0;
  calls_.must(MPI_Improbe(MPI_ANY_SOURCE, kDatagramTag, comm_, &found, &message, &status),
              "looking for a datagram");
  if (found == 0) return std::nullopt;
  calls_.must(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a datagram");
  const int room = std::clamp(bytes, 0, static_cast<int>(Transport::kMaxDatagram));
  Datagram datagram{status.MPI_SOURCE, std::vector<std::byte>(static_cast<std::size_t>(room))};
  const int code = MPI_Mrecv(datagram.bytes.data(), room, MPI_BYTE, &message, MPI_STATUS_IGNORE);
  if (is_truncated(code)) {
    refusals_.count(datagram.from);
    return std::nullopt;
  }
  calls_.must(code, "receiving a datagram");
  return datagram;
}

void MpiLetters::flush() {
  std::erase_if(sending_, [this](Letter& letter) {
    return calls_.done(letter.request, "sending a datagram");
  });
}

void MpiLetters::close() noexcept {
  for (Letter& letter : sending_) calls_.give_up(letter.request);
  if (!calls_.broken()) sending_.clear();  // otherwise MPI may still read them
}

}  // namespace mixnn
