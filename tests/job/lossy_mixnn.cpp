// The program over bad links, for bench/soak.sh and bench/rounds_product.sh: `mixnn` with all its
// commands, whose ranks lose, double, delay and alter what they send in a job, with the rate that
// the environment gives:
//   LOSSES=RATE LOSSES_SEED=N lossy_mixnn COMMAND...
// At the end each rank says on standard error what it did: losses {"sent": ..., "dropped": ...}.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "mixnn/app/job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "transport/lossy_transport.hpp"

namespace mixnn {
namespace {

double rate_of_losses() {
  const char* const rate = std::getenv("LOSSES");
  return rate != nullptr ? std::atof(rate) : 0;
}

std::uint64_t seed_of_losses() {
  const char* const seed = std::getenv("LOSSES_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
}

// Says at its end what it did.
class ToldLosses {
 public:
  std::unique_ptr<Transport> over(Transport& inner) {
    auto lossy =
        std::make_unique<testing::LossyTransport>(inner, rate_of_losses(), seed_of_losses());
    told_ = lossy.get();
    return lossy;
  }
  // While the transport lives.
  void tell() const {
    if (told_ != nullptr) std::fprintf(stderr, "losses %s\n", told_->faults().json().c_str());
  }

 private:
  const testing::LossyTransport* told_ = nullptr;
};

}  // namespace
}  // namespace mixnn

int main(int argc, char** argv) {
  mixnn::ToldLosses losses;
  mixnn::Job job([&](mixnn::Transport& inner) { return losses.over(inner); });
  int exit_code = 0;
  try {
    exit_code = job.run(argc, argv);
  } catch (const mixnn::UsageError& error) {
    exit_code = job.leave(mixnn::kExitBadInput, error.what());
  } catch (const std::exception& error) {
    losses.tell();
    return job.leave(mixnn::kExitRunFailed, error.what());
  }
  losses.tell();
  return exit_code;
}
