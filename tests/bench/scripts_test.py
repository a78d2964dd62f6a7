#!/usr/bin/env python3
"""What the scripts of bench/ make of reports: scripts_test.py BENCH_FOLDER"""
import contextlib
import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BENCH = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(BENCH))
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

import against_torch_summary  # noqa: E402
import compare_report as cr  # noqa: E402
import fit_model  # noqa: E402
import machine_before  # noqa: E402
import plan_rounds_summary  # noqa: E402
import ranks_memory  # noqa: E402
import rounds_product_summary  # noqa: E402
import scaling  # noqa: E402
import slowdown_summary  # noqa: E402
import soak_summary  # noqa: E402
import sweep  # noqa: E402


def canned(**changes):
    report = json.loads((HERE / "compare.json").read_text())
    for key, value in changes.items():
        who, _, what = key.partition("__")
        if what:
            report[who][what] = value
        else:
            report[key] = value
    return report


class PlanRounds(unittest.TestCase):
    def summarized(self, predicted, walls):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            stem = folder / "mlp.auto.round1"
            forecasts = [{"micro_batches": m, "exchanges_per_step": m + 9, "step_s": step,
                          "baseline_step_s": 0.002} for m, step in predicted.items()]
            stem.with_suffix(".round1.plan.json").write_text(json.dumps(
                {"model": "mlp", "micro_batches": 16, "ranks": 6, "forecasts": forecasts}))
            stem.with_suffix(".round1.json").write_text(json.dumps(
                {"micro_batches": 16, "batch_size": 512, "train_samples": 5000,
                 "mixnn": {"epoch_walls_s": walls}}))
            return plan_rounds_summary.read(folder)

    def test_the_chosen_forecast_meets_the_steps_of_all_epochs_but_the_first(self):
        found = self.summarized({8: 1, 16: 0.018}, [9, 0.2, 0.3])
        self.assertEqual(list(found), [("mlp", 16)])
        ranks, exchanges, predicted, measured, _ = found["mlp", 16][0]
        self.assertEqual((ranks, exchanges, predicted), (6, 25, 0.018))
        self.assertAlmostEqual(measured, 0.025)


class AgainstTorch(unittest.TestCase):
    def summarized(self, mixnn_walls, torch_walls):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "cases").write_text("cnn 128 100 adamw default\n")
            for threads, walls in mixnn_walls.items():
                (folder / f"cnn.mixnn.{threads}.round1.json").write_text(
                    json.dumps({"baseline": {"epoch_walls_s": walls}}))
            for threads, walls in torch_walls.items():
                (folder / f"cnn.default.{threads}.round1.json").write_text(
                    json.dumps({"walls_s": walls}))
            return list(against_torch_summary.summarize(folder))[0]

    def test_each_counts_with_its_best_threads_and_without_its_first_epoch(self):
        result = self.summarized({1: [9, 2, 2], 2: [9, 4, 4]}, {1: [1, 8, 8], 2: [1, 5, 5]})
        self.assertEqual((result["mixnn"]["threads"], result["mixnn"]["samples_per_s"]), (1, 50))
        self.assertEqual((result["default"]["threads"], result["default"]["samples_per_s"]),
                         (2, 20))
        self.assertAlmostEqual(result["default"]["ratio"], 2.5)

    def test_what_did_not_run_has_no_ratio(self):
        self.assertIsNone(self.summarized({1: [9, 2]}, {})["default"])


