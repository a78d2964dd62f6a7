#include "mixnn/data/formats/npy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/array_files.hpp"
#include "data/loading.hpp"

namespace mixnn {
namespace {

using namespace testing_files;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const DataRequest kTargets{.labels_classes = false};

std::string floats(int version = 1) {
  return npy("<f4", "3, 2", packed<float>({1, 2, 3, 4, 5, 6.5f}), version);
}
std::string classes() { return npy("<i8", "3,", packed<std::int64_t>({0, 2, 1})); }

// Three samples of two floats for training, and the same for the test.
void write_arrays(const fs::path& folder, const std::string& x, const std::string& y) {
  for (const char* const part : {"train", "test"}) {
    write(folder / ("x_" + std::string(part) + ".npy"), x);
    write(folder / ("y_" + std::string(part) + ".npy"), y);
  }
}

DataPair loaded(const std::string& x, const std::string& y, const DataRequest& request = {}) {
  const ScratchFolder folder;
  write_arrays(folder.path(), x, y);
  return load_data_folder(folder.path(), request);
}

std::string problem(const std::string& x, const std::string& y, const DataRequest& request = {}) {
  const ScratchFolder folder;
  write_arrays(folder.path(), x, y);
  return problem_of(folder.path(), request);
}

TEST(NpyFolder, ReadsEveryVersionOfTheHeader) {
  for (const int version : {1, 2, 3}) {
    const DataPair pair = loaded(floats(version), classes());
    EXPECT_EQ(pair.train.samples.row_shape(), Shape{2});
    EXPECT_EQ(pair.train.samples.type(), ElementType::kFloat32);
    EXPECT_EQ(numbers_of<float>(pair.test.samples), (std::vector<float>{1, 2, 3, 4, 5, 6.5f}));
    EXPECT_EQ(pair.train.labels.type(), ElementType::kUint8);
    EXPECT_EQ(numbers_of<std::uint8_t>(pair.train.labels), (std::vector<std::uint8_t>{0, 2, 1}));
  }
}

TEST(NpyFolder, ReadsEveryTypeOfNumbers) {
  const std::vector<std::uint8_t> small{1, 2, 3, 4, 5, 200};
  const std::vector<std::uint16_t> words{1, 2, 3, 4, 5, 200};
  const std::vector<float> reals{1, 2, 3, 4, 5, 200};
  EXPECT_EQ(
      numbers_of<std::uint8_t>(loaded(npy("|u1", "3, 2", packed(small)), classes()).train.samples),
      small);
  for (const std::string& x : {npy("<u2", "3, 2", packed(words)),
                               npy(">u2", "3, 2", std::string("\0\1\0\2\0\3\0\4\0\5\0\xc8", 12)),
                               npy("<i4", "3, 2", packed<std::int32_t>({1, 2, 3, 4, 5, 200})),
                               npy("<i8", "3, 2", packed<std::int64_t>({1, 2, 3, 4, 5, 200}))})
    EXPECT_EQ(numbers_of<std::uint16_t>(loaded(x, classes()).train.samples), words);
  for (const std::string& x : {npy("<f4", "3, 2", packed(reals)),
                               npy("<f8", "3, 2", packed<double>({1, 2, 3, 4, 5, 200}))})
    EXPECT_EQ(numbers_of<float>(loaded(x, classes()).train.samples), reals);
  const DataPair negative =
      loaded(npy("<i4", "3, 2", packed<std::int32_t>({-1, 2, 3, 4, 5, 70000})), classes());
  EXPECT_EQ(numbers_of<float>(negative.train.samples), (std::vector<float>{-1, 2, 3, 4, 5, 70000}));
}

TEST(NpyFolder, BothSetsGetOneType) {
  const ScratchFolder folder;
  write_arrays(folder.path(), npy("|u1", "3, 2", "abcdef"), classes());
  write(folder.path() / "x_test.npy", floats());
  const DataPair pair = load_data_folder(folder.path());
  EXPECT_EQ(pair.train.samples.type(), ElementType::kFloat32);
  EXPECT_EQ(numbers_of<float>(pair.train.samples)[1], 98.0f);
}

TEST(NpyFolder, MoreThan256ClassesTakeTwoBytes) {
  const DataPair pair = loaded(floats(), npy("<i8", "3,", packed<std::int64_t>({0, 1000, 65535})));
  EXPECT_EQ(pair.train.labels.type(), ElementType::kUint16);
  EXPECT_EQ(numbers_of<std::uint16_t>(pair.train.labels),
            (std::vector<std::uint16_t>{0, 1000, 65535}));
}

TEST(NpyFolder, TargetsAreFloatsWithAShape) {
  const DataPair one = loaded(floats(), npy("<f8", "3,", packed<double>({0.5, -2, 7})), kTargets);
  EXPECT_EQ(one.train.labels.row_shape(), Shape{1});
  EXPECT_EQ(numbers_of<float>(one.train.labels), (std::vector<float>{0.5f, -2, 7}));
  const DataPair two =
      loaded(floats(), npy("<i4", "3, 2", packed<std::int32_t>({1, 2, 3, 4, 5, 6})), kTargets);
  EXPECT_EQ(two.train.labels.row_shape(), Shape{2});
  EXPECT_EQ(numbers_of<float>(two.train.labels), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(NpyFolder, SamplesTakeTheShapeOfTheModelIfTheyAreFlatOrDifferByOnes) {
  const std::string flat = npy("|u1", "3, 4", std::string(12, 'a')),
                    square = npy("|u1", "3, 2, 2", std::string(12, 'a'));
  for (const std::string& x : {flat, square})
    EXPECT_EQ(loaded(x, classes(), {.input_shape = {1, 2, 2}}).train.samples.row_shape(),
              (Shape{1, 2, 2}));
  EXPECT_EQ(loaded(square, classes(), {.input_shape = {4}}).train.samples.row_shape(),
            (Shape{2, 2}));
  EXPECT_EQ(loaded(flat, classes(), {.input_shape = {5}}).train.samples.row_shape(), Shape{4});
}

TEST(NpyFolder, LabelsTakeTheShapeThatTheLossWantsIfTheyDifferByOnes) {
  const std::string column = npy("<i8", "3, 1", packed<std::int64_t>({0, 1, 1}));
  EXPECT_EQ(loaded(floats(), column).train.labels.row_shape(), Shape{1});
  EXPECT_EQ(loaded(floats(), column, {.label_shape = Shape{}}).train.labels.row_shape(), Shape{});
  EXPECT_EQ(loaded(floats(), classes(), {.label_shape = Shape{1}}).test.labels.row_shape(),
            Shape{1});
  const std::string pair = npy("|u1", "3, 2", "abcdef");
  EXPECT_EQ(loaded(floats(), pair, {.label_shape = Shape{1}}).train.labels.row_shape(), Shape{2});
}

TEST(NpyFolder, ReadsArchivesOfEitherKind) {
  const ScratchFolder two, one;
  for (const char* const part : {"train.npz", "test.npz"})
    write_zip(two.path() / part, {{"X.npy", floats()}, {"y.npy", classes()}});
  write_zip(one.path() / "mnist.npz", {{"x_train.npy", floats()},
                                       {"y_train.npy", classes()},
                                       {"x_test.npy", floats(2)},
                                       {"y_test.npy", classes()}});
  for (const fs::path& folder : {two.path(), one.path()}) {
    const DataPair pair = load_data_folder(folder);
    EXPECT_EQ(pair.test.count(), 3u);
    EXPECT_EQ(numbers_of<float>(pair.test.samples)[5], 6.5f);
    EXPECT_EQ(numbers_of<std::uint8_t>(pair.train.labels), (std::vector<std::uint8_t>{0, 2, 1}));
  }
}

TEST(NpyFolder, RefusesDamagedArchivesAndSaysWhere) {
  const auto error = [](const auto& make) {
    const ScratchFolder folder;
    for (const char* const part : {"train.npz", "test.npz"})
      write_zip(folder.path() / part, {{"x.npy", floats()}, {"y.npy", classes()}});
    make(folder.path());
    return problem_of(folder.path());
  };
  EXPECT_THAT(error([](const fs::path& at) { write(at / "train.npz", "no archive"); }),
              HasSubstr("train.npz: is no zip archive that can be read: Not a zip archive"));
  EXPECT_THAT(error([](const fs::path& at) { fs::remove(at / "test.npz"); }),
              HasSubstr("test.npz: is missing"));
  EXPECT_THAT(error([](const fs::path& at) {
                write_zip(at / "train.npz", {{"x.npy", floats()}, {"z.npy", classes()}});
              }),
              HasSubstr("train.npz: has no y.npy; it holds x.npy, z.npy"));
  EXPECT_THAT(error([](const fs::path& at) {
                write_zip(at / "train.npz", {{"x.npy", "short"}, {"y.npy", classes()}});
              }),
              HasSubstr("train.npz: x.npy: is truncated within its header"));
  EXPECT_THAT(error([](const fs::path& at) {
                const std::string big = npy("|u1", "60000,", std::string(60000, 'a'));
                write_zip(at / "train.npz", {{"x.npy", floats()}, {"y.npy", big}});
                std::fstream file(at / "train.npz", std::ios::in | std::ios::out);
                file.seekp(250);
                file << "damage";
              }),
              HasSubstr("train.npz: y.npy: is damaged"));
}

struct BadArray {
  std::string x, y, error;
};

TEST(NpyFolder, RefusesWhatItCannotTakeAndSaysWhy) {
  const std::string x = floats(), y = classes();
  const auto header = [](const std::string& text) { return npy_with(text, ""); };
  const std::vector<BadArray> table = {
      {"", y, "x_train.npy: is truncated within its header"},
      {x.substr(0, 9), y, "is truncated within its header"},
      {x.substr(0, 40), y, "is truncated within its header"},
      {"PK\3\4 and more text", y, "is no NPY file"},
      {"\x93NUMPY\4" + x.substr(7), y, "is an NPY file of version 4, not 1, 2 or 3"},
      {"\x93NUMPY\2" + std::string("\0\0\1\0\1 and more", 14), y, "claims a header of 16777"},
      {x.substr(0, x.size() - 1), y, "x_train.npy: is truncated: 5 of 6 values"},
      {x + "x", y, "has bytes behind its 6 values"},
      {npy_with("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }", "x"), y,
       "is in Fortran's order"},
      {npy("|O", "3, 2", "x"), y, "holds Python objects"},
      {npy("<c8", "3, 2", "x"), y, "holds numbers of the type '<c8'; save it as uint8"},
      {npy("", "3, 2", "x"), y, "holds numbers of the type ''"},
      {header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }"), y,
       "holds records of several fields"},
      {header("{'descr': '<f4', 'fortran_order': False}"), y,
       "has a header without descr, fortran_order or shape"},
      {header("{'descr': '<f4', 'order': False}"), y, "unknown key 'order'"},
      {header("{'descr': '<f4"), y, "a quoted text is expected before '<f4"},
      {header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, x)"), y,
       "a whole number is expected before 'x)"},
      {npy("<f4", "", "1234"), y, "holds a single number, not an array"},
      {npy("<f4", "0, 2", ""), y, "holds no samples"},
      {npy("<f4", "-3, 2", ""), y, "claims an impossible size: extent 0 is -3"},
      {npy("<f4", "3, 99999999999", ""), y, "claims an impossible size: extent 1"},
      {npy("<f4", "100000000, 1000", "xx"), y, "is truncated: 0 of 100000000000 values"},
      {npy("<f4", "3, 2", packed<float>({1, 2, 3, 4, NAN, 6})), y,
       "x_train.npy: row 2 has a NaN; numbers must be finite"},
      {npy("<f8", "3, 2", packed<double>({1, 2, 1e99, 4, 5, 6})), y,
       "row 1 has a number that is too large for float32"},
      {npy("<i8", "3, 2", packed<std::int64_t>({1, 2, 3, 4, 5, 16777217})), y,
       "row 2 has the number 16777217, which float32 does not hold exactly"},
      {x, npy("<i8", "2,", packed<std::int64_t>({0, 1})),
       "y_train.npy: has 2 labels, but x_train.npy has 3 samples"},
      {x, npy("<i8", "3,", packed<std::int64_t>({0, -1, 1})),
       "y_train.npy: row 1 has the label -1, but MODEL's loss takes classes"},
      {x, npy("<i8", "3,", packed<std::int64_t>({0, 65536, 1})), "row 1 has the label 65536"},
      {x, npy("<f4", "3,", packed<float>({0, 0.5f, 1})), "row 1 has the label 0.5"},
      {x, npy("<f4", "3,", packed<float>({0, INFINITY, 1})), "row 1 has the label inf"},
  };
  for (const BadArray& bad : table) {
    SCOPED_TRACE(bad.error);
    EXPECT_THAT(problem(bad.x, bad.y), HasSubstr(bad.error));
  }
  EXPECT_THAT(problem(x, npy("<f4", "3,", packed<float>({0, NAN, 1})), kTargets),
              HasSubstr("y_train.npy: row 1 has a NaN"));
}

TEST(NpyFolder, NamesTheFileThatIsMissing) {
  const ScratchFolder folder;
  write(folder.path() / "x_train.npy", floats());
  EXPECT_THAT(problem_of(folder.path()), HasSubstr("has neither y_train.npy nor y_train.npy.gz"));
}

// Far more than what is read rather than mapped.
TEST(NpyFolder, MapsALargeFile) {
  const ScratchFolder folder;
  std::vector<float> values(600'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const std::string x = npy("<f4", "3, 200000", packed(values));
  write_arrays(folder.path(), x, classes());
  const DataPair pair = load_data_folder(folder.path());
  std::ifstream maps("/proc/self/maps");
  const std::string all{std::istreambuf_iterator<char>(maps), {}};
  EXPECT_THAT(all, HasSubstr("x_train.npy"));
  EXPECT_EQ(numbers_of<float>(pair.train.samples), values);
  write(folder.path() / "x_test.npy", x + "x");
  EXPECT_THAT(problem_of(folder.path()), HasSubstr("x_test.npy: has bytes behind its 600000"));
  write(folder.path() / "x_test.npy", x.substr(0, x.size() - 3));
  EXPECT_THAT(problem_of(folder.path()), HasSubstr("is truncated: 599999 of 600000 values"));
}

}  // namespace
}  // namespace mixnn
