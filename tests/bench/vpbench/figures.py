# SPDX-License-Identifier: MIT
"""Figures: what was measured, what it is held against, and whether it holds."""

import dataclasses

from .sample import median, median_ratio

UNITS = {
    "cpu_s": (1e3, "ms CPU"),
    "wall_s": (1e3, "ms wall"),
    "rss_mib": (1, "MiB RSS"),
}

DISTURBED = 0.1  # of the wall time
MIN_WALL_S = 0.5  # below, the kernel's 10 ms ticks tell nothing


def _notes(*notes):
    return "; ".join(filter(None, notes))


@dataclasses.dataclass
class Figure:
    name: str
    measured: str
    beside: str = ""  # the floor or peer, measured in the same rounds
    ratio: float | None = None
    target: str = ""
    value: float | None = None  # the number in `measured`
    limit: float | None = None  # the number in `target`; of the ratio if there is one
    ok: bool | None = None  # None: for comparison only
    note: str = ""

    def verdict(self):
        return {None: "", True: "ok", False: "OVER"}[self.ok]


@dataclasses.dataclass
class Series:
    """The rounds of one contender and the number of endpoints that truly were alive."""

    label: str
    samples: list
    alive: int | None = None

    def wrong(self):
        """What makes the series unfit for comparison, or ""."""
        for s in self.samples:
            if s.timed_out:
                return f"{self.label} stopped after {s.wall_s:.0f} s"
            if self.alive is not None and s.passed != self.alive:
                found = "none" if s.passed is None else f"{s.passed:,}"
                detail = f" ({s.detail})" if s.detail else ""
                return f"{self.label} found {found} of {self.alive:,}{detail}"
        return ""


    def disturbed(self):
        """Whether others used so much of our CPU that wall times suffered, or ""."""
        wall = sum(s.wall_s for s in self.samples)
        foreign = sum(s.foreign_cpu_s for s in self.samples)
        if wall < MIN_WALL_S or foreign < DISTURBED * wall:
            return ""
        return f"others used {foreign / wall:.0%} of the CPU during {self.label}"


def value_of(series, key, per=1):
    return median(series.samples, key) * UNITS[key][0] / per


def show(series, key, per=1):
    unit = UNITS[key][1]
    value = value_of(series, key, per)
    digits = 3 if value < 1 else 2 if value < 10 else 1
    return f"{value:,.{digits}f} {unit}" + ("/endpoint" if per > 1 else "")


def compared(name, ours, theirs, key, limit, per=1):
    """ours/theirs ≤ limit (None: shown only). A wrong result on our side fails the
    figure; so does one of the floor's, which then was no floor. A peer that is wrong
    is still what people would use: it is noted."""
    ratio = median_ratio(ours.samples, theirs.samples, key)
    ours_wrong, theirs_wrong = ours.wrong(), theirs.wrong()
    invalid = ours_wrong or (theirs.label == "floor" and theirs_wrong)
    return Figure(
        name, show(ours, key, per), f"{theirs.label} {show(theirs, key, per)}", ratio,
        target="" if limit is None else f"≤ {limit:.3g} x",
        value=value_of(ours, key, per), limit=limit,
        ok=None if limit is None else not invalid and ratio <= limit,
        note=_notes(ours_wrong, theirs_wrong, ours.disturbed(), theirs.disturbed()))


def bounded(name, series, key, limit):
    """median ≤ limit, in the unit of the sample (seconds, MiB)."""
    factor, unit = UNITS[key]
    wrong = series.wrong()
    return Figure(
        name, show(series, key), target=f"≤ {limit * factor:,.5g} {unit}",
        value=value_of(series, key), limit=limit * factor,
        ok=not wrong and median(series.samples, key) <= limit,
        note=_notes(wrong, series.disturbed()))


def shown(name, series, key, per=1):
    """A peer's own value: no target."""
    return Figure(name, f"{series.label} {show(series, key, per)}",
                  value=value_of(series, key, per), note=series.wrong())


HEADINGS = ("figure", "measured", "beside", "ratio", "target", "")


def cells(figure):
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3g} x"
    return (figure.name, figure.measured, figure.beside, ratio, figure.target,
            figure.verdict())


def table(figures):
    rows = [HEADINGS, *map(cells, figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    for row, figure in zip(rows, [None, *figures]):
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip()
        if figure is None:
            yield "  ".join("-" * w for w in widths)
        elif figure.note:
            yield f"    ! {figure.note}"
