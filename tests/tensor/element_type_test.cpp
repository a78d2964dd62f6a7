#include "mixnn/tensor/element_type.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mixnn {
namespace {

TEST(ElementType, IntegersAreReadOneByOne) {
  const std::vector<std::uint16_t> words{7, 300, 65535};
  const ConstBytes bytes = bytes_of(std::span(words));
  EXPECT_EQ(integer_at(ElementType::kUint16, bytes, 1), 300u);
  EXPECT_EQ(integer_at(ElementType::kUint16, bytes, 2), 65535u);
  EXPECT_EQ(integer_at(ElementType::kUint8, bytes, 2), 300u % 256);
}

TEST(ElementType, HasANameAndIsFoundByIt) {
  for (const ElementType type : {ElementType::kUint8, ElementType::kUint16, ElementType::kFloat32,
                                 ElementType::kBfloat16, ElementType::kInt8})
    EXPECT_EQ(element_type_named(to_string(type)), type);
  EXPECT_EQ(element_type_named("complex64"), std::nullopt);
}

TEST(ElementType, ScalesNumbersOfADataSet) {
  const std::vector<std::uint16_t> words{7, 300, 0x3F80};
  const ConstBytes bytes = bytes_of(std::span(words));
  std::vector<float> values(3);
  decode_scaled(ElementType::kUint16, bytes, 0.5f, values);
  EXPECT_EQ(values, (std::vector<float>{3.5f, 150, 0x3F80 / 2}));
  decode_scaled(ElementType::kBfloat16, bytes, 0.5f, values);
  EXPECT_EQ(values[2], 0.5f);
  EXPECT_DEATH(decode_scaled(ElementType::kInt8, bytes.first(3), 0.5f, values),
               "a type that a data set may have");
}

}  // namespace
}  // namespace mixnn
