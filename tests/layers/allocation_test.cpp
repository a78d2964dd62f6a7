// Counts every allocation of this test program, to show that a stage at work makes none.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "layers/layer_examples.hpp"
#include "layers/reference_network.hpp"
#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/stage.hpp"

#ifndef MIXNN_SANITIZE

namespace {

std::atomic<std::size_t> allocations = 0, allocated_bytes = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  allocated_bytes += bytes;
  void* p = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (p == nullptr && bytes > 0) throw std::bad_alloc();
  return p;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
// Not inlined: a compiler that puts in these alone takes free() for a mismatch.
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

namespace mixnn {
namespace {

struct Types {
  ElementType input, output;
};
class StageAllocation : public testing::TestWithParam<Types> {};
INSTANTIATE_TEST_SUITE_P(Types, StageAllocation,
                         testing::Values(Types{ElementType::kUint8, ElementType::kFloat32},
                                         Types{ElementType::kFloat32, ElementType::kFloat32},
                                         Types{ElementType::kUint8, ElementType::kBfloat16},
                                         Types{ElementType::kBfloat16, ElementType::kBfloat16},
                                         Types{ElementType::kInt8, ElementType::kInt8}));

StageSpec allocation_spec() {
  StageSpec spec;
  spec.input_type = StageAllocation::GetParam().input;
  spec.output_type = StageAllocation::GetParam().output;
  spec.input_gradient = !is_integer(spec.input_type);
  if (!spec.input_gradient) spec.scale = 1.0f / 256;
  spec.input_shape = {200, 200};  // products large enough to be shared
  spec.layers = {FlattenSpec{}, LinearSpec{8}, ReluSpec{}, LinearSpec{400}};
  spec.max_rows = 6;
  return spec;
}

TEST_P(StageAllocation, NoneAtWork) {
  const StageSpec spec = allocation_spec();
  Crew crew(own_cores(1));
  Stage stage(spec, Products(crew, Cutting::kByShape));
  Pass pass = stage.make_pass();
  std::vector<std::byte> input = testing_reference::draw_bytes(spec.input_bytes(6), 1);
  if (spec.input_type != ElementType::kUint8)
    spec.input_encoding().encode(testing_reference::draw(6 * 40000, 1), input);
  const std::vector<float> gradient = testing_reference::draw(6 * 400, 2);
  std::vector<std::byte> encoded(spec.output_bytes(6));
  const Encoding encoding = spec.output_encoding();
  const auto work = [&] {
    stage.forward(pass, input, 6, {});
    encoding.encode(gradient, encoded);
    stage.input_gradient(pass, encoded);
    stage.accumulate(pass);
    stage.update({1, 0.1f});
  };
  const std::size_t at_start = allocations;
  EXPECT_GT(at_start, 0u) << "this test would see an allocation";
  work();
  const std::size_t before = allocations;
  for (int i = 0; i < 10; ++i) work();
  EXPECT_EQ(allocations - before, 0u);
}

// What a stage says of its memory is what it takes: all but the headers of its buffers.
TEST_P(StageAllocation, PassesTakeWhatTheStageSays) {
  const Stage stage(allocation_spec());
  const std::size_t before = allocated_bytes;
  const Pass pass = stage.make_pass();
  const std::size_t taken = allocated_bytes - before;
  EXPECT_GE(taken, stage.pass_bytes());
  EXPECT_LE(taken, stage.pass_bytes() + 1024);
}

class LayerAllocation : public testing::TestWithParam<testing_reference::ExampleCase> {};
INSTANTIATE_TEST_SUITE_P(Kinds, LayerAllocation,
                         testing::ValuesIn(testing_reference::examples_of_all_kinds()),
                         testing_reference::example_names);

TEST_P(LayerAllocation, NoneAtWork) {
  const LayerExample& example = GetParam().example;
  Stage stage(testing_reference::example_stage(example.layer, example.input, 4));
  const std::size_t before = allocated_bytes;
  Pass pass = stage.make_pass();
  EXPECT_GE(allocated_bytes - before, stage.pass_bytes());
  EXPECT_LE(allocated_bytes - before, stage.pass_bytes() + 1024);
  std::vector<std::byte> input(stage.spec().input_bytes(4)), dy(stage.spec().output_bytes(4));
  const auto work = [&] {
    stage.forward(pass, input, 4, {.training = true, .step = 1, .first_row = 0});
    stage.input_gradient(pass, dy);
    stage.accumulate(pass);
    stage.forward(pass, input, 4, kEvaluation);
  };
  work();
  const std::size_t at_start = allocations, bytes_at_start = allocated_bytes;
  work();
  if (example.layer->type() == "conv2d")  // oneDNN makes lists of the arguments of its kernels
    EXPECT_LE(allocated_bytes - bytes_at_start, 16384u);
  else
    EXPECT_EQ(allocations - at_start, 0u);
}

}  // namespace
}  // namespace mixnn

#endif
