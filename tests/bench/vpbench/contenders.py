# SPDX-License-Identifier: MIT
"""The prober and what it is compared with, behind one method: run(job) -> Sample."""

import collections
import json
import os
import re
import subprocess
import time

from . import blackbox_driver
from .sample import Sample, forget, last_error, measure
from .testbed import RUN


def _write_lines(path, lines):
    with open(path, "w", encoding="ascii") as f:
        f.writelines(line + "\n" for line in lines)
    return path


class Vnetprobe:
    parallel_options = True

    def __init__(self, tools, bundle, label="vnetprobe", options=()):
        self.label = label
        self._tools = tools
        self._bundle = bundle
        self._options = options

    def run(self, job):
        config = _write_lines(
            f"{RUN}/targets.yaml",
            ["targets:", *(f'  - "https://{n}/"' for n in job.names)])
        options = [
            "--resolver", job.resolver, "--cacert", self._bundle,
            "--connect-timeout", f"{job.connect_timeout_s}s", "--deadline", "300s",
            "--config", config,
        ]
        if job.check_timeout_s is not None:
            options += ["--timeout", f"{job.check_timeout_s}s"]
        if job.parallel:
            options += ["--parallel", str(job.parallel)]
        return self.check(options, job.limit_s)

    def check(self, options, limit_s):
        """`vnetprobe check`. The report goes to a file in memory and is read back:
        a fast run with wrong results must not count."""
        report = forget(f"{RUN}/report.json")
        sample = measure(
            self._tools,
            [self._tools["vnetprobe"], "check", "--azure-dns", "none", "-q",
             "-o", f"json={report}", *self._options, *options],
            limit_s)
        self._read_report(report, sample)
        return sample

    @staticmethod
    def _read_report(path, sample):
        try:
            with open(path, encoding="utf-8") as f:
                checks = json.load(f)["checks"]
        except (OSError, ValueError, KeyError):
            sample.detail = "no report: " + last_error()
            return
        sample.passed = sum(c["status"] == "pass" for c in checks)
        sample.slowest_check_s = max(c["duration_ms"] for c in checks) / 1e3
        others = collections.Counter(
            f"{c['status']} {c['stage']} {c['cause']}"
            for c in checks if c["status"] != "pass")
        sample.detail = ", ".join(f"{n} {what}" for what, n in others.most_common(3))

    def list_profile(self, limit_s):
        """`vnetprobe list` with every workspace parameter; passed = lines printed."""
        output = f"{RUN}/list.out"
        sample = measure(
            self._tools,
            [self._tools["vnetprobe"], "list", "--cloud", "AzureCloud",
             "--region", "westeurope", "--workspace-name", "mlws",
             "--workspace-id", "6f3f1c1e-8a53-4d6b-9d4e-0c2b5a7d9e10",
             "--storage", "amlstore", "--container-registry", "amlreg",
             "--key-vault", "amlvault", "--compute-instance", "ci1"],
            limit_s, output)
        with open(output, "rb") as f:
            sample.passed = sum(1 for _ in f)
        sample.detail = last_error()
        return sample


class Floor:
    label = "floor"
    parallel_options = False

    def __init__(self, tools, bundle, label="floor"):
        self._tools = tools
        self._bundle = bundle
        self.label = label

    def run(self, job):
        names = _write_lines(f"{RUN}/names.txt", job.names)
        trust = ["-a", self._bundle] if self._bundle else []
        output = f"{RUN}/floor.json"
        sample = measure(
            self._tools,
            [self._tools["floor"], "-r", job.resolver, *trust,
             "-t", str(job.connect_timeout_s * 1000), names],
            job.limit_s, output)
        try:
            with open(output, encoding="ascii") as f:
                counts = json.load(f)
        except ValueError:
            sample.detail = last_error()
            return sample
        sample.passed = counts["pass"]
        sample.detail = ", ".join(
            f"{counts[phase]} {phase}"
            for phase in ("dns", "tcp", "tls", "http") if counts[phase])
        return sample


class Curl:
    """`curl --parallel` as a user would type it: system resolver, system roots."""

    label = "curl --parallel"

    def __init__(self, tools):
        self._tools = tools

    def run(self, job):
        config = _write_lines(
            f"{RUN}/curl.cfg",
            (f'url = "https://{n}/"\noutput = "/dev/null"' for n in job.names))
        limits = ["--connect-timeout", str(job.connect_timeout_s)]
        if job.parallel:
            limits += ["--parallel-max", str(job.parallel)]
        output = f"{RUN}/curl.out"
        sample = measure(
            self._tools,
            ["curl", "--silent", "--no-progress-meter", "--parallel", *limits,
             "--write-out", "code=%{http_code};", "--config", config],
            job.limit_s, output)
        with open(output, encoding="ascii", errors="replace") as f:
            sample.passed = f.read().count("code=200;")
        return sample

    def run_one(self, name, limit_s):
        """One endpoint, no options that cost anything."""
        output = f"{RUN}/curl.out"
        sample = measure(
            self._tools,
            ["curl", "--silent", "--output", "/dev/null",
             "--write-out", "code=%{http_code};", f"https://{name}/"],
            limit_s, output)
        with open(output, encoding="ascii", errors="replace") as f:
            sample.passed = f.read().count("code=200;")
        return sample


_BLACKBOX_CONFIG = """\
modules:
  https:
    prober: http
    timeout: {timeout}s
    http:
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
"""


def _cpu_seconds(pid):
    """User and system time of a process (proc(5), stat, fields 14 and 15)."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_rss_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024


class Blackbox:
    """prometheus-blackbox-exporter: a daemon on the prober's CPU, asked by a driver on
    the servers' CPU. Only the daemon's time counts, from after its first probe on (its
    root store is loaded then)."""

    label = "blackbox_exporter"
    PORT = 9115

    def __init__(self, testbed):
        self._prefix = testbed.server_prefix()

    def run(self, job):
        with open(f"{RUN}/blackbox.yml", "w", encoding="ascii") as f:
            f.write(_BLACKBOX_CONFIG.format(timeout=job.connect_timeout_s))
        with open(f"{RUN}/blackbox.log", "wb") as log:
            daemon = subprocess.Popen(
                ["prometheus-blackbox-exporter", f"--config.file={RUN}/blackbox.yml",
                 f"--web.listen-address=127.0.0.1:{self.PORT}", "--log.level=error"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            return self._probe(daemon.pid, job)
        finally:
            daemon.kill()
            daemon.wait()

    def _drive(self, names, in_flight, limit_s):
        path = _write_lines(f"{RUN}/names.txt", names)
        driver = subprocess.run(
            [*self._prefix, *blackbox_driver.command(self.PORT, in_flight, path)],
            check=True, capture_output=True, text=True, timeout=limit_s)
        return json.loads(driver.stdout)

    def _await(self, name):
        until = time.monotonic() + 10
        while self._drive([name], 1, 10)["pass"] != 1:
            if time.monotonic() > until:
                raise RuntimeError("blackbox exporter does not answer")
            time.sleep(0.05)

    def _probe(self, pid, job):
        self._await(job.names[0])
        before = _cpu_seconds(pid)
        try:
            answer = self._drive(job.names, job.parallel or 50, job.limit_s)
        except subprocess.TimeoutExpired:
            return Sample(wall_s=job.limit_s, cpu_s=_cpu_seconds(pid) - before,
                          rss_mib=_peak_rss_mib(pid), timed_out=True)
        return Sample(
            wall_s=answer["wall_s"], cpu_s=_cpu_seconds(pid) - before,
            rss_mib=_peak_rss_mib(pid), passed=answer["pass"])
