# SPDX-License-Identifier: MIT
"""Captures of scenarios, made by tcpdump or dumpcap on a device of the path."""

import dataclasses
import os
import pathlib
import select
import subprocess
import tempfile
import time

from .. import probe

STARTED = {"tcpdump": b"listening on", "dumpcap": b"File:"}


class Recorder:
    """tcpdump (or dumpcap) on one device while the context lasts; `data` is its file then."""

    def __init__(self, space, device="eth0", tool="tcpdump", options=()):
        self.command = space.command(tool, "-i", device, "-w", "-", *options)
        if tool == "tcpdump":
            self.command += ["-U", "--immediate-mode"]
        self.started = STARTED[tool]
        self.data = b""

    def __enter__(self):
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=subprocess.PIPE)
        said = b""
        while self.started not in said:
            if not select.select([self.process.stderr], [], [], 20)[0]:
                self._stop()
                raise RuntimeError(f"{self.command} did not begin: {said!r}")
            piece = self.process.stderr.read1()
            said += piece
            if not piece:
                self._stop()
                raise RuntimeError(f"{self.command}: {said!r}")
        return self

    def wait_for(self, marker, seconds=10):
        """Until the file holds these bytes: what the tool has read it also has to write."""
        end = time.monotonic() + seconds
        while marker not in os.pread(self.out.fileno(), 1 << 28, 0):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.command} does not write what it has seen")
            time.sleep(0.05)

    def _stop(self):
        self.process.terminate()
        self.process.stderr.read()
        self.process.stderr.close()
        self.process.wait(20)
        self.out.seek(0)
        self.data = self.out.read()
        self.out.close()

    def __exit__(self, *_):
        self._stop()


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What the scenario's client did, as seen at each place, and whom it asked."""

    scenario: str
    files: dict  # role of the namespace to the bytes of the capture
    addresses: tuple  # by end: the address that was asked
    names: tuple  # by end


def record(lab, program, scenario, places=("cli",), runs=2, **how):
    """The scenario is met `runs` times by plain checks, without follow-up probes."""
    prober = probe.Prober(lab, program)
    devices = {"cli": "eth0", "srv": "eth0", "r1": "r1-r2"}
    with scenario.injected(lab):
        arguments, _ = scenario.arguments(lab)
        addresses = tuple(lab.places[end.key] for end in scenario.ends)
        names = tuple(lab.places[f"n{number}"] for number in range(len(scenario.ends)))
        recorders = {role: Recorder(lab.topology[role], devices[role], **how) for role in places}
        for recorder in recorders.values():
            recorder.__enter__()
        try:
            for _ in range(runs):
                prober.run("check", "--no-diagnose", "-o", "json", *arguments, root=False)
        finally:
            for recorder in recorders.values():
                recorder.__exit__()
    files = {role: recorder.data for role, recorder in recorders.items()}
    return Recorded(scenario.name, files, addresses, names)


def saved(data, directory, name):
    """The bytes as a file that vnetprobe can read."""
    path = pathlib.Path(directory) / name
    path.write_bytes(data)
    return path
