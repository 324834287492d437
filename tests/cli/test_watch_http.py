# SPDX-License-Identifier: MIT
"""The pages of a real watch before clients that mean it harm."""

import contextlib
import os
import pathlib
import random
import socket
import time

import pytest

from watching import LIMIT, Clocks, Server, Watch, documents

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "unit" / "watch" / "http_corpus"
PAGES = ("/metrics", "/healthz", "/report.html", "/report.json")
CONNECTIONS = 32  # at most, as documented
LISTENING = "0A"  # the state in /proc/net/tcp
SILENCE = 11  # seconds after which a silent connection was closed
MUTATIONS = 25  # of each file of the corpus


@pytest.fixture(name="watch", scope="module")
def fixture_watch(tmp_path_factory):
    """One whose first run has ended, and that has nothing left open at its end."""
    folder, server = tmp_path_factory.mktemp("watch"), Server()
    server.up()
    clocks = Clocks(folder)
    with Watch(folder, f"tcp://127.0.0.1:{server.port}", env=clocks.environment) as watch:
        watch.clocks = clocks
        watch.until_runs(1)
        yield watch
        watch.until(lambda: open_connections(watch) == 0)
        watch.until_runs(watch.metric("vnetprobe_watch_runs_total") + 1)
        watch.stop()
    server.down()


