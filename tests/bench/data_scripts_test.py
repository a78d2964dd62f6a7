#!/usr/bin/env python3
"""The scripts of bench/ that make data sets: data_scripts_test.py BENCH_FOLDER"""
import array
import bz2
import gzip
import json
import lzma
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

BENCH = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(BENCH))

import r_data  # noqa: E402


def word(value):
    return struct.pack(">i", value)


def string(text):
    return word(9) + word(len(text.encode())) + text.encode()


def strings(*texts):
    return word(16) + word(len(texts)) + b"".join(map(string, texts))


def whole_numbers(*values, flags=0):
    return word(13 | flags) + word(len(values)) + b"".join(map(word, values))


def symbol(name):
    return word(1) + string(name)


def pairs(*named):  # names as they are to be written: a symbol, or a reference to one
    return b"".join(word(2 | 1024) + name + value for name, value in named) + word(254)


def serialized(value, version=2):
    native = word(5) + b"UTF-8" if version == 3 else b""
    return b"X\n" + word(version) + word(0) + word(0) + native + value


FACTOR = (whole_numbers(2, 1, 2, flags=512) +
          pairs((symbol("levels"), strings("no", "yes")), (symbol("class"), strings("factor"))))


class RData(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)

    def written(self, name, content):
        (self.folder / name).write_bytes(content)
        return self.folder / name

    def test_reads_saved_values_however_they_are_compressed(self):
        saved = pairs((symbol("a"), FACTOR), (symbol("b"), strings("é", "")))
        plain = b"RDX3\n" + serialized(saved, 3)
        for content in plain, gzip.compress(plain), bz2.compress(plain), lzma.compress(plain):
            values = r_data.variables(self.written("x.rda", content))
            self.assertEqual(values, {"a": [2, 1, 2], "b": ["é", ""]})
            self.assertEqual(values["a"].attributes, {"levels": ["no", "yes"], "class": ["factor"]})

    def test_a_name_that_comes_again_is_a_reference(self):
        twice = pairs((symbol("a"), whole_numbers(1)), (word(255 | 256), whole_numbers(2)))
        self.assertEqual(r_data.Reader(serialized(twice)).item(), {"a": [2]})

    def test_reads_a_package_s_database(self):
        packed = zlib.compress(serialized(strings("a line")))
        named = word(19 | 512) + word(1)
        names = lambda first, *texts: pairs((first, strings(*texts)))  # noqa: E731
        places = named + whole_numbers(3, 4 + len(packed)) + names(symbol("names"), "novel")
        index = named + places + names(word(255 | 256), "variables")
        self.written("Rdata.rdx", gzip.compress(serialized(index)))
        file = self.written("Rdata.rdb", b"..." + word(99) + packed)
        self.assertEqual(r_data.variables(file), {"novel": ["a line"]})

    def test_says_what_it_cannot_read(self):
        with self.assertRaisesRegex(ValueError, "is no R data file"):
            r_data.variables(self.written("x.rda", b"text"))
        with self.assertRaisesRegex(ValueError, "R values of kind 3"):
            r_data.variables(self.written("x.rda", b"RDX2\n" + serialized(word(3))))


class MakeTokens(unittest.TestCase):
    def run_script(self, folder, *arguments):
        return subprocess.run([sys.executable, "-B", str(BENCH / "make_tokens.py"), *arguments,
                               "--out", str(folder / "out")], capture_output=True, text=True)

    def test_each_character_has_a_token_and_the_end_of_the_text_is_for_validation(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "a.txt").write_text("abcabc", encoding="utf-8")
            (folder / "b.txt.gz").write_bytes(gzip.compress("éa".encode()))
            run = self.run_script(folder, str(folder / "a.txt"), str(folder / "b.txt.gz"),
                                  "--validation", "0.25")
            self.assertEqual(run.returncode, 0, run.stderr)
            characters = json.loads((folder / "out/meta.json").read_text())["characters"]
            self.assertEqual(characters, ["a", "b", "c", "é"])
            tokens = array.array("H", (folder / "out/train.bin").read_bytes())
            self.assertEqual(tokens.tolist(), [0, 1, 2, 0, 1, 2])
            tokens = array.array("H", (folder / "out/val.bin").read_bytes())
            self.assertEqual(tokens.tolist(), [3, 0])

    def test_names_the_file_that_it_cannot_read(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "a.txt").write_bytes(b"\xff")
            run = self.run_script(folder, str(folder / "a.txt"))
            self.assertEqual(run.returncode, 1)
            self.assertIn("a.txt: 'utf-8' codec", run.stderr)
            self.assertFalse((folder / "out").exists())


class MakeRandomData(unittest.TestCase):
    def made(self, folder, model, *arguments):
        (folder / "model.json").write_text(json.dumps({"name": "x", **model}))
        run = subprocess.run([sys.executable, "-B", str(BENCH / "make_random_data.py"),
                              str(folder / "model.json"), "--out", str(folder / "out"), "--train",
                              "10", "--test", "3", *arguments], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}

    def test_pictures_of_cifar_have_its_files_and_its_records(self):
        model = {"input": {"shape": [3, 32, 32]}, "loss": "cross_entropy",
                 "layers": [{"type": "flatten"}, {"type": "linear", "out_features": 10}]}
        with tempfile.TemporaryDirectory() as name:
            files = self.made(pathlib.Path(name), model)
        sizes = {name: len(content) / 3073 for name, content in files.items()}
        self.assertEqual(sizes, {**{f"data_batch_{i}.bin": 2 for i in range(1, 6)},
                                 "test_batch.bin": 3})
        self.assertLess(files["test_batch.bin"][3073], 10)

    def test_tokens_are_below_those_of_the_table_and_one_more_than_all_windows(self):
        model = {"input": {"shape": [8]}, "loss": "cross_entropy", "stages": [{"layers": [
            {"type": "embedding", "num_embeddings": 5, "embedding_dim": 2},
            {"type": "linear", "out_features": 5}]}]}
        with tempfile.TemporaryDirectory() as name:
            files = self.made(pathlib.Path(name), model)
        tokens = array.array("H", files["train.bin"])
        self.assertEqual((len(tokens), max(tokens)), (81, 4))
        self.assertEqual(len(files["val.bin"]), 2 * 25)

    def test_other_samples_are_arrays_of_numpy(self):
        model = {"input": {"shape": [4]}, "loss": {"type": "mse"},
                 "layers": [{"type": "linear", "out_features": 2}, {"type": "relu"}]}
        with tempfile.TemporaryDirectory() as name:
            files = self.made(pathlib.Path(name), model)
        for file, shape, size in (("x_train.npy", "(10, 4,)", 160), ("y_test.npy", "(3, 2,)", 24)):
            header, content = files[file][:128], files[file][128:]
            self.assertIn(f"'<f4', 'fortran_order': False, 'shape': {shape}".encode(), header)
            self.assertEqual((header[-1:], len(content)), (b"\n", size))


if __name__ == "__main__":
    unittest.main()
