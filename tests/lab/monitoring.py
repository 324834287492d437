# SPDX-License-Identifier: MIT
"""What watches the network for long, in the compute namespace: vnetprobe, and its readers."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

from . import azure
from .servers import Server, accepts

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples" / "prometheus"
LIMIT = 120  # seconds after which something does not happen any more
WATCH_PORT, EXPORTER_PORT, PROMETHEUS_PORT = 9810, 9100, 9090
NOBODY = 65534


def until(condition, told=lambda: ""):
    """Asks again and again; returns the first answer that is true."""
    end = time.monotonic() + LIMIT
    while not (answer := condition()):
        assert time.monotonic() < end, told()
        time.sleep(0.05)
    return answer


def get(namespace, address, port, path):
    """Status and text of one page as seen from inside a namespace."""
    with contextlib.closing(namespace.socket()) as sock:
        sock.settimeout(LIMIT)
        sock.connect((address, port))
        connection = http.client.HTTPConnection(address, port)
        connection.sock = sock
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8")


class Watch:
    """vnetprobe watch as an ordinary user, its log, and what it serves.

    A second one in the same folder takes up what the first one kept.
    """

    def __init__(self, prober, folder, *arguments):
        self.namespace = prober.lab.topology.compute
        self.prober = prober
        self.state = folder / "state"
        self.log = folder / "log"
        folder.mkdir(exist_ok=True)
        os.chown(folder, NOBODY, NOBODY)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                prober.argv("watch", "--interval", "1s", "--jitter", "none", "--state",
                            str(self.state), "--listen", f"127.0.0.1:{WATCH_PORT}", *arguments),
                env=prober.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def text(self):
        return self.log.read_text(encoding="utf-8")

    def until(self, condition):
        def alive():
            assert self.process.poll() is None, self.text()
            return condition()
        return until(alive, self.text)

    def page(self, path):
        return get(self.namespace, "127.0.0.1", WATCH_PORT, path)[1]

    def runs(self):
        """How many runs have ended; none before the first page is there."""
        try:
            found = re.search(r"^vnetprobe_watch_runs_total (\d+)$", self.page("/metrics"), re.M)
        except OSError:
            return 0
        return int(found.group(1)) if found else 0

    def until_runs(self, more):
        """Until so many more runs than now have ended."""
        wanted = self.runs() + more
        self.until(lambda: self.runs() >= wanted)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(LIMIT) == 0, self.text()

    def history(self):
        run = self.prober.run("history", "--state", str(self.state), "-o", "json")
        assert run.code == 0, run.err
        return json.loads(run.out)


def exporter(lab, folder):
    """node_exporter with the textfile collector alone."""
    return Server(
        "node_exporter", lab.topology.compute,
        ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
         f"--collector.textfile.directory={folder}",
         f"--web.listen-address={azure.COMPUTE}:{EXPORTER_PORT}"],
        lab.run_dir, lambda: accepts(lab.topology.compute, azure.COMPUTE, EXPORTER_PORT))


class Prometheus:
    """The example configuration and rules, with every period cut to seconds."""

    def __init__(self, lab, folder):
        self.namespace = lab.topology.compute
        folder.mkdir()
        for name in ("scrape.yml", "rules.yml"):
            text = (EXAMPLES / name).read_text(encoding="utf-8")
            text = re.sub(r"(scrape_interval|evaluation_interval): 1m", r"\1: 1s", text)
            (folder / name).write_text(re.sub(r"\bfor: \d+[mh]$", "for: 2s", text, flags=re.M),
                                       encoding="utf-8")
        self.server = Server(
            "prometheus", self.namespace,
            ["prometheus", f"--config.file={folder}/scrape.yml",
             f"--storage.tsdb.path={folder}/data", "--log.level=warn",
             f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"],
            lab.run_dir, self._ready)

    def _ready(self):
        with contextlib.suppress(OSError):
            return get(self.namespace, "127.0.0.1", PROMETHEUS_PORT, "/-/ready")[0] == 200

    def _ask(self, path):
        status, text = get(self.namespace, "127.0.0.1", PROMETHEUS_PORT, "/api/v1/" + path)
        answer = json.loads(text)
        assert (status, answer["status"]) == (200, "success"), text
        return answer["data"]

    def query(self, expression):
        """Labels without the name, and value, of each series."""
        data = self._ask("query?" + urllib.parse.urlencode({"query": expression}))
        return [({name: value for name, value in item["metric"].items() if name != "__name__"},
                 float(item["value"][1])) for item in data["result"]]

    def firing(self):
        """The labels of each alert that fires."""
        return [alert["labels"] for alert in self._ask("alerts")["alerts"]
                if alert["state"] == "firing"]
