#include "mixnn/data/sample_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/idx_files.hpp"
#include "data/loading.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using namespace testing_files;
using testing::HasSubstr;

class SampleFile : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& content) const {
    write(folder_.path() / name, content);
    return folder_.path() / name;
  }
  static std::string refused(const std::filesystem::path& file, const std::string& target = {}) {
    try {
      load_samples(file, {2}, target);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "nothing was refused";
  }

 private:
  ScratchFolder folder_;
};

TEST_F(SampleFile, IsATableWithoutATarget) {
  const Table table = load_samples(file("x.csv", "a,b\n1,2.5\n-3,4e2\n"), {2});
  EXPECT_EQ(table.row_shape(), Shape{2});
  EXPECT_EQ(numbers_of<float>(table), (std::vector<float>{1, 2.5f, -3, 400}));
}

TEST_F(SampleFile, LeavesTheNamedColumnOut) {
  const auto labelled = file("x.csv", "a,y,b\n1,7,2\n3,8,4\n");
  EXPECT_EQ(numbers_of<float>(load_samples(labelled, {2}, "y")), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_THAT(refused(labelled, "z"), HasSubstr("has no column 'z' (--target)"));
}

TEST_F(SampleFile, IsIdxOfAnyOtherNamePlainOrCompressed) {
  for (const auto& image :
       {file("x-ubyte", images(3, 2, 2)), file("x.idx.gz", gzipped(images(3, 2, 2)))}) {
    const Table table = load_samples(image, {1, 2, 2});
    EXPECT_EQ(table.type(), ElementType::kUint8);
    EXPECT_EQ(table.row_shape(), (Shape{1, 2, 2}));
    EXPECT_EQ(table.rows(), 3u);
  }
}

TEST_F(SampleFile, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(refused(file("x.csv", "a,b\n")), HasSubstr("has no samples below its header"));
  EXPECT_THAT(refused(file("x.csv", "a,b\n1,x\n")), HasSubstr("line 2: column 2 (b): 'x'"));
  EXPECT_THAT(refused(file("x.npy", "nothing")), HasSubstr("x.npy"));
  EXPECT_THAT(refused(file("x-ubyte", images(0, 2, 2))), HasSubstr("x-ubyte"));
  EXPECT_THAT(refused("/nowhere/x.csv"), HasSubstr("/nowhere/x.csv: no such file"));
  EXPECT_THAT(refused("/"), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace mixnn
