# SPDX-License-Identifier: MIT
"""watch in the network: what Prometheus makes of it, when faults are dated, and what leaks."""

import contextlib
import shutil
import socket
import sqlite3
import threading
import time

import pytest

from . import azure, monitoring, probe
from .conftest import skip
from .dns import PRIVATE
from .faults import FAULTS, TABLE, Filter
from .monitoring import Watch

GATE, DOOR = 8080, 8081  # ports of our own on a storage address
ADDRESS = azure.BY_NAME["blob"].ipv4
PORTS = f"{{ {GATE}, {DOOR} }}"
SILENCE = Filter((f'ip daddr {ADDRESS} tcp dport {PORTS} counter drop comment "out"',
                  f"ip saddr {ADDRESS} tcp sport {PORTS} drop"))


@pytest.fixture(name="folder")
def fixture_folder(lab, request):
    """A folder that an ordinary user can reach."""
    path = lab.run_dir / request.node.name
    path.mkdir()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def of_installed(program):
    if shutil.which(program) is None:
        skip(f"{program} is not installed")


def alerts(prometheus):
    """(alert, check, job) of what fires."""
    return {(labels["alertname"], labels.get("check"), labels["job"])
            for labels in prometheus.firing()}


def test_prometheus_alerts_on_an_injected_fault_and_recovers(lab, prober, folder):
    """Once from watch's own page, once from its file by way of node_exporter."""
    for program in ("prometheus", "prometheus-node-exporter"):
        of_installed(program)
    textfile = folder / "textfile"
    textfile.mkdir()
    textfile.chmod(0o777)
    prometheus = monitoring.Prometheus(lab, folder / "prometheus")
    wanted = {(name, "storage.blob", job) for name in ("VnetprobeCheckFails", "VnetprobeCause")
              for job in ("node", "vnetprobe")}
    with contextlib.ExitStack() as stack:
        for server in (monitoring.exporter(lab, textfile), prometheus.server):
            stack.callback(server.stop)
            server.start()
        watch = stack.enter_context(Watch(
            prober, folder / "watch", *azure.OPTIONS, *probe.FAST, "keyvault", "storage.blob",
            "-o", f"prometheus={textfile}/vnetprobe.prom"))

        def told():
            return f"{prometheus.firing()}\n{watch.text()}\n{prometheus.server.log_tail()}"

        prometheus.server.wait_ready()
        monitoring.until(lambda: len(prometheus.query("probe_success == 1")) == 4, told)
        assert prometheus.query("node_textfile_scrape_error == 0")
        assert not prometheus.firing()
        with FAULTS["nsg-storage"].injected(lab):
            monitoring.until(lambda: alerts(prometheus) == wanted, told)
            causes = prometheus.query('vnetprobe_verdict_info{check="storage.blob"}')
            assert {labels["code"] for labels, _ in causes} == {"silent_drop"}
        monitoring.until(lambda: not prometheus.firing(), told)
        monitoring.until(lambda: len(prometheus.query("probe_success == 1")) == 4, told)
        fired = prometheus.query('count by (check, job) (count_over_time('
                                 'ALERTS{alertname="VnetprobeCheckFails"}[1h]))')
        watch.stop()
    assert sorted((labels["check"], labels["job"]) for labels, _ in fired) == [
        ("storage.blob", "node"), ("storage.blob", "vnetprobe")]


class Gate:
    """A web server that can be made to hold a request, and a port beside it that only accepts."""

    def __init__(self, namespace):
        self.sockets = [self._listen(namespace, port) for port in (GATE, DOOR)]
        self.open = threading.Event()
        self.open.set()
        self.held = threading.Event()
        self.accepted = 0  # at the port, one of each run that passes
        for target, listening in zip((self._web, self._door), self.sockets):
            threading.Thread(target=target, args=(listening,), daemon=True).start()

    @staticmethod
    def _listen(namespace, port):
        listening = namespace.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((ADDRESS, port))
        listening.listen(64)
        return listening

    def _web(self, listening):
        with contextlib.suppress(OSError):
            while True:
                connection = listening.accept()[0]
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, contextlib.suppress(OSError):
            if not connection.recv(4096):
                return
            if not self.open.is_set():
                self.held.set()
                self.open.wait()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                               b"Connection: close\r\n\r\nok")

    def _door(self, listening):
        with contextlib.suppress(OSError):
            while True:
                listening.accept()[0].close()
                self.accepted += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.set()
        for listening in self.sockets:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def hold(self, watch):
        """Returns in the middle of a run: one check was served, the other one waits."""
        self.open.clear()
        assert self.held.wait(monitoring.LIMIT)
        monitoring.until(lambda: self.accepted > watch.runs())


def kept_runs(watch):
    """Start and end of each run, and the state changes of each check as (run, status)."""
    with contextlib.closing(sqlite3.connect(watch.state / "history.db")) as db:
        runs = db.execute("SELECT at / 1e3, at / 1e3 + duration / 1e9 FROM run ORDER BY id").fetchall()
        changes = db.execute(
            "SELECT change.id, (SELECT count(*) FROM run WHERE id < change.run), new FROM change"
            " WHERE what = 'status' ORDER BY run, position").fetchall()
    by_check = {}
    for check, run, new in changes:
        by_check.setdefault(check, []).append((run, new.split()[0]))
    return runs, by_check


