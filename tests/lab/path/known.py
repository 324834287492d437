# SPDX-License-Identifier: MIT
"""Scenarios that vnetprobe does not judge as it should, each with the reason.

A test that passes although its scenario stands here fails, so the table stays honest.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    reason: str
    sometimes: bool = False  # chance decides whether it fails


HOST_WIDE = ("The kernel's counters are those of the whole machine: a dead host beside the fault "
             "is blamed on it, too.")

BUSY = ("On a machine with more to do than it can, all resets are read so late that none is sooner "
        "than a round trip, and nothing else sets them apart: remote_refused.")

KNOWN = {
    "input-drop": Known(HOST_WIDE),
    "reverse-path": Known(HOST_WIDE),
    "output-reset": Known("A reset by this machine's own packet filter is taken for one by a "
                          "device in the path."),
    "injector-syn": Known(BUSY, sometimes=True),
    "reset-too-early": Known(BUSY, sometimes=True),
}
