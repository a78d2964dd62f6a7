#pragma once
#include <cstdint>
#include <string>

#include "mixnn/base/codec.hpp"

namespace mixnn {

// The payload of kSpecification: a piece of the stage's specification, which is JSON, and how many
// floats there are in a part of its parameters.
struct SpecificationPart {
  static constexpr std::size_t kMaxText = std::size_t{16} << 20;
  std::uint32_t part_floats = 0;
  std::string text;
};
void describe(auto& codec, Of<SpecificationPart> auto& part) {
  codec.number(part.part_floats);
  codec.text(part.text, SpecificationPart::kMaxText, TextRule::kAny);
}

}  // namespace mixnn
