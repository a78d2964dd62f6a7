#include "mixnn/train/model_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/idx_files.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/train/safetensors.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;
using testing_files::ScratchFolder;
using testing_files::write;

const ModelSpec& model() {
  static const ModelSpec m = parse_model(
      R"({"name": "small \"one\"", "input": {"shape": [1, 2, 3], "scale": 1},
          "loss": "cross_entropy", "stages": [
          {"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 4},
                      {"type": "relu"}]},
          {"layers": [{"type": "relu"}]},
          {"layers": [{"type": "linear", "out_features": 3},
                      {"type": "linear", "out_features": 2}]}]})",
      "small");
  return m;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

template <class Error, class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Safetensors, SurvivesARoundTrip) {
  const ScratchFolder folder;
  const auto parameters = initial_parameters(model(), 5);
  save_safetensors(folder.path() / "model.safetensors", model(), parameters);
  EXPECT_EQ(load_safetensors(folder.path() / "model.safetensors", model()), parameters);
}

// The format read by hand, as other programs read it.
TEST(Safetensors, HasPyTorchsNamesShapesAndAlignedOffsets) {
  const ScratchFolder folder;
  const auto parameters = initial_parameters(model(), 5);
  save_safetensors(folder.path() / "m", model(), parameters);
  const std::string all = content(folder.path() / "m");
  std::uint64_t length = 0;
  std::memcpy(&length, all.data(), 8);
  ASSERT_EQ(length % 8, 0u);
  ASSERT_EQ(all[8], '{');
  const auto header = nlohmann::json::parse(all.substr(8, length));
  EXPECT_EQ(header["__metadata__"],
            nlohmann::json::parse(
                R"({"format": "pt", "name": "small \"one\"", "stages": "0,0,0,1,2,2"})"));
  EXPECT_EQ(header["1.weight"],
            nlohmann::json::parse(R"({"dtype": "F32", "shape": [4, 6], "data_offsets": [0, 96]})"));
  EXPECT_EQ(header["1.bias"],
            nlohmann::json::parse(R"({"dtype": "F32", "shape": [4], "data_offsets": [96, 112]})"));
  EXPECT_EQ(header["5.weight"]["shape"], nlohmann::json::parse("[2, 3]"));
  EXPECT_EQ(header.size(), 7u);
  std::vector<float> bias(3);
  std::memcpy(bias.data(),
              all.data() + 8 + length + header["4.bias"]["data_offsets"][0].get<std::size_t>(), 12);
  EXPECT_TRUE(std::equal(bias.begin(), bias.end(), parameters[2].begin() + 12));
}

TEST(Safetensors, IsForItsOwnerAloneAndLeavesNothingElse) {
  const ScratchFolder folder;
  const auto file = folder.path() / "model.safetensors";
  write(file, "an older file");
  ::chmod(file.c_str(), 0644);
  save_safetensors(file, model(), initial_parameters(model(), 5));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Safetensors, SaysWhereItCannotWrite) {
  const ScratchFolder folder;
  const auto save = [](const std::filesystem::path& file) {
    return error_of<RunError>(
        [&] { save_safetensors(file, model(), initial_parameters(model(), 5)); });
  };
  EXPECT_THAT(save(folder.path() / "none" / "m"),
              HasSubstr("none/m: cannot be created: No such file or directory"));
  std::filesystem::create_directory(folder.path() / "m");
  EXPECT_THAT(save(folder.path() / "m"), HasSubstr("/m: cannot be put in its place"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1)
      << "no temporary file stays";
}

TEST(Safetensors, RefusesWhatIsDamagedOrOfAnotherModel) {
  const ScratchFolder folder;
  const auto file = folder.path() / "m";
  save_safetensors(file, model(), initial_parameters(model(), 5));
  const std::string good = content(file);
  ModelSpec wider = model();
  wider.stages[0][1] = LinearSpec{5};
  ModelSpec longer = model();
  longer.stages[2].push_back(LinearSpec{2});
  ModelSpec shorter = model();
  shorter.stages[2].pop_back();

  const auto load = [&](const std::string& bytes, const ModelSpec& m) {
    write(file, bytes);
    return error_of<UsageError>([&] { load_safetensors(file, m); });
  };
  EXPECT_EQ(load(good, model()), "accepted");
  EXPECT_THAT(load(good, wider), HasSubstr("m: does not fit the model: tensor 1.weight should be"));
  EXPECT_THAT(load(good, longer), HasSubstr("tensor 6.weight should be"));
  EXPECT_THAT(load(good, shorter), HasSubstr("which has no tensor 5."));
  EXPECT_THAT(load("", model()), HasSubstr("is no safetensors file"));
  EXPECT_THAT(load(std::string(64, '\xff'), model()), HasSubstr("is no safetensors file"));
  EXPECT_THAT(load(good.substr(0, 60), model()), HasSubstr("is truncated within its header"));
  EXPECT_THAT(load(good.substr(0, good.size() - 1), model()), HasSubstr("is truncated"));
  EXPECT_THAT(load(good + "x", model()), HasSubstr("has bytes behind its tensors"));
  EXPECT_THAT(load(std::string("\x02\0\0\0\0\0\0\0[]", 10), model()),
              HasSubstr("its header is no JSON object"));
  EXPECT_THAT(error_of<UsageError>([&] { load_safetensors(folder.path() / "none", model()); }),
              HasSubstr("none: cannot be opened"));
}

TEST(Safetensors, AHeaderNestedVeryDeepEndedTheProgramWithoutAWord) {
  const ScratchFolder folder;
  const auto file = folder.path() / "m";
  const std::string header =
      R"({"1.weight":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const std::uint64_t length = header.size();
  write(file, std::string(reinterpret_cast<const char*>(&length), sizeof length) + header);
  EXPECT_THAT(
      error_of<UsageError>([&] { load_safetensors(file, model()); }),
      HasSubstr("m: header: line 1, column 140: not valid JSON: nested more than 128 deep"));
}

// A file with this header, over so many bytes of zeros.
std::string file_of(const std::string& header, std::size_t bytes) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header +
         std::string(bytes, '\0');
}

