# SPDX-License-Identifier: MIT
"""watch over a long time and under bad conditions: clocks, kills, read-only and shared folders."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest

from test_cli import PROGRAM, run
from watching import LIMIT, Clocks, Server, Watch, documents, past, rows, runs_are_there

DAY = 86400
HOUR = 3600
SANITIZED = "asan" in PROGRAM  # slower, and freed memory stays with the sanitizer for a while
CYCLES = int(os.environ.get("WATCH_CYCLES", "400" if SANITIZED else "1000"))
LIVES = int(os.environ.get("WATCH_LIVES", "40"))


@pytest.fixture(name="target")
def fixture_target(server):
    return f"tcp://127.0.0.1:{server.port}"


@pytest.fixture(name="memory")
def fixture_memory(tmp_path):
    """A folder in memory where there is one, so that writing to the disk takes no time."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="vp-watch-", dir="/dev/shm") as path:
        yield pathlib.Path(path)


def starts(state):
    """Wall-clock seconds at which the kept runs began, in their order."""
    return [at / 1e3 for at, in rows(state, "SELECT at FROM run ORDER BY id")]


def n_runs(state):
    return rows(state, "SELECT count(*) FROM run")[0][0]


def newest_run(state):
    """Its number; 0 before the first one."""
    if not (state / "history.db").exists():
        return 0
    with contextlib.suppress(sqlite3.OperationalError):  # the table may not be there yet
        return rows(state, "SELECT coalesce(max(id), 0) FROM run")[0][0]
    return 0


# --- Clocks ----------------------------------------------------------------------------


def test_a_wall_clock_that_is_set_moves_no_run_and_loses_none(tmp_path, target):
    state, clocks = tmp_path / "state", Clocks(tmp_path)
    with Watch(tmp_path, "--state", str(state), target, env=clocks.environment) as watch:
        def until_runs_more(n):
            wanted = newest_run(state) + n
            watch.until(lambda: newest_run(state) >= wanted)

        clocks.skip()
        until_runs_more(3)
        clocks.set_wall(-3 * DAY)
        until_runs_more(3)
        clocks.set_wall(DAY)
        until_runs_more(3)
        clocks.skip(False)
        watch.until(lambda: watch.answer("/healthz") == "ok\n")
        watch.stop()
    known = starts(state)
    steps = [after - before for before, after in zip(known, known[1:])]
    back = [i for i, step in enumerate(steps) if step < -2 * DAY]
    ahead = [i for i, step in enumerate(steps) if step > 3 * DAY]
    assert len(back) == len(ahead) == 1 and 2 <= back[0] < ahead[0]
    # All others came an interval after the one before, and every run is there.
    assert all(0 < step < HOUR for i, step in enumerate(steps) if i not in (*back, *ahead))
    assert len(known) == newest_run(state)
    # The stop may have met a run that was under way.
    assert past(state)["checks"][0]["passed"] in (len(known) - 1, len(known))


def test_aligned_runs_begin_with_the_hour_whatever_the_time_zone_does(tmp_path, target):
    """Across the end of summer time in Berlin, 2026-10-25 01:00 UTC."""
    state, clocks = tmp_path / "state", Clocks(tmp_path)
    clocks.set_wall(1792886400 - time.time() + 90)  # 2026-10-25 00:00 UTC and a bit
    clocks.skip()
    with Watch(tmp_path, "--state", str(state), "--interval", "1h", "--align", target,
               env={**clocks.environment, "TZ": "Europe/Berlin"}) as watch:
        watch.until_runs(6)
        watch.stop()
    first, *aligned = starts(state)
    assert 1792886400 < first < 1792886400 + HOUR
    hours = [round(at / HOUR) for at in aligned]
    assert hours == list(range(hours[0], hours[0] + len(hours)))
    # A busy machine may begin late, within what is skipped at once, but never before.
    assert all(0 <= at - hour * HOUR < HOUR / 8 for at, hour in zip(aligned, hours))


def resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0])


