#include "mixnn/identity/roster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "identity/scratch.hpp"
#include "mixnn/identity/known_owners.hpp"
#include "mixnn/identity/machine_key.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;
using testing::put_private;
using testing::ScratchFolder;
using testing::usage_error;

PublicKey any_key() { return X25519KeyPair::generate().public_key; }

TEST(Roster, IsReadAsItWasWritten) {
  const ScratchFolder scratch;
  EXPECT_FALSE(Roster::find(scratch / "roster").has_value());
  Roster roster;
  const PublicKey a = any_key(), b = any_key(), c = any_key();
  EXPECT_EQ(roster.pin("node1", a, 4), Roster::Pinned::kNew);
  EXPECT_EQ(roster.pin("node0", b, 2), Roster::Pinned::kNew);
  EXPECT_EQ(roster.pin("node1", c, 8), Roster::Pinned::kSecondKey);
  roster.save(scratch / "roster");
  const Roster again = Roster::find(scratch / "roster").value();
  EXPECT_EQ(to_hex(again.psk().bytes()), to_hex(roster.psk().bytes()));
  ASSERT_EQ(again.entries().size(), 2u);
  EXPECT_EQ(again.entries()[0].host, "node0");
  EXPECT_EQ(again.find(a), &again.entries()[1]);
  EXPECT_EQ(again.find(c), &again.entries()[1]) << "both keys of a machine are valid at once";
  EXPECT_EQ(again.find(c)->ranks, 8u);
  EXPECT_EQ(again.find(any_key()), nullptr);
  EXPECT_EQ(again.digest(a), roster.digest(a));
}

TEST(Roster, AThirdKeyOfAMachineTakesThePlaceOfTheOldest) {
  Roster roster;
  const PublicKey a = any_key(), b = any_key(), c = any_key();
  roster.pin("node", a, 1);
  roster.pin("node", b, 1);
  EXPECT_EQ(roster.pin("node", b, 1), Roster::Pinned::kKnown);
  EXPECT_EQ(roster.pin("node", c, 1), Roster::Pinned::kOldestReplaced);
  EXPECT_EQ(roster.find(a), nullptr);
  EXPECT_NE(roster.find(b), nullptr);
  EXPECT_NE(roster.find(c), nullptr);
}

TEST(Roster, AKeyInTwoEntriesIsAnError) {
  Roster roster;
  const PublicKey a = any_key(), b = any_key();
  roster.pin("node0", a, 1);
  roster.pin("node1", b, 1);
  EXPECT_THAT(usage_error([&] { roster.pin("node2", a, 1); }),
              HasSubstr("node2 has the key of node0"));
  EXPECT_THAT(usage_error([&] { roster.pin("node1", a, 1); }),
              HasSubstr("node1 has the key of node0"));
  ASSERT_EQ(roster.entries().size(), 2u) << "an entry was lost with the error";
  EXPECT_EQ(roster.find(b)->host, "node1");

  const std::string head = "mixnn roster 1\npsk " + std::string(64, '7') + "\n";
  EXPECT_THAT(usage_error([&] {
                Roster::parse(head + "host x ranks 1 key " + to_text(a) + "\nhost y ranks 1 key " +
                                  to_text(a) + "\n",
                              "FILE");
              }),
              HasSubstr("FILE: line 4: y has the key of x"));
}

TEST(Roster, WhatIsNoneIsRefusedWithItsLine) {
  const std::string key = to_text(any_key()), other = to_text(any_key());
  const std::string head = "mixnn roster 1\npsk " + std::string(64, '7') + "\n";
  const auto complaint = [](const std::string& text) {
    return usage_error([&] { Roster::parse(text, "FILE"); });
  };
  EXPECT_EQ(complaint(head + "host x ranks 1 key " + key + "\n"), "");
  EXPECT_THAT(complaint(""), HasSubstr("FILE: line 1"));
  EXPECT_THAT(complaint("mixnn roster 2\n"), HasSubstr("FILE: line 1"));
  EXPECT_THAT(complaint("mixnn roster 1\npsk 77\n"), HasSubstr("FILE: line 2"));
  for (const std::string& entry : std::initializer_list<std::string>{
           "host x ranks 0 key " + key, "host x ranks -1 key " + key, "host x ranks 1x key " + key,
           "host x ranks 99999999999 key " + key, "host x ranks 1 key " + std::string(64, '0'),
           std::string("host x ranks 1"), "host x ranks 1 key " + key + " key",
           "host -x ranks 1 key " + key, "host x;y ranks 1 key " + key,
           "host x ranks 1 key " + key + " key " + key,
           "host x ranks 1 key " + key + " key " + other + " key " + other})
    EXPECT_THAT(complaint(head + entry + "\n"), HasSubstr("FILE: line 3")) << entry;
  EXPECT_THAT(complaint(head + "host x ranks 1 key " + key + "\nhost x ranks 1 key " + other),
              HasSubstr("FILE: line 4: x is there twice"));
}

