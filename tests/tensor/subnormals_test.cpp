#include "mixnn/tensor/subnormals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <thread>
#include <vector>

#include "mixnn/base/crew.hpp"
#include "mixnn/tensor/elementwise.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

// Of its bits, as comparing floats may flush them.
bool is_all_zero(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7FFF'FFFF) == 0; }

constexpr std::size_t kSide = 512;  // large enough for OpenBLAS to share it between its threads

// How many values of a square product are not zero, all of which are subnormal if computed exactly.
std::size_t subnormal_results(int threads) {
  const BlasThreadsScope scope(threads);
  const std::vector<float> a(kSide * kSide, 1e-20f), b(kSide * kSide, 1e-22f);
  std::vector<float> c(kSide * kSide, 1.0f);
  gemm_nn(as_matrix(std::span(a), kSide, kSide), as_matrix(std::span(b), kSide, kSide), 0.0f,
          as_matrix(std::span(c), kSide, kSide));
  return c.size() - static_cast<std::size_t>(std::count_if(c.begin(), c.end(), is_all_zero));
}

// -learning_rate * gradient, by the kernel that updates parameters.
bool is_zero(float learning_rate, float gradient) {
  std::vector<float> parameters(64), velocity(64), gradients(64, gradient);
  sgd_update({.learning_rate = learning_rate}, parameters, velocity, gradients);
  return std::all_of(parameters.begin(), parameters.end(), is_all_zero);
}

bool flushes_results_and_operands() {
  using Limits = std::numeric_limits<float>;
  return is_zero(0.25f, Limits::min()) && is_zero(1e38f, Limits::denorm_min());
}

TEST(Subnormals, AreKeptUnlessTold) {
  EXPECT_FALSE(subnormals_flushed());
  EXPECT_FALSE(flushes_results_and_operands());
  for (const int threads : {1, 2}) EXPECT_EQ(subnormal_results(threads), kSide * kSide) << threads;
}

// What is checked in a process of its own, as it cannot be undone.
[[noreturn]] void flush_and_check() {
  const int before = blas_threads();
  flush_subnormals();
  EXPECT_TRUE(subnormals_flushed());
  EXPECT_TRUE(flushes_results_and_operands());
  std::thread([] { EXPECT_TRUE(flushes_results_and_operands()); }).join();
  Crew crew(own_cores(1));
  std::atomic<int> met{0};
  crew.run(2, [&](std::size_t) {  // one part for each thread
    met.fetch_add(1);
    while (met.load() < 2) std::this_thread::yield();
    EXPECT_TRUE(flushes_results_and_operands());
  });
  for (const int threads : {1, 2}) EXPECT_EQ(subnormal_results(threads), 0u) << threads;
  EXPECT_EQ(blas_threads(), before);
  std::exit(testing::Test::HasFailure() ? 1 : 0);
}

TEST(SubnormalsDeathTest, AreZeroInEveryThreadOnceTold) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fork alone would end OpenBLAS's threads
  EXPECT_EXIT(flush_and_check(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mixnn
