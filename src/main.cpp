#include <exception>
#include <new>

#include "mixnn/app/job.hpp"
#include "mixnn/app/memory_limit.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/base/process.hpp"

int main(int argc, char** argv) {
  mixnn::keep_out_of_core_dumps();
  mixnn::Job job;
  try {
    return job.run(argc, argv);
  } catch (const mixnn::UsageError& error) {
    return job.leave(mixnn::kExitBadInput, error.what());
  } catch (const std::bad_alloc&) {
    return job.leave(mixnn::kExitRunFailed, mixnn::out_of_memory_text());
  } catch (const std::exception& error) {
    return job.leave(mixnn::kExitRunFailed, error.what());
  }
}