def assert_dated(runs, run, moment):
    """The change lies between the start of the run before and the end of the run that saw it."""
    assert runs[run - 1][0] - 0.001 <= moment <= runs[run][1] + 0.001, (runs, run, moment)


def test_a_fault_that_starts_and_ends_in_the_middle_of_runs_is_dated_rightly(lab, prober, folder):
    web, plain = f"http://{ADDRESS}:{GATE}/", f"tcp://{ADDRESS}:{DOOR}"
    router = lab.topology.router
    with Gate(lab.topology.azure) as gate, Watch(
            prober, folder / "watch", "--connect-timeout", "3s", "--timeout", "5s", web,
            plain) as watch:
        watch.until_runs(2)
        gate.hold(watch)
        SILENCE.do(lab)
        try:
            began = time.time()
            gate.open.set()
            watch.until(lambda: f"{plain}: status pass -> fail" in watch.text())
            seen = router.nft_counters(TABLE)["out"]
            watch.until(lambda: router.nft_counters(TABLE)["out"] > seen)
        finally:
            SILENCE.undo(lab)
        ended = time.time()
        watch.until(lambda: watch.text().count("-> pass") == 2)
        watch.stop()
    runs, changes = kept_runs(watch)
    (failed, _), (recovered, _) = changes[web]
    assert [status for _, status in changes[web]] == ["fail", "pass"]
    assert [status for _, status in changes[plain]] == ["fail", "pass"]
    for run, moment in ((failed, began), (recovered, ended)):
        assert_dated(runs, run, moment)
    # One check was still under way, the other one had been served already.
    assert runs[failed][0] < began <= runs[failed][1]
    assert changes[plain][0][0] == failed + 1
    assert runs[failed + 1][0] > began
    assert_dated(runs, changes[plain][0][0], began)
    assert_dated(runs, changes[plain][1][0], ended)


def test_a_change_is_told_with_what_else_changed(lab, prober, folder):
    """A zone that is not linked any more changes the answer; a dropped packet nothing at all."""
    private = azure.BY_NAME["blob"].private
    silence = Filter((f"ip daddr {private} drop",))

    def one_run():
        with Watch(prober, folder / "watch", *azure.OPTIONS, *azure.PRIVATE_OPTIONS,
                   *probe.FAST, "keyvault", "storage.blob") as watch:
            watch.until_runs(1)
            watch.stop()
        return watch

    lab.dns.apply(PRIVATE)
    one_run()
    with FAULTS["unlinked-zone"].injected(lab):
        one_run()
    one_run()
    silence.do(lab)
    try:
        watch = one_run()
    finally:
        silence.undo(lab)
    changes = [change for change in watch.history()["changes"] if change["check"] == "storage.blob"]
    states = [change for change in changes if change["what"] == "status"]
    assert [(change["old"].split()[0], change["new"].split()[0]) for change in states] == [
        ("pass", "fail"), ("fail", "pass"), ("pass", "fail")]
    assert states[0]["new"] == "fail (private_zone_unlinked)"
    assert {"addresses", "aliases"} <= set(states[0]["changed_with_it"])
    assert states[2]["new"] == "fail (silent_drop)"
    assert states[2]["changed_with_it"] == []
    public = azure.BY_NAME["blob"].ipv4
    assert [(change["old"], change["new"]) for change in changes if change["what"] == "addresses"
            ] == [(private, public), (public, private)]
    lines = [line for line in watch.text().splitlines() if "storage.blob: status" in line]
    assert "changed with it: addresses" in lines[0]
    assert lines[2].endswith("; nothing else changed")


FORMATS = ("text", "json", "junit", "html", "markdown", "prometheus", "nagios")


def test_redacted_watch_names_nothing(lab, prober, folder):
    """No page, file, event or line of the log has a name of the workspace or an address."""
    secret = (azure.STORAGE, azure.REGISTRY, azure.VAULT, azure.WORKSPACE, azure.WORKSPACE_ID,
              azure.INSTANCE, azure.COMPUTE, azure.GATEWAY, ADDRESS,
              azure.BY_NAME["vault"].ipv4, socket.gethostname())
    outputs = [part for form in FORMATS for part in ("-o", f"{form}={folder}/watch/report.{form}")]
    with Watch(prober, folder / "watch", "--redact", *outputs, "--on-change",
               f"cat >> {folder}/watch/events; echo told", *azure.OPTIONS, *probe.FAST,
               "keyvault", "storage.blob", "acr.login") as watch:
        watch.until_runs(1)
        pages = [watch.page(path) for path in ("/metrics", "/report.html", "/report.json")]
        with FAULTS["nsg-storage"].injected(lab):
            watch.until(lambda: "silent_drop" in watch.text())
            watch.until(lambda: "silent_drop" in watch.page("/metrics"))
            pages += [watch.page(path) for path in
                      ("/metrics", "/report.html", "/report.json", "/healthz", f"/{azure.VAULT}")]
        watch.until(lambda: "-> pass" in watch.text())
        watch.stop()
    told = {f"page {number}": text for number, text in enumerate(pages)}
    told["log"] = watch.text()
    for form in (*FORMATS, "events"):
        path = folder / "watch" / (form if form == "events" else f"report.{form}")
        told[form] = path.read_text(encoding="utf-8")
    assert '"regression"' in told["events"] and "--on-change: told" in told["log"]
    for name, text in told.items():
        assert text and not probe.words_in(text, secret), name
