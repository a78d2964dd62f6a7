#pragma once
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/codec.hpp"

// What is fuzzed. One list of targets for three programs: libFuzzer's (fuzz_main.cpp), the test
// that plays the committed corpora (replay_test.cpp), and the one that writes them (corpus.cpp).
namespace mixnn::fuzzing {

using Input = std::vector<std::byte>;

struct Target {
  const char* name;
  // Plays one input. True if it got through as an honest one does. What a target must not do is
  // crash, leak, hang, or take memory without bound; what it must keep, MIXNN_CHECK says.
  bool (*run)(ConstBytes input);
  std::vector<Input> (*seeds)();  // honest inputs, made of real encodings: all get through
  std::size_t longest;            // bytes of an input
};
std::span<const Target* const> targets();
const Target* find_target(std::string_view name);

// An input read as choices. Once nothing is left, all numbers are 0: that is the honest choice
// wherever there is one.
class Choices {
 public:
  explicit Choices(ConstBytes bytes) : left_(bytes) {}

  bool any() const { return !left_.empty(); }
  template <Numeric T>
  T number() {
    T value{};
    const ConstBytes bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::uint32_t below(std::uint32_t bound) { return number<std::uint8_t>() % bound; }
  ConstBytes some() { return take(number<std::uint16_t>()); }  // a length, and so many bytes
  ConstBytes rest() { return take(left_.size()); }

 private:
  ConstBytes take(std::size_t most) {
    const ConstBytes bytes = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(bytes.size());
    return bytes;
  }
  ConstBytes left_;
};

// The same from the other side, for seeds.
class Chosen {
 public:
  Chosen& number(Numeric auto value) {
    writer_.put(value);
    return *this;
  }
  Chosen& bytes(std::initializer_list<int> values) {
    for (const int value : values) writer_.put(static_cast<std::uint8_t>(value));
    return *this;
  }
  Chosen& some(ConstBytes bytes) {
    writer_.put(static_cast<std::uint16_t>(bytes.size()));
    return rest(bytes);
  }
  Chosen& rest(ConstBytes bytes) {
    writer_.put_bytes(bytes);
    return *this;
  }
  Input input() const { return input_; }

 private:
  Input input_;
  ByteWriter writer_{input_};
};

// Alters `bytes` from `at` on by what the fuzzer wants; by nothing, not at all.
inline void alter(Bytes bytes, std::size_t at, ConstBytes by) {
  for (std::size_t i = 0; i < by.size() && at + i < bytes.size(); ++i) bytes[at + i] ^= by[i];
}

}  // namespace mixnn::fuzzing