class Reports(unittest.TestCase):
    def test_medians_agree_with_what_compare_says(self):
        report = canned()
        c = cr.Comparison([report])
        self.assertAlmostEqual(c.plain, report["slowdown"])
        self.assertEqual(c.threads, [1])
        self.assertTrue(c.bit_identical)

    def test_epochs_of_a_slow_baseline_do_not_flatter(self):
        report = canned(baseline__epoch_walls_s=[0.38, 0.19, 0.38, 0.2, 0.38],
                        mixnn__epoch_walls_s=[0.4] * 5)
        c = cr.Comparison([report])
        self.assertEqual([(r, e) for r, e, _ in c.left_out], [(1, 1), (1, 3), (1, 5)])
        self.assertAlmostEqual(c.plain, 0.4 / 0.38)
        self.assertAlmostEqual(c.slowdown, 0.4 / 0.195)
        self.assertAlmostEqual(c.strict, 0.4 / 0.1925)
        self.assertEqual([round(ratio, 2) for ratio in c.ratios], [2.11, 2.0])

    def test_a_slow_round_does_not_flatter_either(self):
        healthy = canned(baseline__epoch_walls_s=[0.2, 0.2, 0.21], mixnn__epoch_walls_s=[0.4] * 3)
        slow = canned(baseline__epoch_walls_s=[0.4, 0.41, 0.4], mixnn__epoch_walls_s=[0.4] * 3)
        self.assertAlmostEqual(cr.Comparison([slow, healthy]).slowdown, 2.0)

    def test_ordinary_noise_is_not_left_out(self):
        report = canned(baseline__epoch_walls_s=[1.0, 1.2, 1.1, 1.3],
                        mixnn__epoch_walls_s=[2, 2, 2, 2])
        self.assertEqual(cr.Comparison([report]).left_out, [])

    def test_bound_is_the_work_over_the_healthy_baseline(self):
        report = canned(baseline__epoch_walls_s=[0.2, 0.2, 0.4])
        self.assertIsNone(cr.Comparison([report]).bound)
        report["bound"] = {"work_s_per_epoch": 0.6, "cores": 2, "slowdown": 9}
        self.assertAlmostEqual(cr.Comparison([report]).bound, 1.5)

    def test_activity_and_memory_are_used_where_they_are(self):
        c = cr.Comparison([canned()])
        self.assertEqual((c.memory_mib, c.activity), (None, []))
        rows = [{"role": "owner", "memory": {"peak_resident": 99 << 20}},
                {"role": "stage host", "memory": {"peak_resident": 40 << 20}},
                {"role": "relay", "memory": {}}]
        c = cr.Comparison([canned(mixnn__activity=rows, mixnn__cpu_s={"compute": 1.0, "seal": 3.0,
                                                                      "waiting": 0})])
        self.assertEqual((c.memory_mib, c.activity), (40, [("seal", 75), ("compute", 25)]))

    def test_threads_without_cores_are_doubted(self):
        walls = {"baseline__epoch_walls_s": [2, 2], "baseline__threads": 2,
                 "mixnn__epoch_walls_s": [3, 3]}
        suspect = cr.Comparison([canned(reference__epoch_walls_s=[2.1, 2.1], **walls)])
        healthy = cr.Comparison([canned(reference__epoch_walls_s=[4, 4], **walls)])
        self.assertIn("did not have their cores", " ".join(cr.doubts(suspect, None)))
        self.assertEqual(cr.doubts(healthy, 0.1), [])
        self.assertIn("other work", " ".join(cr.doubts(healthy, 1.5)))

    def test_debug_builds_warn(self):
        self.assertEqual(cr.build_warning(canned()), "")
        report = canned()
        report["machine"]["build"] = "without optimization"
        self.assertIn("WARNING", cr.build_warning(report))

    def test_what_is_no_report_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in ("", "[]", "{}", '{"mixnn": {}}'):
                file = pathlib.Path(folder, "x.json")
                file.write_text(text)
                with self.assertRaisesRegex(cr.BadReport, "x.json"):
                    cr.read_report(file)


