#include "mixnn/identity/machine_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "identity/scratch.hpp"
#include "mixnn/identity/places.hpp"

namespace mixnn {
namespace {

using testing::contents;
using ::testing::HasSubstr;
using testing::put_private;
using testing::ScratchFolder;
using testing::usage_error;

mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  ::stat(file.c_str(), &status);
  return status.st_mode & 07777;
}

TEST(MachineKey, IsMadeOnceForThisUserAloneAndReadAgain) {
  const ScratchFolder scratch;
  const auto file = scratch / "a" / "mixnn" / "identity.here";
  EXPECT_FALSE(find_machine_key(file).has_value());
  const std::optional<X25519KeyPair> made = make_machine_key(file, false);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(mode_of(file), 0600u);
  EXPECT_EQ(mode_of(file.parent_path()), 0700u);
  EXPECT_EQ(contents(file), "mixnn identity key 1: " + to_hex(made->secret.bytes()) + "\n");
  EXPECT_EQ(find_machine_key(file)->public_key, made->public_key);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}), 1)
      << "something else was left behind";
}

TEST(MachineKey, IsNeverReplacedUnlessAskedFor) {
  const ScratchFolder scratch;
  const auto file = scratch / "identity.here";
  const PublicKey first = make_machine_key(file, false)->public_key;
  EXPECT_FALSE(make_machine_key(file, false).has_value());
  EXPECT_EQ(find_machine_key(file)->public_key, first);
  put_private(scratch / "other", "no key");
  EXPECT_FALSE(make_machine_key(scratch / "other", false).has_value());
  EXPECT_EQ(contents(scratch / "other"), "no key");
  EXPECT_NE(make_machine_key(file, true)->public_key, first);
  EXPECT_NE(find_machine_key(file)->public_key, first);
  EXPECT_EQ(mode_of(file), 0600u);
}

TEST(MachineKey, AFileThatIsNotPrivateOrNoKeyIsRefused) {
  const ScratchFolder scratch;
  const auto file = scratch / "identity.here";
  ASSERT_TRUE(make_machine_key(file, false));
  const std::string good = contents(file);
  const auto complaint = [&] { return usage_error([&] { find_machine_key(file); }); };
  EXPECT_EQ(complaint(), "");
  ::chmod(file.c_str(), 0640);
  EXPECT_THAT(complaint(), HasSubstr("others can read it"));
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() - 1), good + good, good.substr(1),
        std::string("mixnn identity key 1: xyz\n"), "mixnn checkpoint key" + good.substr(18)}) {
    put_private(file, bad);
    EXPECT_THAT(complaint(), HasSubstr("is no identity key")) << bad;
  }
  std::filesystem::remove(file);
  ::mkfifo(file.c_str(), 0600);  // reading it would wait for ever
  EXPECT_THAT(complaint(), HasSubstr("is no regular file"));
  std::filesystem::remove(file);
  put_private(scratch / "elsewhere", good);
  std::filesystem::create_symlink(scratch / "elsewhere", file);
  EXPECT_THAT(complaint(), HasSubstr("cannot be read"));
}

TEST(PublicKeyText, OfLowOrderOrOfAnotherSizeIsNone) {
  const PublicKey key = X25519KeyPair::generate().public_key;
  EXPECT_EQ(public_key_from_text(to_text(key)), key);
  EXPECT_FALSE(public_key_from_text(std::string(64, '0')).has_value());
  EXPECT_FALSE(public_key_from_text(to_text(key).substr(2)).has_value());
  EXPECT_FALSE(public_key_from_text(to_text(key) + "00").has_value());
  EXPECT_FALSE(public_key_from_text("").has_value());
}

TEST(Places, HoldTheHostsNameAndAFolderOfSeveralHostsIsToldOf) {
  const ScratchFolder scratch;
  ::setenv("XDG_CONFIG_HOME", scratch.path().c_str(), 1);
  const auto file = machine_key_place();
  EXPECT_EQ(file, scratch / "mixnn" / ("identity." + host_name()).c_str());
  EXPECT_EQ(known_owners_place(), scratch / "mixnn" / ("owners." + host_name()).c_str());
  ASSERT_TRUE(make_machine_key(file, false));
  EXPECT_EQ(shared_folder_warning(file), "");
  ASSERT_TRUE(make_machine_key(scratch / "mixnn" / "identity.elsewhere", false));
  EXPECT_THAT(shared_folder_warning(file), HasSubstr("identity.elsewhere is there, too"));
  ::unsetenv("XDG_CONFIG_HOME");
}

}  // namespace
}  // namespace mixnn