TEST(Safetensors, SaysWhatIsWrongWithATensorOfAnotherProgramsFile) {
  const ScratchFolder folder;
  const auto file = folder.path() / "m";
  const auto load = [&](const std::string& tensors, std::size_t bytes) {
    write(file, file_of("{" + tensors + "}", bytes));
    return error_of<UsageError>([&] { SafetensorsFile of(file); });
  };
  const auto tensor = [](const char* name, const char* dtype, const char* shape, const char* at) {
    return text(R"("%s": {"dtype": "%s", "shape": %s, "data_offsets": %s})", name, dtype, shape,
                at);
  };
  EXPECT_EQ(load(tensor("a", "F32", "[2]", "[0, 8]"), 8), "accepted");
  EXPECT_EQ(load(tensor("a", "I64", "[]", "[0, 8]"), 8), "accepted");
  EXPECT_THAT(load(tensor("a", "F33", "[2]", "[0, 8]"), 8),
              HasSubstr("m: header: tensor a: unknown dtype \"F33\""));
  EXPECT_THAT(load(tensor("a", "F32", "[-2]", "[0, 8]"), 8), HasSubstr("an array of counts"));
  EXPECT_THAT(load(tensor("a", "F32", "[4294967296, 4294967296]", "[0, 8]"), 8),
              HasSubstr("is too large"));
  EXPECT_THAT(load(tensor("a", "F32", "[0, 9223372036854775808]", "[0, 0]"), 0),
              HasSubstr("is too large"));
  EXPECT_THAT(load(tensor("a", "F32", "[2]", "[0, 8, 9]"), 8), HasSubstr("must be two counts"));
  EXPECT_THAT(load(tensor("a", "F32", "[2]", "[8, 0]"), 8), HasSubstr("lies at bytes [8,0]"));
  EXPECT_THAT(load(tensor("a", "F32", "[2]", "[0, 8]"), 7), HasSubstr("is truncated"));
  EXPECT_THAT(load(tensor("a", "F32", "[3]", "[0, 8]"), 8),
              HasSubstr("has 8 bytes, but F32 of shape [3] takes 12"));
  EXPECT_THAT(load(R"("a": {"dtype": "F32"})", 0), HasSubstr("tensor a: has no \"shape\""));
  EXPECT_THAT(load(R"("a": 7)", 0), HasSubstr("tensor a: has no \"dtype\""));
  EXPECT_THAT(
      load(tensor("a", "F32", "[2]", "[0, 8]") + ", " + tensor("b", "F32", "[1]", "[4, 8]"), 8),
      HasSubstr("tensor b overlaps another"));
  EXPECT_THAT(
      load(tensor("a", "F32", "[1]", "[0, 4]") + ", " + tensor("b", "F32", "[1]", "[8, 12]"), 12),
      HasSubstr("bytes 4 to 8 are of no tensor"));
  EXPECT_THAT(
      load(tensor("a", "F32", "[1]", "[0, 4]") + ", " + tensor("a", "F32", "[1]", "[4, 8]"), 8),
      HasSubstr("\"a\""));
  write(file, std::string("\xff\xff\xff\xff\xff\0\0\0", 8));
  EXPECT_THAT(error_of<UsageError>([&] { SafetensorsFile of(file); }),
              HasSubstr("its header would have 1099511627775 bytes"));
}

// As PyTorch's writer sorts them; in types that hold the same numbers.
TEST(Safetensors, ReadsTensorsInAnyOrderAndOfOtherTypes) {
  const ScratchFolder folder;
  const auto file = folder.path() / "m";
  const std::string header =
      R"({"f": {"dtype": "F64", "shape": [2], "data_offsets": [12, 28]},
          "h": {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]},
          "b": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [8, 12]}})";
  std::string all = file_of(header, 0);
  const std::uint16_t halves[] = {0x3c00, 0xc100, 0x0001, 0x7c00, 0x3fc0, 0xbf80};
  const double doubles[] = {0.25, -3};
  all.append(reinterpret_cast<const char*>(halves), sizeof halves);
  all.append(reinterpret_cast<const char*>(doubles), sizeof doubles);
  write(file, all);
  SafetensorsFile found(file);
  EXPECT_EQ(found.floats("f"), (std::vector<float>{0.25f, -3}));
  EXPECT_EQ(found.floats("h"),
            (std::vector<float>{1, -2.5f, 0x1p-24f, std::numeric_limits<float>::infinity()}));
  EXPECT_EQ(found.floats("b"), (std::vector<float>{1.5f, -1}));
}

}  // namespace
}  // namespace mixnn