class Slowdown(unittest.TestCase):
    def summary(self, folder):
        return subprocess.run([sys.executable, str(BENCH / "slowdown_summary.py"), folder],
                              capture_output=True, text=True)

    def write(self, folder, goal):
        folder = pathlib.Path(folder)
        (folder / "cases").write_text(f"mlp-128 mlp 128 8 best 20480 {goal}\n")
        for number in (1, 2):
            (folder / f"mlp-128.round{number}.json").write_text(json.dumps(canned()))
        (folder / "mlp-128.round1.memory.csv").write_text(
            "seconds,pid,rank,own_kib,shared_kib\n1.0,9,0,99999,1\n1.0,10,1,20480,1024\n"
            "2.0,11,2,10240,1024\n")
        (folder / "torch-mlp-128.2.active.round1.json").write_text('{"walls_s": [9, 0.5, 0.7]}')
        (folder / "torch-mlp-128.1.passive.round1.json").write_text('{"walls_s": [9, 0.1, 0.1]}')

    def test_a_missed_goal_is_said_and_no_failure(self):
        for goal, verdict in ((1.1, "MISSED"), (9, "met")):
            with tempfile.TemporaryDirectory() as folder:
                self.write(folder, goal)
                result = self.summary(folder)
                self.assertEqual(result.returncode, 0, result.stderr)
                row = next(line for line in result.stdout.splitlines()
                           if line.startswith("| mlp-128"))
                self.assertIn(verdict, row)
                self.assertIn("20 of its own, 1 of shared cells", result.stdout)
                self.assertIn("0.275 against 0.100 s, MISSED", result.stdout)
                written = json.loads(pathlib.Path(folder, "slowdown.json").read_text())
                self.assertIn("kernel", written["machine"])
                self.assertEqual(written["cases"][0]["epochs"], 6)
                with open(pathlib.Path(folder, "epochs.csv"), newline="") as file:
                    self.assertEqual(len(list(csv.DictReader(file))), 18)

    def test_changes_from_rank_to_rank_are_added_to_the_bound(self):
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder, 9)
            reports = [dict(canned(), bound={"work_s_per_epoch": 0.6, "cores": 2, "slowdown": 9})
                       for _ in (1, 2)]
            for number, report in enumerate(reports, 1):
                pathlib.Path(folder, f"mlp-128.round{number}.json").write_text(json.dumps(report))
            self.assertNotIn("With a change", self.summary(folder).stdout)  # its cost is not known
            pathlib.Path(folder, "plan.json").write_text('{"costs": {"process_change_s": 1e-5}}')
            self.assertIn("at 10.0 us", self.summary(folder).stdout)
            case = json.loads(pathlib.Path(folder, "slowdown.json").read_text())["cases"][0]
            cells = reports[0]["mixnn"]["cells"] / len(reports[0]["mixnn"]["epoch_walls_s"])
            self.assertAlmostEqual(case["bound_with_changes"] - case["bound"],
                                   cells * 1e-5 / 2 / case["baseline_s"])
        alone = [dict(report, ranks=2) for report in reports]
        self.assertIsNone(cr.changes_slowdown(alone, 1e-5, 0.2))

    def test_a_case_without_a_report_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder, 9)
            with open(pathlib.Path(folder, "cases"), "a") as file:
                file.write("wide-512 wide 512 9 best 0 1.6\n")
            result = self.summary(folder)
            self.assertEqual(result.returncode, 1)
            self.assertIn("wide-512: FAILED", result.stdout)

    def test_rounds_are_read_in_their_order(self):
        names = [pathlib.Path(f"a.round{n}.json") for n in (10, 2, 1)]
        self.assertEqual([path.name for path in slowdown_summary.in_order_of_rounds(names)],
                         ["a.round1.json", "a.round2.json", "a.round10.json"])


