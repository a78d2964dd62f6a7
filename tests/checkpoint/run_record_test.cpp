// What stands beside the key: what opens a training's checkpoints, and which was written last.
#include "mixnn/checkpoint/run_record.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>

#include "checkpoint/store_testing.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunRecordTest : public CheckpointStoreTest {
 protected:
  // Of the folder, and of what is beside the key.
  void copy(const fs::path& from, const fs::path& to) const {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
    fs::permissions(to, fs::perms::owner_all);
  }
};

TEST_F(RunRecordTest, ACheckpointThatIsTakenAwayIsMissed) {
  job({1, 2});
  fs::remove(manifest(2));
  EXPECT_THAT(refused(), AllOf(HasSubstr("checkpoint 2 was written last"),
                               HasSubstr("--resume older goes on from checkpoint 1")));
  options.resume = ResumeMode::kOlder;
  EXPECT_EQ(found()->manifest.number, 1u);
  job({3});  // under a number that is not used again
  options.resume = ResumeMode::kAuto;
  EXPECT_EQ(found()->manifest.number, 3u);
}

TEST_F(RunRecordTest, AnOlderStateOfTheFolderThatIsPutBackOpensNoMore) {
  job({1, 2});
  copy(options.folder, scratch / "before");
  job({3, 4});
  copy(scratch / "before", options.folder);
  EXPECT_THAT(refused(), HasSubstr("is of an older state than the oldest that"));
  options.resume = ResumeMode::kOlder;
  EXPECT_THAT(refused(), HasSubstr("no checkpoint in it is good"));
}

TEST_F(RunRecordTest, OneOfTheSameNumberFromAnotherLifeIsNoticed) {
  job({1});
  copy(records(), scratch / "copied");
  job({2});
  copy(options.folder, scratch / "first");
  fs::remove(manifest(2));
  copy(scratch / "copied", records());
  job({2});
  copy(scratch / "first", options.folder);
  EXPECT_THAT(refused(), HasSubstr("is another one than was written last under this number"));
}

TEST_F(RunRecordTest, AFolderThatWasEmptiedIsSaidOnce) {
  job({1});
  fs::remove_all(options.folder);
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("held checkpoint 1 when it was written last")));
  job({1});
  EXPECT_THAT(notes(), IsEmpty());
  EXPECT_EQ(found()->manifest.number, 2u);
}

TEST_F(RunRecordTest, OfACheckpointThatIsGoneNothingIsLeftThatOpensIt) {
  options.keep = 1;
  job({1});
  const int first = ::open(record().c_str(), O_RDONLY);
  copy(options.folder, scratch / "seized");
  const fs::path name = record().filename();
  job({2});
  // Neither by the key and the record that are left ...
  options.folder = scratch / "seized";
  EXPECT_THAT(refused(), HasSubstr("is of an older state"));
  // ... nor by the bytes that the record had before.
  std::array<char, 64> bytes{};
  EXPECT_EQ(::pread(first, bytes.data(), bytes.size(), 0), 64);
  EXPECT_TRUE(std::ranges::all_of(bytes, [](char c) { return c == 0; }));
  ::close(first);
  EXPECT_EQ(record().filename(), name);
}

// As after a crash between any two steps of writing, or from a copy of what is beside the key.
TEST_F(RunRecordTest, AnOlderRecordOpensAllThatFollowed) {
  job({1});
  copy(records(), scratch / "copied");
  job({2, 3, 4, 5});
  copy(scratch / "copied", records());
  EXPECT_EQ(found()->manifest.number, 5u);
  job({6});
  EXPECT_EQ(found()->manifest.number, 6u);
}

TEST_F(RunRecordTest, WithoutItTheKeyOpensNothingAndTheFileIsNamed) {
  job({1});
  const fs::path file = record();
  fs::remove(file);
  EXPECT_THAT(refused(), AllOf(HasSubstr("does not open"), HasSubstr(file.string())));
}

TEST_F(RunRecordTest, OneThatIsAlteredIsNone) {
  job({1});
  std::string text(fs::file_size(record()), 0);
  std::ifstream(record()).read(text.data(), static_cast<std::streamsize>(text.size()));
  for (std::size_t at = 0; at < text.size(); at += 7) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    std::ofstream(record()) << altered;
    EXPECT_THAT(refused(), HasSubstr("does not open")) << at;
  }
  std::ofstream(record()) << text;
  EXPECT_EQ(refused(), "nothing was refused");
}

