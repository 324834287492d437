# SPDX-License-Identifier: MIT
"""The units of packaging/systemd: accepted, hardened, and their command does what they expect."""

import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

from test_cli import PROGRAM
from watching import LIMIT, Watch, rows

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ROOT / "packaging" / "systemd"
SERVICES = ("vnetprobe.service", "vnetprobe-watch.service")
ANALYZE = shutil.which("systemd-analyze")


def unit(name):
    return (UNITS / name).read_text(encoding="utf-8")


def value(name, key):
    return re.search(rf"^{key}=(.*)$", unit(name), re.MULTILINE).group(1)


@pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not installed")
def test_systemd_accepts_them_and_finds_them_hardened(tmp_path):
    for name in (*SERVICES, "vnetprobe.timer"):
        text = unit(name).replace("/usr/bin/vnetprobe", PROGRAM)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in (*SERVICES, "vnetprobe.timer"):
        done = subprocess.run([ANALYZE, "verify", str(tmp_path / name)], capture_output=True,
                              text=True, timeout=LIMIT, check=False)
        assert "vnetprobe" not in done.stderr, done.stderr
    for name in SERVICES:
        done = subprocess.run([ANALYZE, "security", "--offline=true", "--threshold=20",
                               str(tmp_path / name)], capture_output=True, text=True,
                              timeout=LIMIT, check=False)
        # Versions before 250 have no offline mode.
        assert done.returncode == 0 or "unrecognized option" in done.stderr, done.stdout


def test_the_examples_are_the_units_that_are_installed():
    for name in ("vnetprobe.service", "vnetprobe.timer"):
        example = (ROOT / "docs" / "examples" / "systemd" / name).read_text(encoding="utf-8")
        assert example.partition("\n")[2] == unit(name).partition("\n")[2]


def test_the_service_of_watch_is_told_when_it_is_ready_alive_and_over(tmp_path, server):
    """Its own command line, reload and stop, with the places of the unit put elsewhere."""
    name = "vnetprobe-watch.service"
    assert (value(name, "Type"), value(name, "Restart")) == ("notify", "on-failure")
    assert value(name, "ExecReload") == "/bin/kill -HUP $MAINPID"
    config, state = tmp_path / "workspace.yaml", tmp_path / "state"
    config.write_text(f"targets: ['tcp://127.0.0.1:{server.port}']\n")
    program, command, *arguments = value(name, "ExecStart").split()
    assert (program, command) == ("/usr/bin/vnetprobe", "watch")
    places = {"/etc/vnetprobe/workspace.yaml": str(config), "/var/lib/vnetprobe": str(state)}
    arguments = [places.get(argument, argument) for argument in arguments]
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(LIMIT)

        def told(wanted):
            """Until systemd has been told so; all that it was told."""
            lines = []
            while not any(line.startswith(wanted) for line in lines):
                lines.extend(notify.recv(4096).decode().splitlines())
            return lines

        with Watch(tmp_path, *arguments,
                   env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"}) as watch:
            assert "STATUS=" not in "".join(told("READY=1"))
            told("WATCHDOG=1")
            told("STATUS=")
            watch.process.send_signal(signal.SIGHUP)
            assert "READY=1" not in told("RELOADING=1")
            told("READY=1")
            told("WATCHDOG=1")
            watch.process.send_signal(signal.SIGTERM)
            told("STOPPING=1")
            assert watch.process.wait(LIMIT) == 0
    assert rows(state, "SELECT count(*) FROM run")[0][0] >= 1


def signs_of_life(notify, n):
    """Waits for so many of them."""
    while n:
        n -= notify.recv(4096) == b"WATCHDOG=1"


def test_signs_of_life_go_on_in_runs_and_commands(tmp_path, server):
    """Silence of a server or of the user's command is no reason to be restarted."""
    path, begun = tmp_path / "notify", tmp_path / "begun"
    env = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(LIMIT)
        silent.settimeout(LIMIT)
        with Watch(tmp_path, f"https://127.0.0.1:{silent.getsockname()[1]}/", "--timeout", "50s",
                   "--deadline", "55s", env=env) as watch:
            with silent.accept()[0] as connection:
                assert connection.recv(1)
                signs_of_life(notify, 5)
                watch.stop()
        with Watch(tmp_path, f"tcp://127.0.0.1:{server.port}", "--on-change",
                   f"touch {begun}; exec sleep 1000", env=env) as watch:
            watch.until_runs(1)
            server.down()
            while not begun.exists():
                signs_of_life(notify, 1)
            signs_of_life(notify, 5)
            watch.stop()
            assert "the command was killed before its end" in watch.text()