class Soak(unittest.TestCase):
    def judge(self, growth_kib, **changes):
        with tempfile.TemporaryDirectory() as folder:
            report = canned(ranks=1, **changes)
            pathlib.Path(folder, "report.json").write_text(json.dumps(report))
            with open(pathlib.Path(folder, "memory.csv"), "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["seconds", "pid", "rank", "own_kib", "shared_kib"])
                for second in range(0, 1200, 5):
                    writer.writerow([second, 7, 0, 20000 + growth_kib * second // 1200, 1000])
            return subprocess.run([sys.executable, str(BENCH / "soak_summary.py"), folder, "4096",
                                   "16384"],
                                  capture_output=True, text=True)

    def test_steady_memory_passes(self):
        result = self.judge(100)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("480 batches", result.stdout)

    def test_growth_fails(self):
        result = self.judge(20000)
        self.assertEqual(result.returncode, 1)
        self.assertIn("own memory grew", result.stdout)

    def test_lost_and_rejected_cells_fail(self):
        forwarded = canned()["mixnn"]["cells_forwarded"]
        self.assertEqual(self.judge(0, mixnn__cells_forwarded=forwarded - 1).returncode, 1)
        self.assertEqual(self.judge(0, mixnn__cells_forwarded=forwarded - 1,
                                    mixnn__cells_rejected=1).returncode, 1)

    def test_in_rounds_the_last_exchanges_are_not_reported(self):
        def problems(sent, traffic="rounds"):
            return soak_summary.cell_problems(canned(
                ranks=5, hops=1, traffic=traffic, mixnn__cells=sent, mixnn__cells_forwarded=500,
                mixnn__cells_delivered=500, mixnn__cells_rejected=0))
        for sent in (1000, 1032, 1096):  # 32 slots come to four nodes in an exchange
            self.assertEqual(problems(sent), [])
        for sent in (999, 1001, 1095, 1000 + 7 * 32):
            self.assertEqual(len(problems(sent)), 1)
        self.assertEqual(len(problems(1096, "onion")), 1)

    def test_missing_ranks_fail(self):
        self.assertEqual(soak_summary.windows(1200), ((60.0, 120.0), (1140.0, 1200)))
        samples = {0: [(t, 10, 1) for t in range(0, 100, 5)], 1: [(1, 10, 1)]}
        self.assertIsNone(soak_summary.growth(samples)[1])


    FAULTS = {"sent": 9000, "dropped": 3, "doubled": 2, "delayed": 2, "altered": 4, "misnamed": 1}

    def judge_losses(self, faults=None, sha256="a" * 64, **changes):
        """Why a run with losses on purpose of one rank has failed."""
        counts = {"mixnn__cells": 100, "mixnn__cells_forwarded": 60, "mixnn__cells_delivered": 36,
                  "mixnn__cells_rejected": 3, "mixnn__rewinds": 5, "mixnn__bad_slots": 8,
                  "mixnn__parameters_sha256": "a" * 64, **changes}
        said = dict(self.FAULTS, **(faults or {}))
        log = f"mixnn: something\nlosses {json.dumps(said)}\n"
        counted, told = soak_summary.read_faults(log)
        return soak_summary.loss_problems(canned(ranks=1, **counts), counted, told,
                                          {"baseline": {"parameters_sha256": sha256}})

    def test_losses_on_purpose_pass(self):
        self.assertEqual(self.judge_losses(), [])
        late = {"mixnn__cells_delivered": 35, "mixnn__cells_rejected": 4}
        self.assertEqual(self.judge_losses(**late), [])  # one, on a busy machine

    def test_losses_beyond_them_fail(self):
        for why, changed in (
                ("parameters are not", {"sha256": "b" * 64}),
                ("never went back", {"mixnn__rewinds": 0}),
                ("2 more cells were rejected", {"mixnn__cells_rejected": 5}),
                ("5 cells did not come, and 4", {"mixnn__cells_delivered": 35}),
                ("no cell was dropped", {"faults": {"dropped": 0, "misnamed": 4}})):
            problems = self.judge_losses(**changed)
            self.assertEqual(len(problems), 1, problems)
            self.assertIn(why, problems[0])

    def test_every_rank_says_what_it_did_to_cells(self):
        said = f"losses {json.dumps(self.FAULTS)}\n"
        self.assertEqual(soak_summary.read_faults(said * 3),
                         ({key: 3 * count for key, count in self.FAULTS.items()}, 3))
        self.assertEqual(soak_summary.read_faults("losses were few\n"), ({}, 0))
        self.assertIn("0 of 2 ranks", soak_summary.loss_problems({"ranks": 2}, {}, 0, {})[0])


class RoundsProduct(unittest.TestCase):
    def case(self, way, **changes):
        case = {"hops": "3", "staleness": "1", "ranks": "8", "stages": "2", "type": "float32",
                "way": way, "result": "same", "rewinds": "0" if way != "losses" else "4",
                "bad_slots": "0", "faults": "0" if way == "plain" else "3", "seconds": "0.5",
                "why": ""}
        return dict(case, **changes)

    def judge(self, *cases):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "cases.csv")
            with open(file, "w", newline="") as out:
                writer = csv.DictWriter(out, list(self.case("plain")))
                writer.writeheader()
                writer.writerows(cases)
            return subprocess.run([sys.executable, str(BENCH / "rounds_product_summary.py"), file],
                                  capture_output=True, text=True)

    def test_same_bits_pass_and_what_is_skipped_is_named(self):
        why = "staleness 1 needs two stages"
        result = self.judge(self.case("plain"), self.case("losses"), self.case("preempted"),
                            self.case("plain", result="skipped", why=why))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"skipped: 1 cases: {why}", result.stdout)
        self.assertIn("3 of 4 cases have the bits of the reference, 1 were skipped, 0 failures",
                      result.stdout)

    def test_failures_are_named(self):
        for wrong, why in ((self.case("liar", result="other", why="a, not b"), "a, not b"),
                           (self.case("plain", result="failed", why="code 1"), "code 1"),
                           (self.case("plain", rewinds="1"), "though nothing was lost"),
                           (self.case("losses", faults="0"), "nothing was done to it"),
                           (self.case("liar", rewinds="0"), "nobody went back")):
            result = self.judge(self.case("plain"), wrong)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stdout, f"FAILED: {wrong['way']}.*{why}")

    def test_a_product_without_cases_fails(self):
        self.assertEqual(self.judge().returncode, 1)
        self.assertEqual(rounds_product_summary.failures_of([]), ["nothing was compared"])


