# SPDX-License-Identifier: MIT
"""The arithmetic of the accuracy report, on counts whose figures are known."""

import pytest

from .figures import (NONE, Case, calibration, confusion, false_alarms, middle_and_tail, per_cause,
                      wilson)


def case(truth, said, right, confidence="likely", healthy=False):
    return Case("x", healthy, truth, said, confidence, right)


CASES = [case("drop", "drop", True), case("drop", "reset", False, "certain"),
         case("reset", "reset", True, "certain"), case("reset", "drop", True, "cannot_tell"),
         case(NONE, NONE, True, healthy=True), case(NONE, "drop", False, healthy=True),
         case(NONE, NONE, True)]


@pytest.mark.parametrize("hits, total, low, high", [
    (0, 0, 0.0, 1.0), (0, 200, 0.0, 0.0188), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634)])
def test_wilson_interval(hits, total, low, high):
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-4)


def test_confusion_counts_every_case_once():
    assert confusion(CASES) == {"drop": {"drop": 1, "reset": 1}, "reset": {"reset": 1, "drop": 1},
                                NONE: {NONE: 2, "drop": 1}}


def test_precision_counts_verdicts_and_recall_counts_ends():
    drop = next(row for row in per_cause(CASES) if row.cause == "drop")
    assert (drop.ends, drop.right, drop.named, drop.said, drop.said_right) == (2, 1, 1, 3, 2)
    assert drop.recall == 1 / 2
    assert drop.precision == 2 / 3


def test_a_right_verdict_of_another_name_is_not_named():
    reset = next(row for row in per_cause(CASES) if row.cause == "reset")
    assert (reset.right, reset.named) == (2, 1)


def test_calibration_leaves_passes_out():
    assert calibration(CASES) == {"likely": (1, 2), "certain": (1, 2), "cannot_tell": (1, 1)}


def test_false_alarms_tell_healthy_networks_from_healthy_neighbours():
    assert false_alarms(CASES) == ((1, 2), (0, 1))


def test_tail_is_the_95th_percentile():
    assert middle_and_tail(range(1, 101)) == (50.5, 96)
