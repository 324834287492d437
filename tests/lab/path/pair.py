# SPDX-License-Identifier: MIT
"""Two machines on one wire, with the virtual devices that encapsulate: for captures of those."""

import contextlib
import http.server
import secrets
import socketserver
import threading

from ..namespaces import LabError, Namespace

BIG = 3 << 20  # bytes of the large body: many segments, whatever their size
CLOSED, DROPPED, SERVED = 81, 82, 80
# Kind of device, its options, and the prefix of the addresses on it.
OVERLAYS = {
    "VLAN": ("link {device} name {name} type vlan id 100", "10.7.1"),
    "VXLAN": ("{name} type vxlan id 77 dstport 4789 remote {peer} dev {device}", "10.7.2"),
}


class Big(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name  # the base class calls it so
        self.send_response(200)
        self.send_header("Content-Length", str(BIG))
        self.end_headers()
        self.wfile.write(bytes(BIG))

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """On a socket of another namespace."""

    daemon_threads = True

    def __init__(self, space):
        super().__init__(("0.0.0.0", SERVED), Big, bind_and_activate=False)
        self.socket.close()
        self.socket = space.socket()
        self.server_bind()
        self.server_activate()

    def server_bind(self):
        self.socket.bind(self.server_address)


@contextlib.contextmanager
def pair():
    """Client and server: {name of a wire or overlay: (device of both, server's address)}."""
    run_id = secrets.token_hex(2)
    client, server = Namespace(run_id, "one"), Namespace(run_id, "two")
    with contextlib.ExitStack() as stack:
        for space in (client, server):
            space.create()
            stack.callback(space.delete)
        client.ip(f"link add eth0 type veth peer name eth0 netns {server.name}")
        ways = {"wire": ("eth0", "10.7.0.2")}
        for number, (space, peer) in enumerate(((client, "10.7.0.2"), (server, "10.7.0.1")), 1):
            space.ip(f"addr add 10.7.0.{number}/24 dev eth0", "link set eth0 up")
            for kind, (words, prefix) in OVERLAYS.items():
                name = kind.lower()
                add = words.format(device="eth0", name=name, peer=peer)
                try:
                    space.ip(f"link add {add}", f"addr add {prefix}.{number}/24 dev {name}",
                             f"link set {name} up")
                except LabError:
                    continue  # this kernel has no such device
                ways[kind] = (name, f"{prefix}.2")
        server.nft("table inet t { chain c { type filter hook input priority 0;\n"
                   f"tcp dport {DROPPED} drop\n}}\n}}\n")
        httpd = Server(server)
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(httpd.server_close)
        stack.callback(httpd.shutdown)
        yield client, server, ways


def meet(client, address):
    """One connection that works, with a large body, one refused and one that nobody answers."""
    with contextlib.closing(client.socket()) as sock:
        sock.settimeout(20)
        sock.connect((address, SERVED))
        sock.sendall(b"GET /big HTTP/1.1\r\nHost: files.example.net\r\nConnection: close\r\n\r\n")
        got = 0
        while piece := sock.recv(1 << 16):
            got += len(piece)
        assert got > BIG
    for port in (CLOSED, DROPPED):
        with contextlib.closing(client.socket()) as sock:
            sock.settimeout(1.5)  # past the first repetition of the SYN
            try:
                sock.connect((address, port))
            except OSError:
                continue
            raise AssertionError(f"port {port} accepts")
