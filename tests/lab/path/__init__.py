# SPDX-License-Identifier: MIT
"""A path of two routers, a cable that misbehaves and a detour, with known faults on it."""
