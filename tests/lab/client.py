# SPDX-License-Identifier: MIT
"""An independent client: plain sockets, Python's TLS and dig, to prove the lab by itself."""

import http.client
import ssl
import subprocess


class Symptom(Exception):
    """What a client sees of a fault, in one word."""


def connect(lab, address, port, limit=1.0):
    sock = lab.topology.compute.socket()
    sock.settimeout(limit)
    try:
        sock.connect((address, port))
    except OSError as err:
        sock.close()
        words = {TimeoutError: "connect-timeout", ConnectionRefusedError: "refused"}
        raise Symptom(words.get(type(err), "unreachable")) from err
    return sock


def handshake(lab, sock, host):
    """A verified TLS connection; the socket is closed when there is none."""
    context = ssl.create_default_context(cafile=str(lab.run_dir / "pki" / "root.crt"))
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as err:
        raise Symptom(f"certificate-{err.verify_code}") from err
    except TimeoutError as err:
        raise Symptom("tls-timeout") from err
    except ConnectionResetError as err:
        raise Symptom("tls-reset") from err
    except ssl.SSLEOFError as err:
        raise Symptom("tls-closed") from err
    except ssl.SSLError as err:
        closed = isinstance(err, (ssl.SSLZeroReturnError, ssl.SSLSyscallError))
        raise Symptom("tls-closed" if closed else "not-tls") from err


def get(lab, service, host, path="/", headers=None):
    """The answer to one GET over verified TLS: status, header fields in lower case, text."""
    with handshake(lab, connect(lab, service.ipv4, 443), host) as tls:
        connection = http.client.HTTPConnection(host)
        connection.sock = tls
        try:
            connection.request("GET", path, headers={"Connection": "close", **(headers or {})})
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, answer.read(4096).decode("utf-8", "replace")
        except TimeoutError as err:
            raise Symptom("http-timeout") from err


def first_bytes(lab, address, port, request=b""):
    """What a server says first, after it was told something."""
    with connect(lab, address, port) as sock:
        sock.sendall(request)
        return sock.recv(200)


def symptom(lab, service, host, path="/", headers=None):
    """One word for what a GET meets: the failure, or the status of the answer."""
    try:
        return f"http-{get(lab, service, host, path, headers)[0]}"
    except Symptom as seen:
        return str(seen)


def dig(lab, name, *options):
    """Status and addresses as the compute's own resolver configuration gives them."""
    done = subprocess.run(
        lab.topology.compute.command("dig", "+tries=1", "+time=1", *options, name),
        capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    status = [line.split("status: ")[1].split(",")[0] for line in lines if "status: " in line]
    answers = [line.split() for line in lines if line and line[0] != ";"]
    return (status[0] if status else "silent",
            [fields[4] for fields in answers if len(fields) > 4 and fields[3] in ("A", "AAAA")])
