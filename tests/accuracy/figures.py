# SPDX-License-Identifier: MIT
"""The arithmetic of the accuracy report: counts in, figures out, no network."""

import collections
import dataclasses
import math
import statistics

NONE = "none"  # no cause: the end is healthy, or the verdict is a pass
Z95 = 1.959964


@dataclasses.dataclass(frozen=True)
class Case:
    """One end in one run: what is the matter, and what was said."""

    scenario: str
    healthy: bool  # nothing is the matter with any end of the scenario
    truth: str
    said: str
    confidence: str
    right: bool


def wilson(hits, total):
    """The 95 % interval of a share (Wilson, 1927); (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = hits / total, Z95 * Z95
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 / (1 + z2 / total) * math.sqrt(share * (1 - share) / total
                                              + z2 / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def confusion(cases):
    """{truth: {verdict: count}}, most frequent truth first."""
    table = collections.defaultdict(collections.Counter)
    for case in cases:
        table[case.truth][case.said] += 1
    return dict(sorted(table.items(), key=lambda row: (-sum(row[1].values()), row[0])))


@dataclasses.dataclass(frozen=True)
class CauseFigures:
    cause: str
    ends: int  # where this is the truth
    right: int  # judged as well as a client can
    named: int  # judged right by this very name
    said: int  # verdicts of this name
    said_right: int

    @property
    def recall(self):
        return self.right / self.ends if self.ends else None

    @property
    def precision(self):
        return self.said_right / self.said if self.said else None


def per_cause(cases):
    causes = sorted({case.truth for case in cases} | {case.said for case in cases})
    result = []
    for cause in causes:
        true = [case for case in cases if case.truth == cause]
        said = [case for case in cases if case.said == cause]
        result.append(CauseFigures(
            cause, len(true), sum(case.right for case in true),
            sum(case.right and case.said == cause for case in true),
            len(said), sum(case.right for case in said)))
    return result


def calibration(cases):
    """{word: (right, total)} over the verdicts that name a cause."""
    table = collections.defaultdict(lambda: [0, 0])
    for case in cases:
        if case.said != NONE:
            table[case.confidence][0] += case.right
            table[case.confidence][1] += 1
    return {word: tuple(counts) for word, counts in table.items()}


def false_alarms(cases):
    """(alarms, healthy ends) in healthy networks, and beside the faults of others."""
    def count(healthy):
        ends = [case for case in cases if case.truth == NONE and case.healthy == healthy]
        return sum(case.said != NONE for case in ends), len(ends)
    return count(True), count(False)


def middle_and_tail(values):
    """Median and 95th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