TEST(Roster, ItsDigestFollowsFromAllThatItSaysAndFromItsOwner) {
  const PublicKey owner = any_key(), a = any_key(), b = any_key();
  Roster roster;
  roster.pin("node0", a, 1);
  const Digest first = roster.digest(owner);
  EXPECT_NE(roster.digest(any_key()), first);
  roster.pin("node0", a, 2);
  EXPECT_NE(roster.digest(owner), first);
  roster.pin("node0", a, 1);
  EXPECT_EQ(roster.digest(owner), first);
  roster.pin("node1", b, 1);
  EXPECT_NE(roster.digest(owner), first);
  EXPECT_TRUE(roster.remove("node1"));
  EXPECT_FALSE(roster.remove("node1"));
  EXPECT_EQ(roster.digest(owner), first);
}

TEST(Roster, WhoeverChangesItAtTheSameTimeLosesNothing) {
  const ScratchFolder scratch;
  constexpr int kHosts = 40;
  const auto add = [&](const std::string& name) {
    for (int i = 0; i < kHosts; ++i)
      Roster::change(scratch / "roster",
                     [&](Roster& roster) { roster.pin(name + std::to_string(i), any_key(), 1); });
  };
  std::thread other(add, "a");
  add("b");
  other.join();
  EXPECT_EQ(Roster::find(scratch / "roster").value().entries().size(), 2u * kHosts);
}

TEST(Roster, AChangeThatFailsLeavesItAsItWas) {
  const ScratchFolder scratch;
  const PublicKey a = any_key();
  Roster::change(scratch / "roster", [&](Roster& roster) { roster.pin("a", a, 1); });
  const std::string before = testing::contents(scratch / "roster");
  EXPECT_NE(usage_error([&] {
              Roster::change(scratch / "roster", [&](Roster& roster) {
                roster.pin("b", any_key(), 1);
                roster.pin("c", a, 1);
              });
            }),
            "");
  EXPECT_EQ(testing::contents(scratch / "roster"), before);
}

TEST(KnownOwners, WhoeverAddsOneAtTheSameTimeLosesNothing) {
  const ScratchFolder scratch;
  const auto add = [&] {
    for (int i = 0; i < 40; ++i) KnownOwners::add(scratch / "owners", {any_key(), Roster().psk()});
  };
  std::thread other(add);
  add();
  other.join();
  EXPECT_EQ(std::ranges::count(testing::contents(scratch / "owners"), '\n'), 1 + 2 * 40);
}

TEST(KnownOwners, AreReadAsTheyWereWrittenOneLineAKey) {
  const ScratchFolder scratch;
  const auto file = scratch / "owners";
  EXPECT_TRUE(KnownOwners::load(file).empty());
  KnownOwner one{any_key(), Roster().psk()}, other{any_key(), Roster().psk()};
  KnownOwners known;
  known.put(one);
  known.put(other);
  one.psk = Roster().psk();
  known.put(one);
  known.save(file);
  const KnownOwners again = KnownOwners::load(file);
  ASSERT_NE(again.find(one.key), nullptr);
  EXPECT_EQ(to_hex(again.find(one.key)->psk.bytes()), to_hex(one.psk.bytes()));
  EXPECT_NE(again.find(other.key), nullptr);
  EXPECT_EQ(again.find(any_key()), nullptr);
  EXPECT_EQ(std::ranges::count(testing::contents(file), '\n'), 3);
}

TEST(KnownOwners, ALineThatIsNoneIsRefused) {
  const ScratchFolder scratch;
  put_private(scratch / "owners", "mixnn owners 1\nowner abc psk def\n");
  EXPECT_THAT(usage_error([&] { KnownOwners::load(scratch / "owners"); }), HasSubstr("line 2"));
  put_private(scratch / "owners", "something\n");
  EXPECT_THAT(usage_error([&] { KnownOwners::load(scratch / "owners"); }),
              HasSubstr("is no list of owners"));
  const std::string good = to_line({any_key(), Roster().psk()});
  EXPECT_TRUE(known_owner_from_line(good.substr(0, good.size() - 1)).has_value());
  EXPECT_FALSE(known_owner_from_line(good + " more").has_value());
}

}  // namespace
}  // namespace mixnn
