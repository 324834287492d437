# SPDX-License-Identifier: MIT
"""Signals that reach watch in the middle of something: of a run, or of the user's command."""

import os
import signal
import socket

import pytest

from watching import LIMIT, Watch, past, rows

HELD = ("--timeout", "50s", "--deadline", "55s")


@pytest.fixture(name="silent")
def fixture_silent():
    """A server that says nothing, so that a run stays under way."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        listening.settimeout(LIMIT)
        yield listening


def test_a_reload_in_the_middle_of_a_run_waits_for_its_end(tmp_path, silent, server):
    state, config = tmp_path / "state", tmp_path / "watch.yaml"
    first = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    config.write_text(f"targets: ['{first}']\n")
    with Watch(tmp_path, "--state", str(state), "-c", str(config), *HELD) as watch:
        with silent.accept()[0] as connection:
            connection.recv(1)
            config.write_text(f"targets: ['tcp://127.0.0.1:{server.port}']\n")
            for _ in range(3):
                watch.process.send_signal(signal.SIGHUP)
            # What is served shows that it lives, and nothing was read yet.
            assert "no run has ended" in watch.answer("/healthz")
            assert "read the configuration" not in watch.text()
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        watch.until(lambda: "read the configuration again: 1 check" in watch.text())
        watch.until_runs(3)
        watch.stop()
    # The run that was under way was kept as it would have been.
    kept = rows(state, "SELECT text.text, result.status, run.interrupted FROM run JOIN result"
                       " ON result.run = run.id JOIN text ON text.id = result.id ORDER BY run.id")
    assert kept[0] == (first, 0, 0)
    assert {name for name, _, _ in kept[1:]} == {f"tcp://127.0.0.1:{server.port}"}
    assert watch.text().count("read the configuration again") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_users_command_and_keeps_the_run_that_started_it(tmp_path, server, number):
    state, pid, go = (tmp_path / name for name in ("state", "pid", "go"))
    config = tmp_path / "watch.yaml"
    config.write_text(f"targets: ['tcp://127.0.0.1:{server.port}']\n")
    command = f"echo $$ > {pid}.new; mv {pid}.new {pid}; while [ ! -e {go} ]; do sleep 0.05; done"
    with Watch(tmp_path, "--state", str(state), "-c", str(config), "--on-change",
               command) as watch:
        watch.until_runs(1)
        server.down()
        watch.until(pid.exists)
        # A reload leaves the command alone and waits for its end.
        watch.process.send_signal(signal.SIGHUP)
        os.kill(int(pid.read_text()), 0)
        assert "read the configuration" not in watch.text()
        pid.unlink()
        go.touch()
        watch.until(lambda: "read the configuration again" in watch.text())
        go.unlink()
        server.up()
        watch.until(pid.exists)
        process = int(pid.read_text())
        runs = rows(state, "SELECT count(*) FROM run")[0][0]
        watch.stop(number)
        assert "--on-change: the command was killed before its end" in watch.text()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    states = [change for change in past(state)["changes"] if change["what"] == "status"]
    assert [change["kind"] for change in states] == ["regression", "recovery"]
    assert rows(state, "SELECT count(*) FROM run WHERE NOT interrupted") == [(runs,)]


def test_a_hangup_without_a_configuration_file_changes_nothing(tmp_path, server):
    with Watch(tmp_path, f"tcp://127.0.0.1:{server.port}") as watch:
        watch.until_runs(1)
        watch.process.send_signal(signal.SIGHUP)
        watch.until(lambda: "read the configuration again: 1 check" in watch.text())
        watch.until_runs(2)
        watch.stop()


def test_a_refused_reload_quotes_no_name_when_redacted(tmp_path, server):
    config = tmp_path / "watch.yaml"
    good = f"redact: true\ntargets: ['tcp://127.0.0.1:{server.port}']\n"
    config.write_text(good)
    with Watch(tmp_path, "-c", str(config)) as watch:
        watch.until_runs(1)
        config.write_text("redact: true\ntargets: ['tcp://secret-name.example:0']\n")
        watch.process.send_signal(signal.SIGHUP)
        watch.until(lambda: "the configuration is as it was" in watch.text())
        watch.stop()
    assert "secret-name" not in watch.text()
