# SPDX-License-Identifier: MIT
"""Runs that save their packets, and what `explain` makes of the file."""

import contextlib
import dataclasses
import json
import pathlib
import subprocess
import tempfile

from .. import probe


@dataclasses.dataclass(frozen=True)
class Explained:
    """One run with `--pcap-all`, and the explanation of its file."""

    scenario: str
    live: dict  # report of the run
    told: dict  # report of explain; {} = there was nothing to tell
    code: int  # of explain
    err: str
    packets: bytes
    targets: dict  # target of the run to the end that it is


@contextlib.contextmanager
def shared_file(name="run.pcapng"):
    """A path that an ordinary user can write to."""
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory).chmod(0o777)
        yield pathlib.Path(directory) / name


def explain(program, path, *options):
    return subprocess.run([program, "explain", "-o", "json", *options, path],
                          capture_output=True, text=True, check=False, timeout=60)


def saved_run(prober, *arguments, confined=()):
    """A run that captures, its report and its file, and the explanation of that."""
    with shared_file() as path:
        run = prober.start(prober.argv(
            "check", "-o", "json", "--capture", "on", "--pcap", str(path), "--pcap-all",
            *arguments, confined=confined, capturing=True))
        packets = path.read_bytes()
        done = explain(prober.program, path)
    probe.assert_sound(run)
    return run, packets, done


def run_and_explain(lab, program, scenario, seed=0):
    """Work for the Pool."""
    prober = probe.Prober(lab, program)
    with scenario.injected(lab, seed):
        arguments, targets = scenario.arguments(lab)
        run, packets, done = saved_run(prober, *arguments, confined=scenario.confined)
    return Explained(scenario.name, run.report, json.loads(done.stdout) if done.stdout else {},
                     done.returncode, done.stderr, packets, targets)
