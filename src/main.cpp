#include <sys/resource.h>

#include <exception>
#include <new>
#include <string>

#include "mixnn/app/job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/base/process.hpp"

namespace {

std::string out_of_memory() {
  rlimit room{};
  if (::getrlimit(RLIMIT_AS, &room) != 0 || room.rlim_cur == RLIM_INFINITY) return "out of memory";
  return "out of memory: the limit of this process's address space (ulimit -v) is " +
         std::to_string(room.rlim_cur >> 20) + " MiB";
}

}  // namespace

int main(int argc, char** argv) {
  mixnn::keep_out_of_core_dumps();
  mixnn::Job job;
  try {
    return job.run(argc, argv);
  } catch (const mixnn::UsageError& error) {
    return job.leave(mixnn::kExitBadInput, error.what());
  } catch (const std::bad_alloc&) {
    return job.leave(mixnn::kExitRunFailed, out_of_memory());
  } catch (const std::exception& error) {
    return job.leave(mixnn::kExitRunFailed, error.what());
  }
}
