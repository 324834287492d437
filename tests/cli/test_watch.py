# SPDX-License-Identifier: MIT
"""watch and history from outside, against servers on the loopback interface."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from test_cli import run
from watching import LIMIT, QUIET, Watch, documents, past, runs_are_there, rows, seconds, validator


def assert_dated(state, told, moment):
    """A change has the second in which a run began that can have seen it."""
    runs = rows(state, "SELECT at, at / 1e3 + duration / 1e9 FROM run")
    ends = [end for at, end in runs if at // 1000 == int(told)]
    assert ends and max(ends) >= moment, (runs, told, moment)


def test_a_fault_that_begins_and_ends_is_told_with_its_times(tmp_path, server):
    state, events = tmp_path / "state", tmp_path / "events"
    target = f"tcp://127.0.0.1:{server.port}"
    with Watch(tmp_path, "--state", str(state), "--on-change", f"cat >> {events}",
               "-o", f"prometheus={tmp_path}/v.prom", target) as watch:
        watch.until_runs(2)
        down = time.time()
        server.down()
        watch.until(lambda: "remote_refused" in watch.text())
        assert watch.metric(f'probe_success{{check="{target}"}}') in (0, 1)
        watch.until(lambda: watch.metric(f'probe_success{{check="{target}"}}') == 0)
        since = watch.metric(f'vnetprobe_check_state_since_timestamp_seconds{{check="{target}"}}')
        up = time.time()
        server.up()
        watch.until(lambda: events.exists() and '"recovery"' in events.read_text())
        assert json.loads(watch.get("/report.json"))["checks"][0]["id"] == target
        assert "<html" in watch.get("/report.html")
        assert watch.get("/healthz") == "ok\n"
        watch.stop()
    assert_dated(state, since, down)
    assert since <= up
    known = past(state)
    states = [c for c in known["changes"] if c["what"] == "status"]
    assert [c["kind"] for c in states] == ["regression", "recovery"]
    assert seconds(states[0]["since"]) == int(since)
    assert_dated(state, seconds(states[1]["since"]), up)
    assert known["checks"][0]["status"] == "pass"
    assert states[0]["changed_with_it"] == []
    told = documents(events.read_text())
    assert [c["kind"] for event in told for c in event["changes"]
            if c["what"] == "status"] == ["regression", "recovery"]
    for event in told:
        validator("watch_event").validate(event)
    validator("history").validate(known)
    assert "probe_success" in (tmp_path / "v.prom").read_text()
    text = run("history", "--state", str(state)).stdout
    assert "x" in text and "changes" in text and "status pass -> fail (remote_refused)" in text
    page = run("history", "--state", str(state), "-o", "html", target).stdout
    assert "<svg" in page and "<script" not in page


def test_what_was_kept_is_taken_up_by_the_next_start(tmp_path, server):
    state = tmp_path / "state"
    target = f"tcp://127.0.0.1:{server.port}"
    with Watch(tmp_path, "--state", str(state), target) as watch:
        watch.until_runs(1)
        watch.stop()
    server.down()
    with Watch(tmp_path, "--state", str(state), target) as watch:
        watch.until_runs(1)
        watch.stop()
        assert "status pass -> fail (remote_refused)" in watch.text()
    assert [c["kind"] for c in past(state)["changes"]] == ["regression"]


def test_the_configuration_is_read_again_and_a_bad_one_is_not_taken(tmp_path, server):
    config = tmp_path / "watch.yaml"
    config.write_text(f"targets: [tcp://127.0.0.1:{server.port}]\n")
    with Watch(tmp_path, "-c", str(config)) as watch:
        watch.until_runs(1)
        config.write_text("targets: [tcp://127.0.0.1:0]\n")
        watch.process.send_signal(signal.SIGHUP)
        watch.until(lambda: "the configuration is as it was" in watch.text())
        watch.until_runs(3)
        config.write_text(f"targets: [tcp://127.0.0.1:{server.port}, tcp://127.0.0.1:1]\n")
        watch.process.send_signal(signal.SIGHUP)
        watch.until(lambda: "read the configuration again: 2 checks" in watch.text())
        watch.until(lambda: watch.metric('probe_success{check="tcp://127.0.0.1:1"}') == 0)
        assert watch.metric("vnetprobe_watch_reload_errors_total") == 1
        watch.stop()


def test_a_stop_in_the_middle_of_a_run_keeps_what_there_was(tmp_path, server):
    state = tmp_path / "state"
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        port = silent.getsockname()[1]
        with Watch(tmp_path, "--state", str(state), "--timeout", "50s", "--deadline", "55s",
                   f"tcp://127.0.0.1:{server.port}", f"https://127.0.0.1:{port}/") as watch:
            silent.settimeout(LIMIT)
            with silent.accept()[0] as connection:
                assert connection.recv(1)  # of the TLS hello, so the other one has connected
                watch.stop()
    result = run("history", "--state", str(state))
    assert "no check was kept" in result.stderr  # it is told apart from runs that ended
    assert rows(state, "SELECT interrupted, count(*) FROM run") == [(1, 1)]
    assert rows(state, "SELECT cause FROM result ORDER BY position") == [(None,), ("not_finished",)]


def test_a_port_in_use_is_one_line_and_runs_go_on(tmp_path, server):
    state = tmp_path / "state"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Watch(tmp_path, "--state", str(state), "--listen", f"127.0.0.1:{port}",
                   f"tcp://127.0.0.1:{server.port}") as watch:
            watch.until(lambda: (state / "history.db").exists() and len(
                past(state)["checks"][0]["runs"]) >= 3 if runs_are_there(state) else False)
            watch.stop()
            told = [line for line in watch.text().splitlines() if "--listen" in line]
    assert len(told) == 1 and "Address already in use" in told[0]


def test_a_history_that_cannot_be_kept_is_one_line_and_runs_go_on(tmp_path, server):
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where a directory should be")
    with Watch(tmp_path, "--state", str(in_the_way),
               f"tcp://127.0.0.1:{server.port}") as watch:
        watch.until_runs(3)
        assert watch.metric("vnetprobe_watch_history_errors_total") >= 3
        in_the_way.unlink()
        watch.until(lambda: runs_are_there(in_the_way))
        watch.stop()
        assert len([line for line in watch.text().splitlines() if "runs go on" in line]) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
def test_a_full_disk_is_one_line_and_runs_go_on(tmp_path, server):
    state = tmp_path / "small"
    state.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(state)],
                           check=False, capture_output=True)
    if mount.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        (state / "filler").write_bytes(b"x" * (200 * 1024))
        with Watch(tmp_path, "--state", str(state),
                   f"tcp://127.0.0.1:{server.port}") as watch:
            watch.until_runs(3)
            watch.until(lambda: "runs go on" in watch.text())
            (state / "filler").unlink()
            watch.until(lambda: runs_are_there(state))
            watch.stop()
            assert len([x for x in watch.text().splitlines() if "runs go on" in x]) == 1
    finally:
        subprocess.run(["umount", str(state)], check=False)


def test_a_failure_that_stays_is_not_diagnosed_with_each_run(tmp_path):
    with Watch(tmp_path, "tcp://127.0.0.1:1") as watch:
        watch.until_runs(6)
        cheap = watch.metric("vnetprobe_watch_runs_without_diagnosis_total")
        assert cheap >= 3
        assert 'code="remote_refused"' in watch.get("/metrics")
        watch.stop()


class Stumbling:
    """A web server whose next answer can be made none at all."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.stumble, self.stumbled = threading.Event(), threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                with self.socket.accept()[0] as connection:
                    self._answer(connection)

    def _answer(self, connection):
        if not connection.recv(4096):
            return
        if self.stumble.is_set():
            self.stumble.clear()
            self.stumbled.set()
        else:
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def down(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def test_what_one_run_without_diagnosis_saw_is_kept_though_it_was_over_at_once(tmp_path):
    """Beside a failure that stays, runs without diagnosis are those that see another one first."""
    state, web = tmp_path / "state", Stumbling()
    target = f"http://127.0.0.1:{web.port}/"
    with Watch(tmp_path, "--state", str(state), target, "tcp://127.0.0.1:1") as watch:
        # The next four runs are without diagnosis, too.
        watch.until(lambda: watch.metric("vnetprobe_watch_runs_without_diagnosis_total") == 1)
        web.stumble.set()
        watch.until(web.stumbled.is_set)
        watch.until(lambda: f"{target}: status fail" in watch.text())
        watch.stop()
    web.down()
    states = [change for change in past(state)["changes"] if change["what"] == "status"]
    assert [change["kind"] for change in states] == ["regression", "recovery"]
    assert rows(state, "SELECT diagnosed FROM run WHERE id IN (SELECT run FROM change"
                       " WHERE what = 'status') ORDER BY id") == [(0,), (1,)]


def test_nothing_that_is_served_has_a_name_when_redacted(tmp_path, server):
    events = tmp_path / "events"
    target = f"https://secret-name.example:{server.port}/"
    with Watch(tmp_path, "--redact", "--on-change", f"cat >> {events}", "--resolve",
               f"secret-name.example:{server.port}:127.0.0.1", target) as watch:
        watch.until_runs(2)
        server.down()
        watch.until(events.exists)
        for page in ("/metrics", "/report.html", "/report.json"):
            assert "secret-name" not in watch.get(page), page
        watch.stop()
        assert "secret-name" not in watch.text()
    assert "secret-name" not in events.read_text()


@pytest.mark.parametrize("option, value", [("--capture", "on"), ("--pcap", "x.pcap"),
                                           ("--save-baseline", "x.json")])
def test_watch_refuses_what_belongs_to_one_run(tmp_path, option, value):
    result = run("watch", option, value, *QUIET, "tcp://127.0.0.1:1", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (2, f"vnetprobe: {option}: is an option of check\n")
    assert not list(tmp_path.iterdir())
