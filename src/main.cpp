#include <exception>
#include <new>

#include "mixnn/app/job.hpp"
#include "mixnn/base/error.hpp"

int main(int argc, char** argv) {
  mixnn::Job job;
  try {
    return job.run(argc, argv);
  } catch (const mixnn::UsageError& error) {
    return job.leave(2, error.what());
  } catch (const std::bad_alloc&) {
    return job.leave(1, "out of memory");
  } catch (const std::exception& error) {
    return job.leave(1, error.what());
  }
}
