#include "mixnn/tensor/shape.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(Shape, TextIsTheFormThatModelHas) {
  EXPECT_EQ(shape_text({1, 28, 28}), "[1, 28, 28]");
  EXPECT_EQ(shape_text({10}), "[10]");
  EXPECT_EQ(shape_text({}), "[]");
}

TEST(Shape, ANumberAloneIsOneElement) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({3, 4, 5}), 60);
}

}  // namespace
}  // namespace mixnn
