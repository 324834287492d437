# SPDX-License-Identifier: MIT
"""What several files of these tests start with."""

import contextlib

import pytest

from watching import Server


@pytest.fixture(name="server")
def fixture_server():
    server = Server()
    server.up()
    yield server
    with contextlib.suppress(OSError):
        server.down()
