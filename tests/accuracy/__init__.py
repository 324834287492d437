# SPDX-License-Identifier: MIT
"""How often vnetprobe names the cause, and how often it cries wolf."""