class Fit(unittest.TestCase):
    def said(self, *files):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            sys.argv[1:] = [str(file) for file in files]
            fit_model.main()
        return out.getvalue()

    def reports(self, folder, dtype, per_pass):
        """On the line 1 ms + per_pass * bytes * passes."""
        files = []
        for hops in (0, 1, 2, 3):
            sent = fit_model.from_report(canned())["bytes"]
            step = 1e-3 + per_pass * sent * fit_model.passes(hops)
            report = canned(hops=hops, wire_dtype=dtype, mixnn__epoch_walls_s=[step * 160] * 3)
            files.append(pathlib.Path(folder) / f"{dtype}.{hops}.json")
            files[-1].write_text(json.dumps(report))
        return files

    def test_lines_of_each_type_of_activations_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            said = self.said(*self.reports(folder, "float32", 2e-10),
                             *self.reports(folder, "bfloat16", 3e-10))
        self.assertIn("mlp, batch 128: step = 1.000 ms + 0.2000 ns * bytes * passes, 4 runs", said)
        self.assertIn("mlp, batch 128, bfloat16: step = 1.000 ms + 0.3000 ns * bytes * passes, 4 "
                      "runs", said)
        self.assertEqual(said.count("largest 0.0%; R^2 1.000"), 2)

    def test_other_tables_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "sweep.csv"
            file.write_text("variable,value\nhops,3\n")
            with self.assertRaisesRegex(SystemExit, "no columns hops, bytes and step_s"):
                self.said(file)


class Sweep(unittest.TestCase):
    def test_every_point_changes_one_thing(self):
        plain = ["--hops", "3", "--batch-size", "128", "--micro-batches", "4"]
        self.assertEqual(sweep.command_of("waiting", "poll"), (4, plain, {"MIXNN_WAIT": "poll"}))
        self.assertEqual(sweep.command_of("cells", "copied"), (4, plain, {"MIXNN_CELLS": "copied"}))
        self.assertEqual(sweep.command_of("sealing", "aes256gcm, libsodium"),
                         (4, ["--aead", "aes256gcm", *plain], {"MIXNN_AEAD_BACKEND": "libsodium"}))
        self.assertEqual(sweep.command_of("cell-size", 8)[1][:2], ["--cell-size", "8192"])
        self.assertEqual(sweep.command_of("relays", 8), (8, plain, {}))
        self.assertEqual(sweep.command_of("hops", 5)[0], 5)

    def test_rows_and_files(self):
        points = [("cell-size", "auto", canned(mixnn__epoch_walls_s=[0.4, 0.5, 0.6],
                                               baseline__epoch_walls_s=[0.2] * 3)),
                  ("cell-size", 8, canned(mixnn__epoch_walls_s=[0.4] * 3,
                                          baseline__epoch_walls_s=[0.4] * 3))]
        self.assertEqual(sweep.baselines(points), {128: 0.2})
        rows = [sweep.row_of(*point, 0.2) for point in points]
        self.assertEqual([(row["slowdown"], row["own"]) for row in rows], [(2.5, 2.5), (2.0, 1.0)])
        self.assertEqual([round(rows[0][key], 9) for key in ("lowest", "highest")], [2.0, 3.0])
        self.assertEqual(sweep.label_of(rows[0]), "auto (26)")
        facts = cr.machine_facts(canned())
        skipped = [{"variable": "hops", "value": 5, "why": "too few ranks"}]
        with tempfile.TemporaryDirectory() as folder:
            sweep.write_results(rows, skipped, pathlib.Path(folder), facts)
            with open(pathlib.Path(folder, "sweep.csv"), newline="") as file:
                self.assertEqual([row["value"] for row in csv.DictReader(file)], ["auto", "8"])
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            sweep.print_results(rows, skipped, facts, canned())
        self.assertIn("skipped: hops 5: too few ranks", said.getvalue())


