#!/usr/bin/env python3
"""The curves of a training: curves_test.py BENCH_FOLDER"""
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

BENCH = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(BENCH))
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

import curves  # noqa: E402

try:
    import matplotlib  # noqa: F401
    DRAWS = True
except ImportError:
    DRAWS = False

CSV = """run,kind,epoch,step,samples,loss,test_loss,test_accuracy
baseline,step,1,1,8,4,,
baseline,step,1,2,16,2,,
baseline,epoch,1,2,16,,1.5,0.5
reference,step,1,1,8,9,,
mixnn,step,1,1,8,3,,
mixnn,step,1,2,16,1,,
mixnn,epoch,1,2,16,,1.25,0.75
mixnn,step,2,3,2"""
JSONL = """{"run":"mixnn","kind":"step","epoch":1,"step":1,"samples":8,"loss":3.0}
{"run":"mixnn","kind":"epoch","epoch":1,"step":1,"samples":8,"train_loss":3.0,"validation_loss":2.5}
{"run":"mixnn","kind":"end","epoch":1,"step":1,"samples":8,"test_loss":7.0}
"""


class Curves(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.csv, self.jsonl = self.folder / "a.csv", self.folder / "b.jsonl"
        self.csv.write_text(CSV)
        self.jsonl.write_text(JSONL)

    def test_a_log_of_compare_has_the_baseline_beside_mixnn(self):
        found = curves.curves_of(curves.rows_of(self.csv))
        self.assertEqual([c.name for c in found], ["baseline", "mixnn"])
        self.assertEqual((found[1].steps, found[1].losses), ([1, 2], [3, 1]))
        self.assertEqual(curves.shown(found[1], "accuracy"), ("test", [(1, 0.75)]))

    def test_the_reference_is_drawn_if_it_is_asked_for(self):
        found = curves.curves_of(curves.rows_of(self.csv), runs={"reference"})
        self.assertEqual([c.losses for c in found], [[9]])

    def test_the_validation_set_comes_before_the_test_at_the_end(self):
        found, = curves.curves_of(curves.rows_of(self.jsonl), "b: ")
        self.assertEqual(found.name, "b: mixnn")
        self.assertEqual(curves.shown(found, "loss"), ("validation", [(1, 2.5)]))
        self.assertEqual(curves.shown(found, "accuracy"), (None, []))

    def test_smoothed_is_the_mean_of_the_last(self):
        self.assertEqual(curves.smoothed([4, 2, 6, 1], 2), [4, 3, 4, 3.5])
        self.assertEqual(curves.smoothed([4, 2], 1), [4, 2])

    def test_what_is_no_log_is_named(self):
        self.jsonl.write_text("not a row\n")
        with self.assertRaisesRegex(SystemExit, "b.jsonl: no log"):
            curves.rows_of(self.jsonl)
        self.jsonl.write_text("")
        with self.assertRaisesRegex(SystemExit, "no rows to draw"):
            curves.main([str(self.jsonl)])

    @unittest.skipUnless(DRAWS, "no matplotlib")
    def test_several_logs_are_drawn_with_their_names(self):
        for ending in ("svg", "png"):
            out = self.folder / f"out.{ending}"
            with open(os.devnull, "w") as nowhere:
                kept, sys.stdout = sys.stdout, nowhere
                try:
                    curves.main([str(self.csv), str(self.jsonl), "-o", str(out), "--title", "Two"])
                finally:
                    sys.stdout = kept
            if ending == "png":
                self.assertEqual(out.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
                continue
            text = "".join(xml.etree.ElementTree.parse(out).getroot().itertext())
            for shown in ("a: baseline", "a: mixnn", "b: mixnn", "training loss", "epoch", "step",
                          "test and validation loss", "test accuracy", "Two"):
                self.assertIn(shown, text)


if __name__ == "__main__":
    unittest.main()
