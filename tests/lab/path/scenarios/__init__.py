# SPDX-License-Identifier: MIT
"""All scenarios, by name. To add one, add an entry to one of the modules."""

from . import connect, healthy, local, names, network, routing, stream

SCENARIOS = {scenario.name: scenario for module in (healthy, local, names, connect, stream,
                                                    routing, network)
             for scenario in module.SCENARIOS}
