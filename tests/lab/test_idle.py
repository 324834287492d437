# SPDX-License-Identifier: MIT
"""Idle connections: what a path does to them after three seconds, and what prevents it."""

import concurrent.futures
import contextlib
import sys
import threading

import pytest

from . import azure, probe, wspeers
from .faults import Filter
from .servers import Server, accepts

# A port of its own: other tests run the same servers.
PORT, FRONT = wspeers.PORT + 5, wspeers.PORT + 6
ECHO, MORTAL = (f"ws://{azure.INTERNET}:{PORT}/{path}" for path in ("echo", "mortal"))
BEHIND_PROXY = f"ws://{azure.INTERNET}:{FRONT}/echo"
REQUESTS, BARE = f"https://{azure.INTERNET_HOSTS[0]}/", f"tcp://{azure.INTERNET}:{PORT}"
SCALED = ("--idle", "1s,2s,4s", "--connect-timeout", "1s", "--timeout", "2s", "-4")

NGINX = """
daemon off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log stderr warn;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{
    listen {port};
    location / {{
      proxy_pass http://127.0.0.1:{to};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_read_timeout 3s;
    }}
  }}
}}
"""


@contextlib.contextmanager
def server(lab, name, argv, port):
    running = Server(name, lab.topology.azure, argv, lab.run_dir,
                     lambda: accepts(lab.topology.azure, "127.0.0.1", port))
    running.start()
    try:
        running.wait_ready()
        yield
    finally:
        running.stop()


@pytest.fixture(scope="module", autouse=True)
def peers(session_lab):
    """WebSocket servers, and nginx in front of them with a read timeout of three seconds."""
    directory = session_lab.run_dir / "idle-front"
    directory.mkdir()
    conf = directory / "nginx.conf"
    conf.write_text(NGINX.format(dir=directory, port=FRONT, to=PORT), encoding="ascii")
    script = probe.ROOT / "tests" / "lab" / "wspeers.py"
    with server(session_lab, "idle-peers", [sys.executable, script, str(PORT)], PORT), \
            server(session_lab, "idle-front", ["nginx", "-c", conf, "-e", "stderr"], FRONT):
        yield


@contextlib.contextmanager
def forgetful_router(lab, answer):
    """Flows are forgotten after three idle seconds; what comes then is met with `answer`."""
    router = lab.topology.router
    router.sysctl(netfilter__nf_conntrack_tcp_timeout_established=3,
                  netfilter__nf_conntrack_tcp_loose=0)
    step = Filter((f"ip daddr {azure.INTERNET} tcp flags & syn == 0 ct state invalid {answer}",))
    step.do(lab)
    try:
        yield
    finally:
        step.undo(lab)
        router.sysctl(netfilter__nf_conntrack_tcp_timeout_established=432000,
                      netfilter__nf_conntrack_tcp_loose=1)


def both(prober, *arguments):
    """The runs of an ordinary user and of root, at the same time."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return [run.result() for run in [
            pool.submit(prober.check, *SCALED, *arguments, root=root) for root in (False, True)]]


def outcomes(run, check):
    """What became of each connection: by its idle seconds, or by what it was for."""
    return {o["idle_ms"] / 1000 if o["mode"] == "silent" else o["mode"]: o["outcome"]
            for o in probe.observed(run, "idle", check)}


def found(run, check):
    verdict = run.checks[check]
    return verdict["status"], verdict["cause"], verdict["stage"], verdict["confidence"]


@pytest.mark.parametrize("answer, cause, outcome", [
    ("drop", "idle_drop_silent", "unacknowledged"),
    ("reject with tcp reset", "idle_reset", "reset_at_use"),
], ids=["silent", "reset"])
def test_a_device_that_forgets_flows_is_found_and_keepalive_prevents_it(
        lab, prober, answer, cause, outcome):
    with forgetful_router(lab, answer):
        runs = both(prober, ECHO, REQUESTS, BARE)
    for run in runs:
        for check, stage in ((ECHO, "websocket"), (REQUESTS, "http"), (BARE, "tcp")):
            seen = outcomes(run, check)
            assert (seen[1.0], seen[2.0], seen[4.0]) == ("alive", "alive", outcome), check
            assert seen["keepalive"] == seen["fresh"] == "alive", check
            assert found(run, check) == ("fail", cause, stage, "likely"), check
        assert outcomes(run, ECHO)["pings"] == "alive"
        assert run.code == 1


@pytest.fixture(scope="module")
def limits(session_lab):
    """One run for limits that servers and proxies have of their own, and for none."""
    program = probe.binary()
    if program is None:
        pytest.skip("vnetprobe is not built")
    return both(probe.Prober(session_lab, program), ECHO, MORTAL, BEHIND_PROXY)


def test_a_proxy_with_a_read_timeout_needs_pings(lab, limits):
    del lab
    for run in limits:
        seen = outcomes(run, BEHIND_PROXY)
        assert (seen[2.0], seen[4.0], seen["keepalive"], seen["pings"]) == (
            "alive", "closed", "closed", "alive")
        assert found(run, BEHIND_PROXY) == ("fail", "idle_reset", "websocket", "likely")
        assert "pings prevent it, TCP keepalive does not" in run.out


def test_an_end_at_an_age_is_no_idle_limit(lab, limits):
    del lab
    for run in limits:
        seen = outcomes(run, MORTAL)
        assert (seen[2.0], seen[4.0], seen["pings"], seen["fresh"]) == (
            "alive", "closed", "closed", "alive")
        assert {o["close_code"] for o in probe.observed(run, "idle", MORTAL)
                if o["outcome"] == "closed"} == {1001}
        assert found(run, MORTAL) == ("fail", "ws_lifetime_cap", "websocket", "likely")


def test_a_healthy_path_passes_with_what_was_survived(lab, limits):
    del lab
    for run in limits:
        assert set(outcomes(run, ECHO).values()) == {"alive"}
        assert run.checks[ECHO]["status"] == "pass"
        assert "silent for 4 s: answered" in probe.evidence_text(run.checks[ECHO])


def test_saved_idle_connections_are_judged_alike(lab, prober, limits):
    saved = lab.run_dir / "idle.json"
    saved.write_text(limits[0].out, encoding="utf-8")
    again = prober.run("diagnose", str(saved), "-o", "json")
    assert again.report["checks"] == limits[0].report["checks"]


def test_a_peer_that_dies_meanwhile_is_no_idle_limit(lab, prober):
    gone = Filter((f"tcp dport {PORT} drop", f"tcp sport {PORT} drop"))
    timer = threading.Timer(2.5, gone.do, (lab,))
    timer.start()
    try:
        run = prober.check(*SCALED, ECHO)
    finally:
        timer.join()
        gone.undo(lab)
    seen = outcomes(run, ECHO)
    assert (seen[1.0], seen[4.0], seen["pings"], seen["fresh"]) == (
        "alive", "unacknowledged", "unacknowledged", "not_opened")
    assert seen["keepalive"] == "unacknowledged"
    assert found(run, ECHO) == ("fail", "silent_drop", "websocket", "cannot_tell")


def test_an_interrupted_run_tells_what_it_knows(lab, prober):
    del lab
    run = prober.check(*SCALED, ECHO, interrupt_after=2.8)
    seen = outcomes(run, ECHO)
    assert (seen[1.0], seen[4.0], seen["pings"]) == ("alive", "cut", "cut")
    assert found(run, ECHO)[:2] == ("inconclusive", "not_finished")
    assert run.code == 2
