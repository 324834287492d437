# SPDX-License-Identifier: MIT
"""Every named fault gets its verdict, and only the checks it hits are touched."""

import pytest

from . import probe
from .faults import FAULTS

ROWS = [pytest.param(fault, id=name, marks=[pytest.mark.needs(fault.needs)] if fault.needs else [])
        for name, fault in FAULTS.items()]


@pytest.mark.parametrize("fault", ROWS)
def test_fault_gets_its_verdict_and_siblings_pass(lab, prober, fault):
    with fault.injected(lab):
        run = prober.profile(*probe.FAST, *fault.options)
    probe.assert_expected(run, fault.expect)
