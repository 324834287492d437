# SPDX-License-Identifier: MIT
"""--listen from outside: one word, two meanings, in every place; and what is read beside it."""

import json
import os
import signal
import socket
import subprocess

import pytest

from test_cli import CLEAN, PROGRAM, refusal, run

INBOUND = ["inbound.batch-29876", "inbound.batch-29877", "inbound.control", "inbound.ssh"]
WITHOUT_CAPTURE = ("--capture", "off", "--canary", "none")


def report(done):
    return json.loads(done.stdout)


def ids(*arguments, env=None):
    done = run("list", "-o", "json", *arguments, env=env)
    assert done.returncode == 0, done.stderr
    return [check["id"] for check in report(done)["checks"]]


def test_listing_names_the_ports_their_purpose_and_source():
    done = run("list", "--listen", "60s", "--region", "westeurope", "inbound.*")
    assert done.returncode == 0
    assert [line.strip() for line in done.stdout.splitlines() if "inbound." in line] == INBOUND
    for words in ("TCP port 29876 of this machine", "BatchNodeManagement.westeurope",
                  "not required", "simplified-compute-node-communication", "nothing is sent"):
        assert words in done.stdout


def test_nothing_is_watched_unless_it_is_asked_for():
    done = report(run("list", "-o", "json", "--region", "westeurope"))
    assert not {check["id"] for check in done["checks"]} & set(INBOUND)
    reasons = {item["id"]: item["reason"] for item in done["left_out"]}
    assert {reasons[name] for name in INBOUND} == {"needs --listen"}


@pytest.mark.parametrize("place", ["file", "environment"])
def test_a_value_for_watch_is_passed_over_by_check_and_the_other_way_round(place, tmp_path):
    """A file and an environment may serve both commands."""
    def given(value):
        config = tmp_path / "workspace.yaml"
        config.write_text(f"targets: tcp://127.0.0.1:1\nlisten: {value}\n", encoding="utf-8")
        if place == "file":
            return ("-c", str(config)), None
        config.write_text("targets: tcp://127.0.0.1:1\n", encoding="utf-8")
        return ("-c", str(config)), {"VNETPROBE_LISTEN": value}

    arguments, env = given("127.0.0.1:9810")
    assert ids(*arguments, env=env) == ["tcp://127.0.0.1:1"]
    arguments, env = given("60s")
    assert ids(*arguments, env=env) == [*INBOUND, "tcp://127.0.0.1:1"]
    # watch does not take it for an address, and says what it starts with.
    with subprocess.Popen([PROGRAM, "watch", "--listen", "none", *arguments], text=True,
                          stderr=subprocess.PIPE, env={**CLEAN, **(env or {})}) as watch:
        assert "watching 1 check" in watch.stderr.readline()
        watch.send_signal(signal.SIGTERM)
        watch.communicate(timeout=60)
        assert watch.returncode == 0
    arguments, env = given("sometimes")
    where = "VNETPROBE_LISTEN" if place == "environment" else f"{arguments[1]}:2:9: listen"
    assert refusal(run("check", *arguments, env=env)).startswith(
        f'{where}: "sometimes" is not valid; it must be a duration')


def test_help_of_each_command_has_its_own_meaning():
    texts = {name: run(name, "--help").stdout for name in ("check", "list", "watch", "diagnose")}
    assert "--listen DUR" in texts["check"] and "--listen ADDR:PORT" not in texts["check"]
    assert "--listen DUR" in texts["list"]
    assert "--listen ADDR:PORT" in texts["watch"] and "--listen DUR" not in texts["watch"]
    assert "--listen" not in texts["diagnose"] and "--service-tags" not in texts["watch"]


def test_without_capture_who_listens_is_told_and_the_run_passes():
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 29876))
        listener.listen()
        done = run("check", "-o", "json", "--listen", "1s", "inbound.batch*", *WITHOUT_CAPTURE)
    assert (done.returncode, done.stderr) == (0, "")
    seen = {o["check"]: o["listeners"] for o in report(done)["observations"]
            if o["kind"] == "listeners"}
    assert seen["inbound.batch-29876"]["at_begin"] == seen["inbound.batch-29876"]["at_end"] \
        == ["127.0.0.1"]
    assert seen["inbound.batch-29877"]["at_end"] == []
    assert {check["status"] for check in report(done)["checks"]} == {"inconclusive"}
    assert {check["cause"] for check in report(done)["checks"]} == {"inbound_not_watched"}


def test_an_interrupted_watch_ends_at_once_and_says_how_long_it_was():
    with subprocess.Popen([PROGRAM, "check", "-o", "json", "--listen", "10m", "inbound.ssh",
                           "--progress", "json", *WITHOUT_CAPTURE], text=True, env=CLEAN,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stderr.readline()  # the run has begun
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    told = json.loads(out)
    assert process.returncode == 2
    listeners = next(o for o in told["observations"] if o["kind"] == "listeners")
    assert listeners["listeners"]["cut"] and listeners["listeners"]["wanted_ms"] == 600000
    assert "of 600.0 s" in told["checks"][0]["evidence"][0]["text"]


@pytest.mark.parametrize("text, wanted", [
    ("{", ":1:1: no JSON: "),
    ('{"values": 1}', ": values: must be a list of service tags"),
    ('{"values": [{"name": "A", "properties": {"addressPrefixes": ["10.0.0.1/8"]}}]}',
     ': values[0].properties.addressPrefixes[0]: "10.0.0.1/8" is no prefix such as 20.1.0.0/16'),
], ids=["no JSON", "another document", "no prefix"])
def test_a_wrong_list_of_service_tags_is_one_line(text, wanted, tmp_path):
    path = tmp_path / "tags.json"
    path.write_text(text, encoding="utf-8")
    done = run("check", "--listen", "1s", "--service-tags", str(path))
    assert refusal(done).startswith(f"--service-tags: {path}{wanted}")


def test_service_tags_in_a_file_wait_for_a_run_that_listens(tmp_path):
    config = tmp_path / "workspace.yaml"
    config.write_text("service_tags: /nowhere.json\ntargets: inbound.ssh\n", encoding="utf-8")
    assert ids("-c", str(config), "--listen", "1s") == ["inbound.ssh"]
    assert refusal(run("check", "-c", str(config), "--listen", "1s")) \
        == "--service-tags: /nowhere.json: No such file or directory"
