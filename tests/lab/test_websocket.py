# SPDX-License-Identifier: MIT
"""WebSockets: a real Jupyter behind every kind of middlebox, and servers that break the rules."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest

from . import azure, client, probe, services, webfront, wspeers
from .faults import redirect
from .namespaces import run
from .servers import Server, accepts, unconfined

INSTANCE = azure.BY_NAME["instance"]
HOST = INSTANCE.hosts[0]
CHECK = (*azure.OPTIONS, "jupyter.websocket")
# Kernels boot slowly on a busy machine.
PATIENT = ("--timeout", "30s", "--deadline", "80s")
EXPLICIT, EXPLICIT_STRIPPING, TRANSPARENT = 3140, 3141, 4447
STEPS = ["start_kernel", "open_channel", "execute", "delete_kernel", "start_terminal",
         "open_terminal", "terminal_echo", "delete_terminal"]

SQUID = """
http_port {address}:{explicit} name=passing ssl-bump generate-host-certificates=on tls-cert={ca}
http_port {address}:{stripping} name=stripping ssl-bump generate-host-certificates=on tls-cert={ca}
https_port {transparent} name=transparent intercept ssl-bump generate-host-certificates=on tls-cert={ca}
http_port 127.0.0.1:3127
sslcrtd_program /usr/lib/squid/security_file_certgen -s {dir}/certificates -M 4MB
sslcrtd_children 2 startup=1 idle=1
acl strips myportname stripping
acl step1 at_step SslBump1
ssl_bump peek step1
ssl_bump bump all
tls_outgoing_options cafile={root}
http_upgrade_request_protocols websocket deny strips
http_upgrade_request_protocols websocket allow all
http_access allow all
dns_nameservers {dns}
hosts_file none
cache deny all
cache_mem 8 MB
access_log none
cache_log {dir}/cache.log
cache_effective_user proxy
pid_filename none
shutdown_lifetime 0 seconds
visible_hostname inspection.corp.example
pinger_enable off
netdb_filename none
coredump_dir none
"""


@contextlib.contextmanager
def extra_server(lab, name, argv, port, address="127.0.0.1"):
    server = Server(name, lab.topology.azure, argv, lab.run_dir,
                    lambda: accepts(lab.topology.azure, address, port))
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def hostile(session_lab):
    script = probe.ROOT / "tests" / "lab" / "wspeers.py"
    with extra_server(session_lab, "wspeers", [sys.executable, script, str(wspeers.PORT)],
                      wspeers.PORT):
        yield


@pytest.fixture(scope="module")
def inspection(session_lab):
    """squid that bumps TLS: two explicit ports and a transparent one; returns its root."""
    if "squid" not in session_lab.have:
        pytest.skip("squid is not installed")
    lab, directory = session_lab, session_lab.run_dir / "inspection"
    directory.mkdir()
    pki = lab.run_dir / "pki"
    authority = directory / "ca.pem"
    authority.write_text((pki / "proxy.key").read_text() + (pki / "proxy.crt").read_text())
    root = directory / "root.pem"
    root.write_text((pki / "proxy.crt").read_text())
    run(["/usr/lib/squid/security_file_certgen", "-c", "-s", str(directory / "certificates"),
         "-M", "4MB"])
    conf = directory / "squid.conf"
    conf.write_text(SQUID.format(
        address=azure.INTERNET, explicit=EXPLICIT, stripping=EXPLICIT_STRIPPING,
        transparent=TRANSPARENT, ca=authority, dir=directory, root=pki / "root.crt",
        dns=azure.PUBLIC_DNS))
    (directory / "cache.log").touch()
    run(["chown", "-R", "proxy", str(directory)])
    argv = [unconfined("squid", lab.run_dir), "-N", "-f", conf]
    with extra_server(lab, "inspection", argv, EXPLICIT, azure.INTERNET):
        yield root


@pytest.fixture
def token(lab):
    """A file that only the user of the program may read."""
    path = lab.run_dir / "token"
    path.write_text(services.JUPYTER_TOKEN + "\n", encoding="ascii")
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    yield str(path)
    path.unlink()


@contextlib.contextmanager
def instance_at(lab, port):
    step = redirect(("instance",), port)
    step.do(lab)
    try:
        yield
    finally:
        step.undo(lab)


def kernels(lab, path="/api/kernels"):
    """What Jupyter itself says is running."""
    status, _, text = client.get(lab, INSTANCE, HOST, path,
                                 {"Authorization": f"token {services.JUPYTER_TOKEN}"})
    assert status == 200, text
    return json.loads(text)


def steps_of(run_):
    return [(step["step"], step["outcome"]) for step in probe.observed(run_, "jupyter")]


def assert_computed(lab, done):
    check = done.checks["jupyter.websocket"]
    assert check["status"] == "pass", probe.evidence_text(check)
    assert steps_of(done) == [(step, "done") for step in STEPS]
    results = {step["step"]: step["result"] for step in probe.observed(done, "jupyter")}
    assert results["execute"] == "2"
    assert not kernels(lab) and not kernels(lab, "/api/terminals")


@pytest.mark.needs("jupyter-server")
@pytest.mark.parametrize("root", [False, True], ids=["ordinary", "root"])
def test_kernel_computes_directly(lab, prober, token, root):
    assert_computed(lab, prober.check(*CHECK, *PATIENT, "--jupyter-token-file", token, root=root))


@pytest.mark.needs("jupyter-server")
@pytest.mark.needs("squid")
def test_kernel_computes_through_a_tunnel(lab, prober, token):
    done = prober.check(*CHECK, *PATIENT, "--jupyter-token-file", token,
                        "--proxy", azure.PROXY_URL)
    assert_computed(lab, done)
    assert all(step["via_proxy"] for step in probe.observed(done, "jupyter"))


@pytest.mark.needs("jupyter-server")
def test_kernel_computes_through_an_inspecting_proxy(lab, prober, token, inspection):
    done = prober.check(*CHECK, *PATIENT, "--jupyter-token-file", token, "--cacert",
                        str(inspection), "--proxy", f"http://{azure.INTERNET}:{EXPLICIT}")
    assert_computed(lab, done)


@pytest.mark.needs("jupyter-server")
def test_kernel_computes_through_transparent_inspection(lab, prober, token, inspection):
    with instance_at(lab, TRANSPARENT):
        done = prober.check(*CHECK, *PATIENT, "--jupyter-token-file", token, "--cacert",
                            str(inspection))
    assert_computed(lab, done)


def assert_stripped(lab, done):
    check = done.checks["jupyter.websocket"]
    assert (check["status"], check["cause"], check["stage"], check["confidence"]) == (
        "fail", "ws_upgrade_stripped", "websocket", "certain"), probe.evidence_text(check)
    assert steps_of(done) == [("start_kernel", "done"), ("open_channel", "refused"),
                              ("delete_kernel", "done")]
    assert not kernels(lab)


@pytest.mark.needs("jupyter-server")
@pytest.mark.parametrize("root", [False, True], ids=["ordinary", "root"])
def test_reverse_proxy_that_strips_upgrades_is_found(lab, prober, token, root):
    with instance_at(lab, webfront.STRIPPING):
        done = prober.check(*CHECK, *PATIENT, "--jupyter-token-file", token, root=root)
    assert_stripped(lab, done)


@pytest.mark.needs("jupyter-server")
def test_inspecting_proxy_that_strips_upgrades_is_found(lab, prober, token, inspection):
    done = prober.check(
        *CHECK, *PATIENT, "--jupyter-token-file", token, "--cacert", str(inspection),
        "--proxy", f"http://{azure.INTERNET}:{EXPLICIT_STRIPPING}")
    assert_stripped(lab, done)


@pytest.mark.needs("jupyter-server")
def test_without_a_token_the_upgrade_is_compared_with_a_plain_request(lab, prober):
    done = prober.check(*CHECK)
    check = done.checks["jupyter.websocket"]
    assert check["status"] == "pass"
    upgrade, plain = probe.observed(done, "http", "jupyter.websocket")
    assert (upgrade["upgrade"], plain["upgrade"]) == (True, False)
    assert "without the upgrade the answer is" in probe.evidence_text(check)
    assert not probe.observed(done, "jupyter")


@pytest.mark.needs("jupyter-server")
def test_token_that_jupyter_refuses_is_no_fault_of_the_network(lab, prober, token):
    with open(token, "w", encoding="ascii") as file:
        file.write("not-this-one\n")
    done = prober.check(*CHECK, *PATIENT, "--jupyter-token-file", token)
    check = done.checks["jupyter.websocket"]
    assert (check["status"], check["cause"]) == ("inconclusive", "jupyter_token_refused")
    assert steps_of(done) == [("start_kernel", "refused")]
    assert done.code == 2


@pytest.mark.needs("jupyter-server")
def test_token_stays_at_home_behind_a_certificate_that_proves_nothing(lab, prober, token):
    with instance_at(lab, webfront.UNTRUSTED):
        done = prober.check(*CHECK, "--jupyter-token-file", token)
    assert done.checks["jupyter.websocket"]["stage"] == "tls"
    assert steps_of(done) == [("start_kernel", "token_withheld")]
    assert not kernels(lab)


@pytest.mark.needs("jupyter-server")
def test_token_is_not_sent_in_the_clear(lab, prober, token):
    done = prober.check(f"ws://{HOST}/api/kernels/", "--jupyter-token-file", token)
    (check,) = done.report["checks"]
    assert (check["status"], check["cause"]) == ("inconclusive", "jupyter_token_withheld")
    assert steps_of(done) == [("start_kernel", "token_withheld")]


@pytest.mark.needs("jupyter-server")
@pytest.mark.parametrize("more", [("-o", "json"), ("-o", "json", "--redact"), ("-o", "text", "-v")],
                         ids=["json", "redacted", "text"])
def test_token_stands_in_no_report(lab, prober, token, more):
    with instance_at(lab, webfront.STRIPPING):
        done = prober.run("check", *CHECK, *PATIENT, "--jupyter-token-file", token, *more)
    assert "the upgrade to its WebSocket did not arrive" in done.out
    assert services.JUPYTER_TOKEN not in done.out + done.err
    assert token not in done.out


@pytest.mark.needs("jupyter-server")
def test_interrupted_run_leaves_no_kernel_behind(lab, prober, token):
    argv = prober.argv("check", *CHECK, *PATIENT, "--jupyter-token-file", token, "-o", "json")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True,
                          env=prober.environment()) as process:
        end = time.monotonic() + 60
        while not kernels(lab) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(2)
        out, _ = process.communicate(timeout=60)
    report = json.loads(out)
    assert report["summary"]["status"] == "inconclusive"
    steps = [o["jupyter"]["step"] for o in report["observations"] if o["kind"] == "jupyter"]
    assert steps[-1] == "delete_kernel"
    assert not kernels(lab)


# --- Servers that break the rules -------------------------------------------------------

PASSES = None
MISBEHAVIOUR = {
    "echo": PASSES,
    "close-without-status": PASSES,
    "close-with-bad-reason": "ws_protocol_error",
    "close-try-later": "http_unexpected",
    "bare-101": "ws_accept_bad",
    "wrong-key": "ws_accept_bad",
    "big-header": "http_unexpected",
    "endless-line": "http_unexpected",
    "garbage": "http_unexpected",
    "chunked-refusal": "ws_upgrade_stripped",
    "upgrade-required": "ws_upgrade_stripped",
    "silent": "ws_no_frames",
    "reset": "connection_reset",
    "end": "connection_closed",
    "ping-flood": "ws_protocol_error",
    "text-flood": "ws_protocol_error",
    "fragmented-ping": "ws_protocol_error",
    "huge-frame": "ws_protocol_error",
    "long-message": "ws_protocol_error",
    "endless-fragments": "ws_protocol_error",
    "opened-fragments": "ws_protocol_error",
    "masked": "ws_protocol_error",
    "reserved-bit": "ws_protocol_error",
    "bad-text": "ws_protocol_error",
    "extension": "ws_protocol_error",
    "subprotocol": "ws_protocol_error",
}


@pytest.mark.parametrize("root", [False, True], ids=["ordinary", "root"])
def test_servers_that_break_the_rules_are_told_apart(lab, prober, hostile, root):
    del lab, hostile
    url = f"ws://{azure.INTERNET_HOSTS[0]}:{wspeers.PORT}"
    done = prober.check(*(f"{url}/{path}" for path in MISBEHAVIOUR), "--timeout", "6s", root=root)
    seen = {path: done.checks[f"{url}/{path}"]["cause"] for path in MISBEHAVIOUR}
    assert seen == MISBEHAVIOUR
    frames = {observation["check"].rsplit("/", 1)[1]: observation["websocket"]
              for observation in done.report["observations"]
              if observation["kind"] == "websocket"}
    assert frames["echo"]["echo"] == "same" and frames["echo"]["ping_ms"] > 0
    assert frames["echo"]["close_code"] == 1000 and not frames["echo"]["closed_by_peer"]
    assert frames["close-without-status"]["close_code"] == 1005
    assert frames["close-try-later"]["close_reason"] == "\\x1b[31mlater"
    assert frames["close-try-later"]["closed_by_peer"]
    assert max(facts["bytes_in"] for facts in frames.values()) < 9 << 20


def test_saved_conversations_are_judged_alike(lab, prober, hostile):
    del hostile
    url = f"ws://{azure.INTERNET_HOSTS[0]}:{wspeers.PORT}"
    done = prober.run("check", f"{url}/echo", f"{url}/wrong-key", f"{url}/masked", "-o", "json")
    saved = lab.run_dir / "websocket.json"
    saved.write_text(done.out, encoding="utf-8")
    again = prober.run("diagnose", str(saved), "-o", "json")
    assert again.report["checks"] == done.report["checks"]