def open_connections(watch):
    """Of the program's descriptors, the connections of its pages."""
    mine = set()
    for fd in pathlib.Path(f"/proc/{watch.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            mine.add(os.readlink(fd))
    listing = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    lines = [line.split() for line in listing]
    return sum(int(local.rpartition(":")[2], 16) == watch.port and state != LISTENING
               and f"socket:[{inode}]" in mine
               for _, local, _, state, _, _, _, _, _, inode, *_ in lines)


def dial(watch):
    sock = socket.create_connection(("127.0.0.1", watch.port), timeout=LIMIT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def rest(sock):
    """Everything until the other side closes, or aborts."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while got := sock.recv(65536):
            found += got
    return found


def ask(watch, request):
    """The answer to some bytes, after which nothing more is sent."""
    with dial(watch) as sock:
        with contextlib.suppress(OSError):  # it may be closed already
            sock.sendall(request)
            sock.shutdown(socket.SHUT_WR)
        return rest(sock)


def get(path, method="GET", fields=()):
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", *fields, "", "")
    return "\r\n".join(lines).encode()


def status(answer):
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else None


def fields(answer):
    lines = answer.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_head_tells_what_get_would_send(watch):
    for path in PAGES:
        got = ask(watch, get(path))
        head = ask(watch, get(path, "HEAD"))
        assert (status(got), status(head)) == (200, 200), path
        assert head.endswith(b"\r\n\r\n")
        if path != "/metrics":  # it counts requests
            assert fields(head)["content-length"] == fields(got)["content-length"], path
        body = got.partition(b"\r\n\r\n")[2]
        assert len(body) == int(fields(got)["content-length"])
        assert fields(got)["cache-control"] == "no-store"
        assert fields(got)["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
                                    "PROPFIND", "get"])
def test_other_methods_are_refused(watch, method):
    answer = ask(watch, get("/metrics", method, ("Content-Length: 3",)) + b"a=b")
    assert status(answer) == 405 and fields(answer)["allow"] == "GET, HEAD"
    assert b"probe_success" not in answer


@pytest.mark.parametrize("path", [
    "/", "/../../../../etc/passwd", "/metrics/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
    "/metrics/", "//metrics", "/metrics%00", "/metrics%2f", "/METRICS", "/report.html/x",
    "/report.json.bak", "/history.db", "/state/history.db", "file:///etc/passwd",
    "http://localhost/metrics", "http://169.254.169.254/metadata", "*", "metrics", "/\\..\\etc",
    "/" + "a" * 8000,
])
def test_no_other_path_is_served(watch, path):
    answer = ask(watch, get(path))
    assert status(answer) in (400, 404), answer[:300]
    assert b"root:" not in answer and b"probe_success" not in answer


@pytest.mark.parametrize("request_line", [
    b"GET /metrics HTTP/2.0", b"GET /metrics HTTP/9.9", b"GET /metrics HTTP/1.1 x",
    b"GET /metrics HTTX/1.1", b"GET  HTTP/1.1", b"GET", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    b"PRI * HTTP/2.0\r\n\r\nSM",
])
def test_what_is_no_request_gets_no_page(watch, request_line):
    answer = ask(watch, request_line + b"\r\nHost: localhost\r\n\r\n")
    assert b"probe_success" not in answer or status(answer) == 200 and b"HTTP/1.1 x" in request_line
    assert answer == b"" or status(answer) in (200, 400, 404, 405, 505)


def test_one_connection_gets_one_answer(watch):
    """A second request of the same packet finds a connection that was closed."""
    answer = ask(watch, get("/healthz") + get("/report.json"))
    assert answer.count(b"HTTP/1.1 ") == 1 and answer.endswith(b"ok\n")
    assert fields(answer)["connection"] == "close"
    smuggled = get("/healthz", "POST", ("Transfer-Encoding: chunked", "Content-Length: 4"))
    answer = ask(watch, smuggled + b"0\r\n\r\n" + get("/report.json"))
    assert b'"schema_version"' not in answer and answer.count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize("request_bytes", [
    get("/metrics", fields=("X: " + "a" * 60000,)),
    get("/metrics", fields=["X: b"] * 20000),
    get("/metrics?" + "q" * 60000),
    b"G" * 100000,
    b"GET /metrics HTTP/1.1\r\nX: a" + b"\r\n b" * 30000,
], ids=["one-field", "many-fields", "query", "method", "folded"])
def test_a_request_is_bounded(watch, request_bytes):
    answer = ask(watch, request_bytes)
    assert b"probe_success" not in answer
    assert answer == b"" or status(answer) in (400, 413, 414, 431, 500, 501)


def rests(watch, socks):
    """What each connection gets until it is closed, be it for its silence."""
    found = []
    for sock in socks:
        sock.settimeout(0.1)
        answer, ended = b"", False
        end = time.monotonic() + LIMIT
        while not ended:
            assert time.monotonic() < end
            try:
                got = sock.recv(65536)
                answer, ended = answer + got, not got
            except ConnectionError:
                ended = True
            except TimeoutError:
                # The silence that is allowed goes by; whoever speaks wakes the server up.
                watch.clocks.add(SILENCE)
                with contextlib.suppress(OSError):
                    socks[-1].send(b"\r")
                with contextlib.suppress(OSError), dial(watch) as other:
                    other.sendall(get("/healthz"))
        found.append(answer)
    return found


def test_silent_connections_are_bounded_and_nobody_waits_for_ever(watch):
    """More connections than are let in, none of which ever finishes a request."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(dial(watch)) for _ in range(CONNECTIONS + 8)]
        for sock in socks:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: local")
        watch.until(lambda: open_connections(watch) >= CONNECTIONS)
        assert open_connections(watch) == CONNECTIONS
        # Those of the first that are closed for their silence make room for the others.
        assert not any(b"probe_success" in answer for answer in rests(watch, socks))
    assert ask(watch, get("/healthz")).endswith(b"ok\n")


def test_a_client_that_drips_is_cut_off(tmp_path, server):
    """A byte every moment keeps no connection longer than a minute, by the program's clock."""
    clocks = Clocks(tmp_path)
    with Watch(tmp_path, "--interval", "1h", f"tcp://127.0.0.1:{server.port}",
               env=clocks.environment) as watch:
        watch.until_runs(1)
        with dial(watch) as sock:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
            sent = 0
            with contextlib.suppress(ConnectionError):
                end = time.monotonic() + LIMIT
                while time.monotonic() < end:
                    # A second of the program's goes by with each byte.
                    clocks.add(1)
                    sock.sendall(b"a")
                    sent += 1
                    if sock_closed(sock):
                        break
                else:
                    pytest.fail(f"still open after {sent} bytes")
        assert 10 < sent
        watch.until(lambda: watch.get("/healthz") == "ok\n")
        watch.stop()


def sock_closed(sock):
    """Whether the other side has ended the connection; waits a moment for it."""
    sock.settimeout(0.05)
    try:
        return sock.recv(1) == b""
    except TimeoutError:
        return False


def damaged(whole, chance):
    """A copy with up to three places changed, cut or repeated."""
    copy = bytearray(whole)
    for _ in range(chance.randrange(4)):
        kind, at = chance.randrange(3), chance.randrange(len(copy) + 1)
        if kind == 0:
            copy[at:at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del copy[at:at + chance.randrange(8)]
        else:
            copy[at:at] = copy[:chance.randrange(64)]
    return bytes(copy)


def test_damaged_requests_end_nothing(watch):
    """Each file of the corpus with a few bytes changed, from a fixed seed."""
    chance, sent = random.Random(7), 0
    before = watch.metric("vnetprobe_watch_http_requests_total")
    for path in sorted(CORPUS.iterdir()):
        requests = [damaged(path.read_bytes(), chance) for _ in range(MUTATIONS)]
        with contextlib.ExitStack() as stack:
            socks = [stack.enter_context(dial(watch)) for _ in requests]
            for sock, request in zip(socks, requests):
                with contextlib.suppress(OSError):
                    sock.sendall(request)
                    sock.shutdown(socket.SHUT_WR)
            for request, answer in zip(requests, rests(watch, socks)):
                assert answer == b"" or answer.startswith(b"HTTP/1."), (path.name, request, answer)
                assert b"root:" not in answer
                sent += 1
    assert sent == MUTATIONS * len(list(CORPUS.iterdir())) >= 250
    watch.until(lambda: (watch.metric("vnetprobe_watch_http_requests_total") or 0) > before)


def test_no_secret_is_in_any_page_file_or_line(tmp_path, server):
    """A proxy's login and a token, of which the program is told by a file and the environment."""
    token, state = tmp_path / "token", tmp_path / "state"
    token.write_text("hunter3-token\n")
    token.chmod(0o600)
    formats = ("text", "json", "junit", "html", "markdown", "prometheus", "nagios")
    outputs = [part for form in formats for part in ("-o", f"{form}={tmp_path}/report.{form}")]
    proxy = {"VNETPROBE_PROXY": f"http://user:hunter2@127.0.0.1:{server.port}/"}
    with Watch(tmp_path, "--state", str(state), "--jupyter-token-file", str(token), *outputs,
               "--on-change", f"cat >> {tmp_path}/events", "wss://name.example/api/kernels/",
               f"tcp://127.0.0.1:{server.port}", "--noproxy", "127.0.0.1", env=proxy) as watch:
        watch.until_runs(1)
        server.down()
        watch.until((tmp_path / "events").exists)
        pages = [watch.get(page) for page in PAGES] + [watch.answer("/hunter")]
        watch.stop()
    assert documents((tmp_path / "events").read_text())
    files = {path.name: path.read_bytes() for folder in (tmp_path, state)
             for path in folder.iterdir() if path.is_file() and path != token}
    assert {"log", "events", "history.db", *(f"report.{form}" for form in formats)} <= set(files)
    for name, text in {**files, "pages": "".join(pages).encode()}.items():
        assert b"hunter2" not in text and b"hunter3" not in text, name
