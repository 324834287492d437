# SPDX-License-Identifier: MIT
"""One run of one program, and what it cost."""

import dataclasses
import json
import os
import statistics
import subprocess

from .testbed import RUN


@dataclasses.dataclass
class Sample:
    wall_s: float
    cpu_s: float
    rss_mib: float  # peak of the largest single process
    exit: int | None = None  # None: ended by a signal
    timed_out: bool = False  # stopped at the case's limit
    passed: int | None = None  # endpoints found alive; None: no such result
    detail: str = ""  # how the others fared
    slowest_check_s: float | None = None  # by the prober's own report
    foreign_cpu_s: float = 0.0  # taken from our CPU by others meanwhile, 10 ms ticks


@dataclasses.dataclass(frozen=True)
class Job:
    """What every contender is asked to do."""

    names: tuple[str, ...]
    resolver: str
    connect_timeout_s: int = 3
    check_timeout_s: int | None = None  # one check altogether; None: the default
    parallel: int | None = None  # None: the contender's default
    limit_s: int = 120  # then it is stopped


def _busy_seconds():
    """How long our CPU has not been idle since boot (proc(5), stat)."""
    (cpu,) = os.sched_getaffinity(0)
    with open("/proc/stat", encoding="ascii") as f:
        fields = next(line.split() for line in f if line.startswith(f"cpu{cpu} "))
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[1:9])
    ticks = user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(tools, command, limit_s, output=None):
    """Runs the command on our CPU; stdout goes to the file `output`."""
    result = f"{RUN}/measure.json"
    output = output or f"{RUN}/stdout"
    before = _busy_seconds()
    with open(output, "wb") as out, open(f"{RUN}/stderr", "wb") as err:
        subprocess.run(
            [tools["measure"], str(limit_s), result, *command],
            check=True, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    busy = _busy_seconds() - before
    with open(result, encoding="ascii") as f:
        cost = json.load(f)
    return Sample(
        wall_s=cost["wall_ns"] / 1e9,
        cpu_s=cost["cpu_us"] / 1e6,
        rss_mib=cost["max_rss_kib"] / 1024,
        exit=cost["exit"],
        timed_out=cost["timed_out"],
        foreign_cpu_s=max(0.0, busy - cost["cpu_us"] / 1e6))


def last_error():
    """The last line the measured program wrote to stderr."""
    with open(f"{RUN}/stderr", encoding="utf-8", errors="replace") as f:
        lines = f.read().strip().splitlines()
    return lines[-1][:200] if lines else ""


def forget(path):
    """Removes what an earlier run left, so that it can not be taken for this one's."""
    if os.path.exists(path):
        os.unlink(path)
    return path


def median(samples, key):
    return statistics.median(getattr(s, key) for s in samples)


def median_ratio(samples, others, key):
    """Median of the round-by-round ratios: a machine that changes its speed between
    rounds changes both sides. Where one side has fewer rounds, those count."""
    return statistics.median(
        getattr(a, key) / getattr(b, key) for a, b in zip(samples, others))
