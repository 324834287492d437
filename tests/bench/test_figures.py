# SPDX-License-Identifier: MIT
"""What a figure says when a contender is wrong, slow or stopped; no namespaces needed."""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from vpbench import blackbox_driver, figures
from vpbench.sample import Sample, median_ratio


def series(label, cpu_seconds, passed=10, timed_out=False):
    samples = [Sample(c, c, 5.0, 0, timed_out, passed) for c in cpu_seconds]
    return figures.Series(label, samples, alive=10)


def test_ratio_is_taken_within_rounds_so_a_slow_machine_cancels_out():
    ours = series("prober", [1.0, 10.0, 1.0])
    theirs = series("floor", [1.0, 10.0, 2.0])
    assert median_ratio(ours.samples, theirs.samples, "cpu_s") == 1.0


def test_ratio_to_a_peer_with_fewer_rounds_uses_the_common_rounds():
    ours, theirs = series("prober", [1.0, 50.0, 50.0]), series("curl", [20.0])
    assert median_ratio(ours.samples, theirs.samples, "cpu_s") == 0.05


COMPARED = [
    ("within the limit", series("prober", [1.4]), series("floor", [1.0]), True),
    ("above the limit", series("prober", [1.5]), series("floor", [1.0]), False),
    ("fast but wrong", series("prober", [0.1], 9), series("floor", [1.0]), False),
    ("fast but no report", series("prober", [0.1], None), series("floor", [1.0]), False),
    ("stopped", series("prober", [0.1], timed_out=True), series("floor", [1.0]), False),
    ("beside a wrong floor", series("prober", [1.0]), series("floor", [1.0], 9), False),
    ("beside a wrong peer", series("prober", [1.0]), series("curl", [1.0], 9), True),
]


@pytest.mark.parametrize("ours,theirs,ok", [r[1:] for r in COMPARED],
                         ids=[r[0] for r in COMPARED])
def test_a_target_is_met_only_by_right_results(ours, theirs, ok):
    assert figures.compared("row", ours, theirs, "cpu_s", 1.4).ok is ok


def test_a_wrong_result_is_named_in_the_note():
    figure = figures.compared("row", series("prober", [1.0]), series("curl", [1.0], 9),
                              "cpu_s", 1.4)
    assert figure.note == "curl found 9 of 10"


BOUNDED = [("at the bound", [3.2], 10, True), ("above it", [3.3], 10, False),
           ("below it but wrong", [0.1], 9, False)]


@pytest.mark.parametrize("seconds,passed,ok", [r[1:] for r in BOUNDED],
                         ids=[r[0] for r in BOUNDED])
def test_a_bound_is_met_only_by_right_results(seconds, passed, ok):
    assert figures.bounded("row", series("prober", seconds, passed), "wall_s", 3.2).ok is ok


def test_a_comparison_without_target_is_neither_met_nor_missed():
    figure = figures.compared("row", series("prober", [9.0]), series("floor", [1.0]),
                              "wall_s", None)
    assert figure.ok is None and figure.verdict() == ""


DISTURBED = [("quiet", 2.0, 0.1, ""), ("a third", 3.0, 1.0, "33%"),
             ("too short to tell", 0.1, 0.09, "")]


@pytest.mark.parametrize("wall,foreign,share", [r[1:] for r in DISTURBED],
                         ids=[r[0] for r in DISTURBED])
def test_cpu_taken_by_others_is_noted(wall, foreign, share):
    sample = Sample(wall, 0.1, 5.0, 0, passed=10, foreign_cpu_s=foreign)
    note = figures.Series("prober", [sample], alive=10).disturbed()
    assert note == (f"others used {share} of the CPU during prober" if share else "")


class Exporter(http.server.BaseHTTPRequestHandler):
    """Says that targets with an even number are alive."""

    def do_GET(self):
        alive = int(self.path.rpartition("%2Fh")[2].partition(".")[0]) % 2 == 0
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"# HELP\nprobe_success %d\n" % alive)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("in_flight", [1, 7, 200])
def test_the_blackbox_driver_counts_every_success_at_any_concurrency(tmp_path, in_flight):
    names = tmp_path / "names"
    names.write_text("".join(f"h{i}.perf.test\n" for i in range(100)))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server:
        server.socket.listen(256)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        out = subprocess.run(
            blackbox_driver.command(server.server_port, in_flight, str(names)),
            check=True, capture_output=True, text=True, timeout=30).stdout
        server.shutdown()
    assert json.loads(out)["pass"] == 50