def test_days_of_cycles_need_no_more_memory_or_descriptors(memory, target):
    """The real program, its waits skipped; its history is trimmed all the while."""
    state, clocks = memory / "state", Clocks(memory)
    clocks.skip()
    with Watch(memory, "--state", str(state), "--interval", "5m", "--keep-days", "1",
               "-o", f"prometheus={memory}/v.prom", target, env=clocks.environment) as watch:
        def descriptors():
            return len(os.listdir(f"/proc/{watch.process.pid}/fd"))

        def used(at_most):
            """Descriptors and resident memory, between two runs."""
            clocks.skip(False)
            watch.until(lambda: watch.metric("vnetprobe_watch_runs_total"))
            watch.until(lambda: descriptors() <= at_most)
            found = descriptors(), resident_kib(watch.process.pid)
            clocks.skip()
            return found

        def until_run(wanted):
            for n in range(100, wanted + 1, 100):
                watch.until(lambda n=n: newest_run(state) >= n)

        until_run(CYCLES // 5)
        fds, kib = used(64)
        until_run(CYCLES)
        fds_after, kib_after = used(fds)
        watch.stop()
    print(f"{CYCLES} cycles: {kib} to {kib_after} KiB, {fds} to {fds_after} descriptors")
    assert clocks.gone() > 0.9 * CYCLES * 300
    assert fds_after <= fds
    if not SANITIZED:
        assert kib_after <= kib + 1024
    # Trimmed every 50 runs to one day, which is 288 of them.
    assert 288 <= n_runs(state) <= 288 + 50 + 10
    # Nothing has changed, and nothing did but times.
    assert not rows(state, "SELECT what FROM change WHERE what NOT LIKE 'timing.%'")


def test_flapping_is_told_and_starts_no_more_commands(tmp_path, server, target):
    state, events, clocks = tmp_path / "state", tmp_path / "events", Clocks(tmp_path)
    flaps = f'vnetprobe_check_flapping{{check="{target}"}}'

    def toggle(turn, to):
        count = watch.text().count(f"-> {to}")
        turn()
        watch.until(lambda: watch.text().count(f"-> {to}") > count)

    with Watch(tmp_path, "--state", str(state), "--on-change", f"cat >> {events}", target,
               env=clocks.environment) as watch:
        watch.until_runs(1)
        for _ in range(3):
            toggle(server.down, "fail")
            toggle(server.up, "pass")
        watch.until(lambda: "flapping steady -> flapping" in watch.text())
        toggle(server.down, "fail")
        toggle(server.up, "pass")
        watch.until(lambda: watch.metric(flaps) == 1)
        text = run("history", "--state", str(state)).stdout
        told = documents(events.read_text())
        clocks.skip()
        watch.until(lambda: "flapping flapping -> steady" in watch.text())
        clocks.skip(False)
        watch.until(lambda: watch.metric(flaps) == 0)
        watch.stop()
    assert ", flapping" in text
    changes = [change["what"] for event in told for change in event["changes"]]
    # The sixth change of status began it; those after it were logged and kept alone.
    assert changes.count("status") == 5 and changes[-1] == "flapping"
    known = [change["what"] for change in past(state)["changes"]]
    assert known.count("status") == 8 and known.count("flapping") == 2


# --- Kills -----------------------------------------------------------------------------


def assert_sound(state, seen):
    """The file is whole, has no half of a run, and every run that was there before."""
    assert rows(state, "PRAGMA integrity_check") == [("ok",)]
    assert rows(state, "SELECT count(*) FROM run WHERE (SELECT count(*) FROM result"
                       " WHERE run = run.id) <> 2") == [(0,)]
    known = rows(state, "SELECT id, at FROM run ORDER BY id")
    assert known[:len(seen)] == seen
    return known


def told_run(path):
    """Milliseconds of the run that the metrics file tells of; it was kept before."""
    with contextlib.suppress(OSError):
        for line in path.read_text(encoding="ascii").splitlines():
            if line.startswith("vnetprobe_run_timestamp_seconds "):
                return round(float(line.split()[1]) * 1e3)
    return None


def test_no_kill_of_the_program_loses_a_run_that_was_told(memory, target):
    state, metrics = memory / "state", memory / "v.prom"
    clocks, chance = Clocks(memory), random.Random(29)
    clocks.skip()
    other = Server()
    other.up()
    seen, told = [], []
    for _ in range(LIVES):
        before = told_run(metrics)
        with Watch(memory, "--state", str(state), "--listen", "none", target,
                   f"tcp://127.0.0.1:{other.port}", "-o", f"prometheus={metrics}",
                   env=clocks.environment) as watch:
            if chance.random() < 0.8:  # else at any moment of the start
                watch.until(lambda: told_run(metrics) not in (None, before))
            time.sleep(chance.random() * 0.1)
            watch.process.send_signal(signal.SIGKILL)
            assert watch.process.wait(LIMIT) == -signal.SIGKILL
        if (state / "history.db").exists() and told_run(metrics):
            seen = assert_sound(state, seen)
            told.append(told_run(metrics))
            assert any(abs(at - told[-1]) <= 1 for _, at in seen)
    other.down()
    print(f"{len(seen)} runs in {LIVES} lives")
    assert len(set(told)) > LIVES / 2


# --- The state directory ---------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
def test_a_read_only_file_system_is_one_line_and_runs_go_on(tmp_path, target):
    state = tmp_path / "st?te #%41"
    state.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(state)], check=False,
                      capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        with Watch(tmp_path, "--state", str(state), target) as watch:
            watch.until_runs(3)
            assert watch.metric("vnetprobe_watch_history_errors_total") >= 3
            subprocess.run(["mount", "-o", "remount,rw", str(state)], check=True)
            watch.until(lambda: runs_are_there(state))
            watch.until(lambda: "runs are kept again" in watch.text())
            watch.stop()
        told = [line for line in watch.text().splitlines() if "runs go on" in line]
        assert told == [f'vnetprobe: --state: history in "{state}": Read-only file system; '
                        "runs go on, and are kept as soon as that works"]
        # What is there can be read, however it is mounted.
        subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
        assert len(past(state)["checks"][0]["runs"]) >= 1
    finally:
        subprocess.run(["umount", str(state)], check=False)


def test_a_directory_that_is_removed_is_one_line_and_made_again(tmp_path, target):
    state = tmp_path / "state"
    with Watch(tmp_path, "--state", str(state), target) as watch:
        watch.until(lambda: newest_run(state) >= 2)
        shutil.rmtree(state)
        watch.until(lambda: newest_run(state) >= 1)
        watch.until(lambda: "runs are kept again" in watch.text())
        watch.stop()
    told = [line for line in watch.text().splitlines() if "runs go on" in line]
    assert len(told) == 1 and "removed or replaced" in told[0]
    assert rows(state, "PRAGMA integrity_check") == [("ok",)]


def test_a_second_watch_waits_for_the_directory_of_the_first(tmp_path, target):
    state = tmp_path / "state"
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with Watch(folders[0], "--state", str(state), target) as first:
        first.until_runs(1)
        with Watch(folders[1], "--state", str(state), target) as second:
            second.until_runs(3)
            told = [line for line in second.text().splitlines() if "another vnetprobe" in line]
            assert len(told) == 1 and "runs go on" in told[0]
            first.stop()
            kept = n_runs(state)
            second.until(lambda: n_runs(state) > kept)
            second.until(lambda: "runs are kept again" in second.text())
            second.stop()
    assert rows(state, "PRAGMA integrity_check") == [("ok",)]
