# SPDX-License-Identifier: MIT
"""One lab for the whole suite; every test leaves it as it found it."""

import os

import pytest

from . import probe
from .dns import PUBLIC
from .namespaces import why_not_permitted
from .vnet import Lab, end_on_signals


def skip(reason):
    """Skips, or fails where a skipped test would go unnoticed (CI=true)."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"would be skipped: {reason}", pytrace=False)
    pytest.skip(reason)


def require_lab():
    """Skips where no lab can be made; one that is made after it also ends on signals."""
    reason = why_not_permitted()
    if reason:
        skip(f"the lab cannot run: {reason}")
    end_on_signals()


def require_program():
    """The program under test; skips where it is not built."""
    program = probe.binary()
    if program is None:
        skip("vnetprobe is not built (cmake --preset gcc && cmake --build build/gcc)")
    return program


def asked_of(request):
    """Parameters of the selected tests that use the fixture of this request, in its module."""
    return [item.callspec.params for item in request.session.items
            if item.module is request.module and request.fixturename in item.fixturenames]


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(program): runs where the lab has this program")


@pytest.fixture(scope="session")
def session_lab():
    require_lab()
    with Lab() as lab:
        yield lab


@pytest.fixture
def lab(session_lab, request):
    """A healthy lab with public names, whose servers are all alive before and after."""
    for marker in request.node.iter_markers("needs"):
        if marker.args[0] not in session_lab.have:
            skip(f"{marker.args[0]} is not installed")
    session_lab.dns.apply(PUBLIC)
    request.node.lab_logs = {server.log: server.log.stat().st_size
                             for server in session_lab.group.servers if server.log.exists()}
    yield session_lab
    assert not session_lab.group.dead(), [server.name for server in session_lab.group.dead()]


@pytest.fixture
def prober(lab):
    return probe.Prober(lab, require_program())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Attaches what the servers logged during a test that failed."""
    report = (yield).get_result()
    if not report.failed:
        return
    for log, start in getattr(item, "lab_logs", {}).items():
        if log.exists() and log.stat().st_size > start:
            with open(log, encoding="utf-8", errors="replace") as stream:
                stream.seek(start)
                report.sections.append((f"log of {log.stem}", stream.read()[-4000:]))
