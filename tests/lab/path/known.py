# SPDX-License-Identifier: MIT
"""Scenarios that vnetprobe does not judge as it should, each with the reason.

A test that passes although its scenario stands here fails, so the table stays honest.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    reason: str
    sometimes: bool = False  # chance decides whether it fails


KNOWN = {}
