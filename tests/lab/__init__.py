# SPDX-License-Identifier: MIT
"""A VNet on one machine: network namespaces with real servers in them."""
