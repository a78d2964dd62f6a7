// Every type with a description: tickets, books, reports, parts of traces and specifications, run
// parameters, manifests, and what else there is.
#include "fuzz/target.hpp"
#include "wire/described_types.hpp"
#include "wire/drawing.hpp"

namespace mixnn::fuzzing {
namespace {

// Two bytes that choose a type by its name: they stay what they are if others come or go.
std::uint16_t number_of(std::string_view name) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::uint16_t>(hash ^ hash >> 16);
}

bool run_description(ConstBytes input) {
  Choices choices(input);
  const auto chosen = choices.number<std::uint16_t>();
  const ConstBytes bytes = choices.rest();
  bool accepted = false;
  testing::each_described_type([&]<class T>(const char* name) {
    if (number_of(name) == chosen) accepted = testing::fuzz<T>(bytes);
  });
  return accepted;
}

std::vector<Input> description_seeds() {
  std::vector<Input> seeds;
  testing::each_described_type([&]<class T>(const char* name) {
    CounterRng rng(1, RandomPurpose::kTest, 0);
    Input longest;  // of a few, but short enough for a corpus
    for (int i = 0; i < 20; ++i) {
      const Input drawn = testing::draw_valid<T>(rng);
      if (longest.empty() || (drawn.size() > longest.size() && drawn.size() <= 600))
        longest = drawn;
    }
    seeds.push_back(Chosen().number(number_of(name)).rest(longest).input());
  });
  return seeds;
}

}  // namespace

extern const Target kDescriptions;
const Target kDescriptions{"descriptions", run_description, description_seeds, 2048};

}  // namespace mixnn::fuzzing
