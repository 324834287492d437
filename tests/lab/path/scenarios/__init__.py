# SPDX-License-Identifier: MIT
"""All scenarios, by name. To add one, add an entry to one of the modules."""

from . import connect, healthy, local, network, routing, stream

SCENARIOS = {scenario.name: scenario for module in (healthy, local, connect, stream, routing,
                                                        network)
             for scenario in module.SCENARIOS}
