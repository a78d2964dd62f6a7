#include "mixnn/layers/input_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mixnn {
namespace {

StageSpec raw_pairs() {
  StageSpec spec;
  spec.input_type = ElementType::kUint8;
  spec.input_gradient = false;
  spec.scale = 0.5f;
  spec.input_shape = {2};
  spec.max_rows = 3;
  return spec;
}

std::vector<float> decoded_rows(InputDecoder& decoder, ConstBytes bytes) {
  const ConstMatrix x = decoder.floats(bytes);
  EXPECT_EQ(x.cols, 2u);
  EXPECT_EQ(x.rows, bytes.size() / 2);
  return {x.data, x.data + x.size()};
}

TEST(InputDecoder, ScalesBytesAndKeepsThoseOfTheLastPass) {
  InputDecoder decoder(raw_pairs(), {});
  EXPECT_EQ(decoder.memory_bytes(), 3 * 2 * sizeof(float));
  std::vector<std::byte> bytes(4, std::byte{3}), others(6, std::byte{8});
  decoder.begin(bytes);
  EXPECT_EQ(decoded_rows(decoder, bytes), std::vector<float>(4, 1.5f));
  std::ranges::fill(bytes, std::byte{5});
  EXPECT_EQ(decoded_rows(decoder, bytes), std::vector<float>(4, 1.5f)) << "not made twice";
  EXPECT_EQ(decoded_rows(decoder, others), std::vector<float>(6, 4.0f));
  EXPECT_EQ(decoded_rows(decoder, bytes), std::vector<float>(4, 2.5f));
}

TEST(InputDecoder, KnowsThatMemoryHoldsOtherInputs) {
  InputDecoder decoder(raw_pairs(), {});
  std::vector<std::byte> bytes(6, std::byte{3});
  const std::vector<std::byte> others(6, std::byte{8});
  EXPECT_EQ(decoded_rows(decoder, others), std::vector<float>(6, 4.0f));
  EXPECT_EQ(decoded_rows(decoder, ConstBytes(bytes).first(2)), std::vector<float>(2, 1.5f));
  EXPECT_EQ(decoded_rows(decoder, bytes), std::vector<float>(6, 1.5f)) << "more rows of it";
  std::ranges::fill(bytes, std::byte{5});
  decoder.begin(ConstBytes(bytes).first(4));
  EXPECT_EQ(decoded_rows(decoder, bytes), std::vector<float>(6, 2.5f)) << "a new pass's inputs";
}

TEST(InputDecoder, NeedsNoMemoryForFloats) {
  StageSpec spec = raw_pairs();
  spec.input_type = ElementType::kFloat32;
  EXPECT_EQ(InputDecoder(spec, {}).memory_bytes(), 3 * 2 * sizeof(float)) << "scaled";
  spec.scale = 1.0f;
  EXPECT_TRUE(InputDecoder(spec, {}).in_place());
  EXPECT_EQ(InputDecoder(spec, {}).memory_bytes(), 0u);
}

TEST(InputDecoder, PutsTheChannelsOfImagesLast) {
  StageSpec spec = raw_pairs();
  spec.input_shape = {3, 1, 2};
  const std::vector<std::uint8_t> two{1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
  InputDecoder decoder(spec, {});
  const ConstMatrix x = decoder.floats(bytes_of(std::span(two)));
  const std::vector<float> made(x.data, x.data + x.size());
  EXPECT_EQ(made, (std::vector<float>{.5f, 1.5f, 2.5f, 1, 2, 3, 5, 15, 25, 10, 20, 30}));

  spec.input_type = ElementType::kFloat32;
  spec.scale = 1.0f;
  EXPECT_FALSE(InputDecoder(spec, {}).in_place());
  spec.input_gradient = true;  // they come from another stage
  EXPECT_TRUE(InputDecoder(spec, {}).in_place());
}

}  // namespace
}  // namespace mixnn
