// The main of MPI test programs: every rank runs every test, and a failure on any rank ends the job
// with code 1 at once, so that no other rank waits for one that has given up.
#include <gtest/gtest.h>

#include <cstdio>

#include "transport/mpi_testing.hpp"

namespace {

mixnn::MpiRuntime* the_runtime = nullptr;

class FailTogether final : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "rank %d: %s:%d\n%s\n", the_runtime->rank(),
                 result.file_name() ? result.file_name() : "?", result.line_number(),
                 result.message());
    the_runtime->abort(1);
  }
};

}  // namespace

mixnn::MpiRuntime& mixnn::test_runtime() { return *the_runtime; }

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  mixnn::MpiRuntime runtime;
  the_runtime = &runtime;
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  if (runtime.rank() != 0) delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new FailTogether);
  return RUN_ALL_TESTS();
}
