# SPDX-License-Identifier: MIT
"""Scenarios that vnetprobe does not judge as it should, each with the reason.

A test that passes although its scenario stands here fails, so the table stays honest.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    reason: str
    sometimes: bool = False  # chance decides whether it fails


BUSY = ("On a machine with more to do than it can, all resets are read so late that none is sooner "
        "than a round trip, and nothing else sets them apart: remote_refused.")

KNOWN = {
    "names-loss-40": Known("Chance lets the shorter of two questions through, which looks like a "
                           "limit of size.", sometimes=True),
    "injector-syn": Known(BUSY, sometimes=True),
    "reset-too-early": Known(BUSY, sometimes=True),
}
