#!/usr/bin/env python3
"""The checks of layout, references and unused functions accept a good tree, and find what is wrong.

usage: checks_test.py ROOT C++-COMPILER
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMPILER = "c++"


def run(check, *arguments):
    return subprocess.run([sys.executable, "-B", str(HERE / check), *map(str, arguments)],
                          capture_output=True, text=True)


class Planted(unittest.TestCase):
    """A small tree in which one thing at a time is wrong."""

    GOOD = {
        "README.md": "# Readme\n[Promises](docs/threat-model.md#p2-unlinkable-stages): P2.\n",
        "docs/threat-model.md": "# Threat model\n\n### P2 Unlinkable stages\n",
        "src/base/bytes.cpp": "// As mixnn/base/bytes.hpp says (P2).\n",
        "include/mixnn/base/bytes.hpp": "#pragma once\n",
        "src/app/options.cpp": 'constexpr Command{"train", "Trains"};\n',
        "include/mixnn/app/options.hpp": "#pragma once\n",
        "tests/base/bytes_test.cpp": "TEST(Bytes, AreEight) {}\n",
        "tests/cli/ways_test.sh": "# says nothing\n",
        "bench/CMakeLists.txt": "add_executable(mixnn x)\nadd_executable(baseline_epochs x)\n",
        "Makefile.slurm": "train:\n",
        "CMakePresets.json": '{"configurePresets": [{"name": "release"}]}\n',
    }

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.tree = pathlib.Path(self.scratch.name)
        for place, text in self.GOOD.items():
            self.plant(place, text)

    def plant(self, place, text):
        path = self.tree / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)

    def accepts(self, check):
        result = run(check, self.tree)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def rejects(self, check, expected):
        result = run(check, self.tree)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(len(result.stdout.splitlines()), 2, result.stdout)
        self.assertIn(expected, result.stdout)


class Layout(Planted):
    def test_a_good_tree_is_accepted(self):
        self.accepts("check_layout.py")

    def test_long_lines_are_found(self):
        for place, mark in (("src/base/bytes.cpp", "//"), ("tests/cli/ways_test.sh", "#"),
                            ("bench/CMakeLists.txt", "#"), ("Makefile.slurm", "#"),
                            ("docs/threat-model.md", "It")):
            with self.subTest(place):
                before = (self.tree / place).read_text()
                self.plant(place, mark + " " + "word " * 20 + "\n")
                self.rejects("check_layout.py", f"{place}:{before.count(chr(10)) + 1}: 10")
                (self.tree / place).write_text(before)

    def test_tables_links_and_fences_may_be_long(self):
        self.plant("README.md", "| " + "cell " * 30 + "|\n")
        self.plant("README.md", f"[A link]({'x' * 100}) and https://{'y' * 100}\n")
        self.plant("README.md", "```\n" + "output " * 20 + "\n```\n")
        self.accepts("check_layout.py")
        self.plant("README.md", "word " * 20 + f"[a link]({'x' * 100})\n")
        self.rejects("check_layout.py", "README.md:")

    def test_crowded_folders_are_found(self):
        for i in range(21):
            self.plant(f"src/layers/kinds/kind{i}.cpp", "")
            self.plant(f"include/mixnn/layers/kinds/kind{i}.hpp", "")
        self.accepts("check_layout.py")
        for i in range(20):
            self.plant(f"src/base/file{i}.hpp", "")
        self.rejects("check_layout.py", "src/base: 21 files")

    def test_folders_without_their_mirror_are_found(self):
        (self.tree / "include/mixnn/wire").mkdir()
        self.rejects("check_layout.py", "include/mixnn/wire: src has no such folder")
        (self.tree / "include/mixnn/wire").rmdir()
        (self.tree / "src/base/deep").mkdir()
        self.rejects("check_layout.py", "src/base/deep: include/mixnn has no such folder")

    def test_sources_without_their_header_are_found(self):
        self.plant("src/base/stray.cpp", "")
        self.rejects("check_layout.py", "src/base/stray.cpp: has no header of its name")
        self.plant("src/base/stray.hpp", "")
        self.accepts("check_layout.py")


class References(Planted):
    def test_a_good_tree_is_accepted(self):
        self.plant("README.md", "`build/baseline_epochs`, `build/base_test`, `build/mixnn train`, "
                   "`make -f Makefile.slurm train`, `--preset release`, `bytes_test.cpp`, "
                   "`base/bytes_test.cpp`, `Bytes.AreEight`, `cli/ways`, src/base/, tests/*/\n")
        self.accepts("check_references.py")

    def test_what_does_not_exist_is_found(self):
        for text, expected in (
                ("see bench/none.sh", "file bench/none.sh"),
                ("see `none_test.cpp`", "file none_test.cpp"),
                ("see src/none/", "file src/none/"),
                ("see tests/*/none.sh", "file tests/*/none.sh"),
                ("[a page](docs/none-such)", "docs/none-such leads nowhere"),
                ("[a heading](docs/threat-model.md#p3)", "no heading for #p3"),
                ("[a heading](#none)", "README.md has no heading for #none"),
                ("as P3 says", "P3 is not defined"),
                ("`build/none models`", "program none"),
                ("`micro_none`", "program micro_none"),
                ("`mixnn none`", "command mixnn none"),
                ("build/mixnn none --all", "command mixnn none"),
                ("make -f Makefile.slurm none", "target none"),
                ("cmake --preset none", "preset none"),
                ("`Bytes.AreNine` says so", "test Bytes.AreNine"),
                ("`cli/none`", "test cli/none")):
            with self.subTest(text):
                (self.tree / "README.md").write_text(self.GOOD["README.md"] + text + "\n")
                self.rejects("check_references.py", expected)

    def test_comments_are_read_and_code_is_not(self):
        self.plant("src/base/bytes.cpp", 'const char* name = "none.cpp";\n')
        self.plant("tests/cli/ways_test.sh", "run none.sh\n")
        self.plant("bench/x.py", 'open("none.md")\n')
        self.accepts("check_references.py")
        for place, text in (("src/base/bytes.cpp", "int x;  // see none.cpp"),
                            ("tests/cli/ways_test.sh", "run # see none.sh"),
                            ("bench/x.py", '"""Reads\nbench/none.md.\n"""')):
            with self.subTest(place):
                before = (self.tree / place).read_text()
                self.plant(place, text + "\n")
                self.rejects("check_references.py", f"{place}:")
                (self.tree / place).write_text(before)

    def test_a_page_may_name_what_its_reader_makes(self):
        self.plant("README.md", "Save this as\n`mine.py`, and run mine.py.\n")
        self.accepts("check_references.py")
        self.plant("README.md", "Run yours.py.\n")
        self.rejects("check_references.py", "README.md:5: there is no file yours.py")

    def test_history_may_name_what_is_gone(self):
        self.plant("CHANGELOG.md", "bench/none.sh went\n")
        self.accepts("check_references.py")


class Unused(unittest.TestCase):
    """A library of a few functions, some of which the program calls, built as the real ones are."""

    SOURCES = {
        "src/base/alive.cpp": '#include "mixnn/base/helper.hpp"\nstruct Box { int dead; };\n'
                              "int inlined() { return 2; }\n"
                              "int alive() { return inlined() + helped() + Box{0}.dead; }\n",
        "src/base/gone.cpp": "int nobody() { return 4; }\n",
        "src/base/helper.cpp": '#include "mixnn/base/helper.hpp"\nint helped() { return 5; }\n'
                               "int through_header() { return 6; }\n",
        "src/base/mixed.cpp": '#include "mixnn/base/mixed.hpp"\nint called() { return 3; }\n'
                              "int dead(int x) { return x; }\n",
    }
    HEADERS = {
        "include/mixnn/base/helper.hpp": "#pragma once\nint helped();\nint through_header();\n"
                                         "inline int both() { return through_header() + 1; }\n",
        "include/mixnn/base/mixed.hpp": "#pragma once\n#include \"mixnn/base/helper.hpp\"\n"
                                        "int called();\n  int dead(int x);\n",
    }
    KEPT = "dead  # a test\nbase/gone.cpp  # a test\n"

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.tree = pathlib.Path(self.scratch.name)
        self.kept = self.tree / "tests/architecture/kept_for_tests.txt"
        self.kept.parent.mkdir(parents=True)
        (self.tree / "src/base").mkdir(parents=True)
        (self.tree / "include/mixnn/base").mkdir(parents=True)
        self.main = '#include "mixnn/base/helper.hpp"\nint alive(); int called();\n'
        self.main += "int main() { return alive() + called() + through_header(); }\n"

    def build(self):
        for place, text in (self.SOURCES | self.HEADERS).items():
            (self.tree / place).write_text(text)
        self.compile_sources()
        (self.tree / "main.cpp").write_text(self.main)
        objects = sorted(path.name for path in self.tree.glob("*.o"))
        subprocess.run(["ar", "rc", "libmixnn_base.a", *objects], cwd=self.tree, check=True)
        self.compile("main.cpp", "libmixnn_base.a", "-Wl,--gc-sections", "-o", "mixnn")
        for name in ("baseline_epochs", "mpi_pingpong", "micro_layers", "micro_onion"):
            shutil.copy(self.tree / "mixnn", self.tree / name)

    def compile_sources(self):
        for place in self.SOURCES:
            self.compile("-c", place, "-o", pathlib.Path(place).name + ".o")

    def compile(self, *arguments):
        subprocess.run([COMPILER, "-O3", "-Iinclude", "-ffunction-sections", *arguments],
                       cwd=self.tree, check=True)

    def found(self):
        result = run("check_unused.py", self.tree, self.tree)
        return result.returncode, result.stdout

    def test_unused_functions_are_found_unless_kept(self):
        self.build()
        self.kept.write_text(self.KEPT)
        self.assertEqual(self.found()[0], 0, self.found()[1])
        self.kept.write_text("")
        code, said = self.found()
        self.assertEqual(code, 1)
        self.assertIn("base/mixed.cpp: no program has dead\n", said)
        self.assertIn("base/gone.cpp: no program has any of its functions\n", said)
        self.assertIn(": 2 violations", said)

    def test_names_that_are_kept_in_vain_are_found(self):
        self.build()
        for line in ("alive  # a test", "none  # a test", "base/none.cpp  # a test"):
            self.kept.write_text(self.KEPT + line + "\n")
            code, said = self.found()
            self.assertEqual(code, 1)
            self.assertIn(f"{line.split()[0]} is gone, or a program has it", said)
        self.kept.write_text(self.KEPT.replace("  # a test", ""))
        self.assertIn("without a reason", self.found()[1])

    def test_without_the_programs_it_says_that_it_skips(self):
        self.build()
        (self.tree / "micro_onion").unlink()
        code, said = self.found()
        self.assertEqual(code, 77)
        self.assertIn("has no micro_onion", said)


class UnusedOfJoinedSources(Unused):
    """The same, as CMake's unity build compiles it: all of the library's sources at once."""

    def compile_sources(self):
        unity = self.tree / "CMakeFiles/mixnn_base.dir/Unity/unity_0_cxx.cxx"
        unity.parent.mkdir(parents=True)
        unity.write_text("".join(f'#include "{self.tree / place}"\n' for place in self.SOURCES))
        self.compile("-c", unity, "-o", "unity_0_cxx.cxx.o")

    def test_what_the_compiler_has_put_into_another_source_counts_as_used(self):
        self.main = "int alive(); int called(); int main() { return alive() + called(); }\n"
        self.build()
        self.kept.write_text(self.KEPT)
        self.assertEqual(self.found()[0], 0, self.found()[1])


if __name__ == "__main__":
    if len(sys.argv) > 2:
        COMPILER = sys.argv.pop()
        ROOT = pathlib.Path(sys.argv.pop())
    unittest.main()
