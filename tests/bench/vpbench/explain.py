# SPDX-License-Identifier: MIT
"""What a capture file costs to judge."""

import os
import shutil
import subprocess

from .cases import say
from .figures import Series, bounded, compared, shown
from .sample import last_error, measure
from .testbed import RUN


class Reader:
    """A program that is given a capture; `truth` is what it must print of it."""

    def __init__(self, label, tools, command, truth):
        self.label = label
        self._tools = tools
        self._command = command
        self._truth = truth

    def run(self, path):
        sample = measure(self._tools, [*self._command, path], 300)
        with open(f"{RUN}/stdout", encoding="utf-8", errors="replace") as out:
            text = out.read().strip()
        sample.passed = int(self._truth in text)
        sample.detail = text.splitlines()[-1][:120] if text else last_error()
        return sample


def _peers(tools):
    """What people use to read captures, where it is installed; one round, being slow."""
    if shutil.which("tshark"):
        yield Reader("tshark -z expert", tools,
                     ["tshark", "-n", "-q", "-z", "expert", "-r"], "Frequency"), 1 / 25
    if shutil.which("tcptrace"):
        yield Reader("tcptrace", tools, ["tcptrace", "-n"], "TCP connections traced"), None


def explain(ctx):
    """Captures of many short connections, and of few long ones, against bare header parsing."""
    for kind, count in (("short", ctx.size(240_000, 20_000)), ("bulk", ctx.size(800_000, 80_000))):
        path = f"{RUN}/{kind}.pcap"
        with open(path, "wb") as out:
            subprocess.run([ctx.tools["flows"], kind, str(count)], check=True, stdout=out)
        yield from _explain_one(ctx, kind, count, path)
        os.unlink(path)


def _explain_one(ctx, kind, count, path):
    # Of every hundred short connections five are silent, five refused and two reset.
    silent = count // 20 if kind == "short" else 0
    counts = f"{silent} {silent} {count // 50} {count}" if silent else "0 0 0 16"
    floor = Reader("floor", ctx.tools, [ctx.tools["packetfloor"]], counts)
    ours = floor
    if not ctx.stand_in:
        ours = Reader("vnetprobe", ctx.tools, [ctx.tools["vnetprobe"], "explain", "-q"],
                      "remote_refused" if silent else "pass: ")
    beside, own = Series("floor", [], 1), Series(ours.label, [], 1)
    for _ in range(ctx.size(7, 3)):
        beside.samples.append(floor.run(path))
        own.samples.append(ours.run(path))
    what = f"{kind}, {count:,}"
    yield compared(what, own, beside, "cpu_s", 1.5)
    # Unanswered SYNs stay open for longer than the capture lasts.
    yield bounded(what, own, "rss_mib", 32 + silent * 250 / (1 << 20))
    yield shown(what, beside, "rss_mib")
    for peer, limit in _peers(ctx.tools):
        say(f"{peer.label} reads {what}")
        series = Series(peer.label, [peer.run(path)], 1)
        yield compared(what, own, series, "cpu_s", limit)
        yield shown(what, series, "rss_mib")


CASES = {"explain": explain}