class Scaling(unittest.TestCase):
    def test_every_point_differs_from_the_base_in_one_variable(self):
        for size in ("full", "quick"):
            base = scaling.settings_of("base", "", size)
            for variable, value in scaling.points_of(size):
                if variable == "choices":
                    continue
                at = scaling.settings_of(variable, value, size)
                changed = {field for field in at if at[field] != base[field]}
                allowed = {"stages": {"stages", "layers"}, "depth": {"stages", "layers"},
                           "paper": {"delay", "rate"}}
                self.assertLessEqual(changed, allowed.get(variable, {scaling.STUDY[variable][2]}),
                                     (variable, value))
                self.assertTrue(changed or variable in ("base", "paper"), (variable, value))

    def test_the_bound_is_the_largest_of_cores_bytes_and_latencies(self):
        def bound(job=None, **parts):
            parts = dict({"work_s_per_epoch": 0.8, "cores": 16, "cores_s": 0.1, "links_s": 0,
                          "chain_s": 0, "link_bytes": 4e8}, **parts)
            return scaling.bound_of([canned(bound=parts)], job or {})

        self.assertEqual(bound(), (0.1, "cores"))
        self.assertEqual(bound({"processors": 2}), (0.4, "cores"))  # which all hosts share
        self.assertEqual(bound({"processors": 2, "byte_ns": 2.0}), (0.8, "cores"))
        self.assertEqual(bound({"byte_ns": 8.0}), (0.25, "cores"))
        self.assertEqual(bound(links_s=0.2), (0.2, "bytes"))
        self.assertEqual(bound(links_s=0.2, chain_s=0.3), (0.3, "latencies"))
        self.assertEqual(scaling.bound_of([canned()], {"processors": 2}), (None, None))

    def test_links_alone_are_what_the_reports_simulated(self):
        self.assertEqual(scaling.links_alone_s([canned(bound={"schedule_s": s})
                                                for s in (0.2, 0.4, 0.3)]), 0.3)
        self.assertIsNone(scaling.links_alone_s([canned(bound={"schedule_s": 0.0})]))  # one host
        self.assertIsNone(scaling.links_alone_s([canned()]))

    def test_processors_are_busy_with_what_ranks_took(self):
        report = canned(mixnn__cpu_s={"compute": 3.0, "send": 1.0, "wait": 0.2},
                        mixnn__epoch_walls_s=[1.5, 1.5],
                        bound={"cores": 8, "link_bytes": 6e8})
        self.assertEqual(scaling.processors_of([report], {}), 8)
        self.assertEqual(scaling.processors_of([report], {"processors": 2}), 2)
        self.assertAlmostEqual(scaling.busy_percent([report], 2), 70)
        self.assertAlmostEqual(scaling.handed_over_ns([report]), 1.0)
        self.assertIsNone(scaling.busy_percent([report], None))
        self.assertIsNone(scaling.handed_over_ns([canned()]))

    def test_choices_come_one_after_the_other(self):
        self.assertEqual(scaling.CHOICES["128"], {"batch": 128, "micro": "auto"})
        before = {}
        for name in ("128", "128-cells", "128-bfloat16", "128-ends", "128-staleness"):
            after = scaling.settings_of("choices", name, "paper")
            self.assertEqual((after["delay"], after["rate"]), (250, 1000))
            changed = [key for key in after if before and after[key] != before[key]]
            self.assertEqual(len(changed), 1 if before else 0, name)
            before = after

    def test_points_of_the_study_of_networks_are_models_of_the_repository(self):
        with tempfile.TemporaryDirectory() as folder:
            for index, (variable, name) in enumerate(scaling.points_of("networks")):
                said = io.StringIO()
                with contextlib.redirect_stdout(said):
                    scaling.describe_point("networks", index, pathlib.Path(folder))
                point, ranks, _, delay, rate, lost, model, *options = said.getvalue().split("\n")
                at = scaling.NETWORKS[name]
                self.assertEqual((point, int(ranks), delay, rate, lost),
                                 (f"networks.{name}", at["ranks"], "0", "0", "0"))
                self.assertTrue((scaling.ROOT / model).exists(), model)
                self.assertEqual(options[options.index("--wire-dtype") + 1], "bfloat16")
                self.assertEqual("--data" in options, "random" in at)
        in_full = {variable for variable, _ in scaling.points_of("full")}
        self.assertFalse(in_full & set(scaling.ALONE))

    def test_a_slow_baseline_of_equal_work_does_not_flatter(self):
        fast = canned(baseline__epoch_walls_s=[0.2] * 3, mixnn__epoch_walls_s=[0.6] * 3)
        slow = canned(baseline__epoch_walls_s=[0.3] * 3, mixnn__epoch_walls_s=[0.6] * 3, hops=1)
        other = canned(baseline__epoch_walls_s=[0.3] * 3, mixnn__epoch_walls_s=[0.6] * 3,
                       batch_size=512)
        rows = scaling.rows_of([("hops", "3", [fast], {}), ("hops", "1", [slow], {}),
                                ("batch-size", "512", [other], {})])
        self.assertEqual([(row["value"], round(row["slowdown"], 2), round(row["own"], 2))
                          for row in rows],
                         [("1", 3, 2), ("3", 3, 3), ("512", 2, 2)])

    def test_the_base_stands_where_it_belongs_and_what_did_not_run_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            points = pathlib.Path(folder, "points")
            points.mkdir()
            for name in ("base.1", "base.2", "hops.0.1", "hops.4.1", "bandwidth.100.1",
                         "bandwidth.1000.1", "paper.cloud.1"):
                (points / f"{name}.json").write_text(json.dumps(canned()))
            (points / "paper.cloud.job.json").write_text('{"nodes": 4, "delay_us": 250, '
                                                         '"rate_mbit": 1000, "latency_us": 330}')
            (points / "latency.250.skipped").write_text("no links\n")
            found, skipped = scaling.read_points(pathlib.Path(folder))
            rows = scaling.rows_of(found)
            self.assertEqual([(row["variable"], row["value"]) for row in rows],
                             [("base", ""), ("hops", "0"), ("hops", "3"), ("hops", "4"),
                              ("bandwidth", "as found"),
                              ("bandwidth", "1000"), ("bandwidth", "100"), ("paper", "cloud")])
            self.assertEqual(rows[2]["repeats"], 2)
            said = scaling.markdown(rows, skipped, cr.machine_facts(canned()), [])
            self.assertIn("250 us more, 1000 Mbit/s", said)
            self.assertIn("- latency.250: no links", said)


class Before(unittest.TestCase):
    def test_idle_and_waiting_for_disks_is_not_busy(self):
        self.assertEqual(machine_before.busy_and_total("cpu  10 1 2 100 20 3 4 5 6 7\ncpu0 1"),
                         (25, 145))
        self.assertGreaterEqual(machine_before.before(0.1)["busy_processors_before"], 0)


class Memory(unittest.TestCase):
    def test_this_process_is_resident(self):
        own, shared = ranks_memory.resident_kib(os.getpid())
        self.assertGreater(own, 1000)
        self.assertGreaterEqual(shared, 0)
        self.assertIsNone(ranks_memory.resident_kib(2**22 + 1))

    def test_only_ranks_are_sampled_and_the_exit_code_is_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "memory.csv")
            script = "OMPI_COMM_WORLD_RANK=3 sleep 1 & sleep 1; wait; exit 5"
            code = subprocess.run([sys.executable, str(BENCH / "ranks_memory.py"), str(file), "0.2",
                                   "bash", "-c", script])
            self.assertEqual(code.returncode, 5)
            self.assertEqual(list(cr.read_memory(file)), [3])


if __name__ == "__main__":
    unittest.main()
