#!/usr/bin/env python3
"""What tests/run.sh says of all suites, by ctest's own output: nothing but a pass counts as one.

usage: count_test.py CTEST MANY_TESTS
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import count

CTEST, MANY = sys.argv.pop(1), sys.argv.pop(1)
RUN = pathlib.Path(__file__).resolve().parent.parent / "run.sh"

TESTS = """
add_test(good sh -c "exit 0")
add_test(bad sh -c "exit 3")
add_test(killed sh -c "kill -KILL $$")
add_test(slow sleep 60)
add_test(absent /no/such/program)
add_test(skips sh -c "exit 77")
add_test(skips_one sh -c "echo '[  SKIPPED ] A.B (0 ms)'; echo '[  SKIPPED ] 1 test, listed:'")
add_test(says_so sh -c "echo skipped: no such thing here")
add_test(says_so_and_fails sh -c "echo skipped: no such thing here; exit 1")
add_test(off sh -c "exit 0")
set_tests_properties(slow PROPERTIES TIMEOUT 1)
set_tests_properties(skips PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(off PROPERTIES DISABLED ON)
"""


class Counting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def ctest(self, *arguments):
        (self.folder / "CTestTestfile.cmake").write_text(TESTS)
        return self.run_ctest(*arguments)

    def run_ctest(self, *arguments):
        done = subprocess.run([CTEST, "--test-dir", self.folder, "--output-junit",
                               self.folder / "junit", *arguments], capture_output=True)
        return count.count("ctest", self.folder / "junit", done.returncode)

    def together(self, *chosen):
        """The count, and what failed, of a process with the chosen tests of many_tests.cpp."""
        report = self.folder / "many" / "1of1.xml"
        report.unlink(missing_ok=True)
        (self.folder / "CTestTestfile.cmake").write_text(
            f'add_test(many/1of1 "{MANY}" "--gtest_output=xml:{report}"'
            f' "--gtest_filter={":".join(chosen)}")\n'
            "set_tests_properties(many/1of1 PROPERTIES TIMEOUT 2)\n")
        return self.run_ctest(), list(count.failures("ctest", self.folder / "junit"))

    def lines(self, text, code):
        (self.folder / "output").write_text(text)
        return count.count("lines", self.folder / "output", code)

    def test_ctest(self):
        self.assertEqual(self.ctest(), (3, 5, 4))
        self.assertEqual(self.ctest("-R", "^good$"), (1, 0, 0))
        self.assertEqual(self.ctest("-R", "^absent$"), (0, 1, 0))

    def test_a_suite_without_tests_has_failed(self):
        self.assertEqual(self.ctest("-R", "^no_such_test$"), (0, 1, 0))

    def test_a_suite_that_wrote_nothing_has_failed(self):
        self.assertEqual(count.count("ctest", self.folder / "none", 0), (0, 1, 0))
        (self.folder / "cut").write_text("<testsuite><testcase")
        self.assertEqual(count.count("ctest", self.folder / "cut", 0), (0, 1, 0))

    def test_an_exit_code_that_disagrees_is_a_failure(self):
        self.ctest("-R", "^good$")
        self.assertEqual(count.count("ctest", self.folder / "junit", 8), (1, 1, 0))

    def test_what_failed_is_named_with_its_last_words(self):
        self.ctest()
        failed = count.failures("ctest", self.folder / "junit")
        self.assertEqual([line for line in failed if line.startswith("FAILED")],
                         [f"FAILED: {name}" for name in
                          ("bad", "killed", "slow", "absent", "says_so_and_fails")])
        self.assertEqual(failed[-1], "    skipped: no such thing here")
        (self.folder / "output").write_text("ok: a\nFAILED: b\n")
        self.assertEqual(count.failures("lines", self.folder / "output"), ["FAILED: b"])

    def test_each_test_of_a_process_counts(self):
        self.assertEqual(self.together("Many.Passes", "Many.PassesAndSaysMore"), ((2, 0, 0), []))
        self.assertEqual(self.together("*Two.OnlyOneFails*")[0], (1, 1, 0))
        found, failed = self.together("Many.Passes", "Many.Fails", "Many.Skips", "*DISABLED*")
        self.assertEqual(found, (1, 1, 2))
        self.assertEqual(failed[0], "FAILED: many/1of1: Many.Fails")
        self.assertIn("    so it says", failed)
        self.assertEqual(self.together("Many.Skips")[0], (0, 1, 1))

    def test_a_process_without_tests_has_failed(self):
        self.assertEqual(self.together("No.SuchTest")[0], (0, 1, 0))

    def test_a_process_that_crashed_has_failed_and_names_what_was_running(self):
        found, failed = self.together("Many.Passes", "Many.PassesAndSaysMore", "Many.Fails",
                                      "Many.Skips", "Many.Aborts", "Many.PassesInTheEnd")
        self.assertEqual(found, (2, 2, 1))
        self.assertEqual([line for line in failed if line.startswith("FAILED")],
                         ["FAILED: many/1of1: Many.Fails",
                          "FAILED: many/1of1: Many.Aborts was running as it ended; "
                          "tests that did not begin: 1"])
        self.assertIn("    its last words", failed)

    def test_a_process_that_ended_before_its_last_test_has_failed(self):
        found, failed = self.together("Many.Passes", "Many.EndsAllOfThemAsIfWell",
                                      "Many.PassesInTheEnd")
        self.assertEqual(found, (1, 1, 0))
        self.assertIn("Many.EndsAllOfThemAsIfWell was running", failed[0])
        found, failed = self.together("*Two.*")
        self.assertEqual(found, (1, 2, 0))
        self.assertIn("All/Two.AndMore/0 was running", failed[1])

    def test_a_process_that_took_too_long_has_failed(self):
        found, failed = self.together("Many.Passes", "Many.TakesForEver")
        self.assertEqual(found, (1, 1, 0))
        self.assertIn("Many.TakesForEver was running", failed[0])

    def test_what_fails_outside_of_tests_has_failed(self):
        found, failed = self.together("Many.Passes", "Many.LeavesAnExitCode")
        self.assertEqual(found, (2, 1, 0))
        self.assertEqual(failed[0], "FAILED: many/1of1, though no test in it has")
        found, failed = self.together("Many.Passes", "Broken.Passes")
        self.assertEqual(found, (1, 1, 1))
        self.assertIn("    [  FAILED  ] Broken: SetUpTestSuite or TearDownTestSuite", failed)

    def test_lines(self):
        self.assertEqual(self.lines("ok: a\n    ok: b\nskipped: c\nok: d\n", 0), (2, 0, 1))
        self.assertEqual(self.lines("ok: a\nFAILED: b\n  FAILED: c\n", 1), (1, 1, 0))
        self.assertEqual(self.lines("ok: a\n", 1), (1, 1, 0))
        self.assertEqual(self.lines("skipped: all\n", 77), (0, 0, 1))
        self.assertEqual(self.lines("ok: a\n", 77), (1, 1, 0))
        self.assertEqual(self.lines("", 0), (0, 1, 0))

    def run_functions(self, commands):
        """What the end of tests/run.sh prints and returns, after these commands."""
        text = RUN.read_text()
        functions = text[text.index("# Counting:"):text.index("# The suites:")]
        script = f'set -euo pipefail\nroot="{RUN.parent.parent}"\nscratch="{self.folder}/scratch"\n'
        script += f"say() {{ :; }}\n{functions}\n{commands}\n"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
        return done.stdout.splitlines()[-1], done.returncode

    def test_the_last_line_and_the_exit_code(self):
        lines = f'counted one lines "{self.folder}/output"'
        for text, code, line, expected in (
                ("ok: a\nskipped: b\n", 0, "1 passed, 0 failed, 1 skipped", 0),
                ("ok: a\nFAILED: b\n", 1, "1 passed, 1 failed, 0 skipped", 1)):
            (self.folder / "output").write_text(text)
            self.assertEqual(self.run_functions(f"{lines} {code} 0"), (line, expected))
        (self.folder / "output").write_text("ok: a\n")
        self.assertEqual(self.run_functions(f"{lines} 0 0\n{lines} 0 0"),
                         ("2 passed, 0 failed, 0 skipped", 0))
        # a build that fails, or a command that nobody expected to
        self.assertEqual(self.run_functions(f"{lines} 0 0\nexit 2"),
                         ("1 passed, 1 failed, 0 skipped", 2))
        self.assertEqual(self.run_functions(f"{lines} 0 0\nfalse"),
                         ("1 passed, 1 failed, 0 skipped", 1))
        self.assertEqual(self.run_functions(""), ("0 passed, 1 failed, 0 skipped", 1))


if __name__ == "__main__":
    unittest.main()