TEST_F(RunRecordTest, IfNoneCanBeKeptTheKeyOpensAllAndThatIsSaid) {
  { const CheckpointStore store(options); }  // makes the key
  std::ofstream(records()) << "in the way";  // root can write to every folder
  EXPECT_THAT(notes(), ElementsAre(AllOf(HasSubstr("the key alone opens every checkpoint"),
                                         HasSubstr("put back is not noticed"))));
  job({1, 2});
  EXPECT_EQ(found()->manifest.number, 2u);
  fs::remove(records());
  EXPECT_THAT(notes(), IsEmpty());  // from here on there is one
  job({3, 4, 5});
  fs::remove(manifest(5));
  EXPECT_THAT(refused(), HasSubstr("checkpoint 5 was written last"));
}

TEST_F(RunRecordTest, OneThatCannotBeWrittenAnyMoreStillOpensWhatFollows) {
  job({1});
  CheckpointStore store(options);
  store.find(identity, kFloats);
  store.open_record();
  fs::rename(records(), scratch / "away");
  std::ofstream(records()) << "in the way";
  add(store, 2);
  EXPECT_THAT(store.take_notes(), ElementsAre(HasSubstr("it is tried again")));
  add(store, 3);
  EXPECT_THAT(store.take_notes(), IsEmpty());
  fs::remove(records());
  fs::rename(scratch / "away", records());
  add(store, 4);
  EXPECT_EQ(RunRecords(records(), CheckpointKey::load(options.key, "/nowhere", false).record_key())
                .of_folder(store.folder())
                .records.at(0)
                .last,
            4u);
}

TEST_F(RunRecordTest, GoesWithAFolderThatIsMovedAndStaysWithOneThatIsCopied) {
  options.keep = 1;
  job({1});
  fs::rename(options.folder, scratch / "moved");
  options.folder = scratch / "moved";
  job({2});
  EXPECT_EQ(record_count(), 1u);
  copy(options.folder, scratch / "copy");
  options.folder = scratch / "copy";
  job({3, 4});
  EXPECT_EQ(found()->manifest.number, 4u);
  EXPECT_EQ(record_count(), 2u);
  options.folder = scratch / "moved";
  EXPECT_EQ(found()->manifest.number, 2u);
}

TEST_F(RunRecordTest, AJobThatWritesNothingLeavesNoneForEver) {
  job({});
  job({});
  EXPECT_EQ(record_count(), 1u);
  job({1});
  EXPECT_EQ(record_count(), 1u);
}

TEST_F(RunRecordTest, WhatAJobThatDiedWritingItLeftGoes) {
  job({1});
  const fs::path unfinished = record().string() + ".Xy12zA", other = records() / "notes.txt";
  std::ofstream(unfinished) << "secret";
  const int open = ::open(unfinished.c_str(), O_RDONLY);
  std::ofstream(other) << "x";
  job({2});
  EXPECT_FALSE(fs::exists(unfinished));
  std::array<char, 6> bytes{};
  EXPECT_EQ(::pread(open, bytes.data(), bytes.size(), 0), 6);
  EXPECT_EQ(bytes, (std::array<char, 6>{}));
  ::close(open);
  EXPECT_TRUE(fs::exists(other));
}

TEST_F(RunRecordTest, OneOfAnotherTrainingThatDoesNotOpenIsSaid) {
  job({1});
  const fs::path other = records() / std::string(32, 'a');
  std::ofstream(other) << "x";
  EXPECT_THAT(notes(), ElementsAre(AllOf(HasSubstr(other.string() + " does not open"),
                                         HasSubstr("put back is not noticed"))));
}

TEST_F(RunRecordTest, ANumberFarAboveCostsNoTime) {
  job({1});
  for (const char* digits : {"00000077", "900000000000"})
    fs::copy(manifest(1), options.folder / (std::string("checkpoint-") + digits + ".manifest"));
  EXPECT_THAT(notes(), AllOf(Contains(HasSubstr("far above all that")),
                             Contains(HasSubstr("does not open"))));
  EXPECT_EQ(found()->manifest.number, 1u);
}

}  // namespace
}  // namespace mixnn
