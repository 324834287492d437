# SPDX-License-Identifier: MIT
"""A certificate authority from openssl(1) alone, made anew for each lab.

The issuing CA carries the organisation of the real one, because interception is recognised by
an issuer of another organisation.
"""

import concurrent.futures
import pathlib

from . import azure
from .namespaces import run

CA_EXTENSIONS = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

EVERY_NAME = tuple(dict.fromkeys(san for service in azure.SERVICES for san in service.sans))


def _add_extensions(extensions):
    return [arg for extension in extensions for arg in ("-addext", extension)]


class Pki:
    """Keys and certificates in one directory: NAME.key, and NAME.pem with the chain to send."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir()

    def create(self):
        self._root("root", "/O=VNet lab/CN=VNet lab root")
        self._root("proxy", "/O=Contoso Corp/CN=Contoso TLS inspection")
        self._ca("issuing", "/C=US/O=Microsoft Corporation/CN=Lab Azure TLS Issuing CA 01")
        jobs = [(service.name, service.sans) for service in azure.SERVICES]
        jobs += [("everything", EVERY_NAME), ("wrong-name", ("internal.contoso.example",))]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: self._leaf(*job), jobs))
        self._leaf("untrusted", EVERY_NAME, ca="proxy")
        self._self_signed("self-signed", EVERY_NAME)
        self._expired("expired", EVERY_NAME)
        self._copy("everything", "incomplete", chain=())

    def pem(self, name):
        return self.dir / f"{name}.pem"

    def key(self, name):
        return self.dir / f"{name}.key"

    def root_pem(self):
        return self._crt("root").read_text(encoding="ascii")

    def root_hash(self):
        """The name under which OpenSSL looks a root up in a directory."""
        return run(["openssl", "x509", "-in", str(self._crt("root")), "-noout", "-hash"]).strip()

    def _crt(self, name):
        return self.dir / f"{name}.crt"

    def _request(self, name, subject, *more):
        run(["openssl", "req", *NEW_KEY, "-keyout", str(self.key(name)), "-subj", subject, *more])

    def _root(self, name, subject):
        self._request(name, subject, "-x509", "-days", "30", "-out", str(self._crt(name)),
                      *_add_extensions(CA_EXTENSIONS))

    def _signed(self, name, subject, ca, extensions):
        self._request(name, subject, "-x509", "-days", "20", "-CA", str(self._crt(ca)),
                      "-CAkey", str(self.key(ca)), "-out", str(self._crt(name)),
                      *_add_extensions(extensions))

    def _ca(self, name, subject):
        self._signed(name, subject, "root", CA_EXTENSIONS)

    @staticmethod
    def _leaf_extensions(sans):
        return ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",
                "extendedKeyUsage=serverAuth",
                "subjectAltName=" + ",".join(f"DNS:{san}" for san in sans))

    @staticmethod
    def _subject(sans):
        return f"/C=US/ST=WA/L=Redmond/O=Microsoft Corporation/CN={sans[0]}"

    def _leaf(self, name, sans, ca="issuing"):
        self._signed(name, self._subject(sans), ca, self._leaf_extensions(sans))
        self._copy(name, name, chain=(ca,))

    def _self_signed(self, name, sans):
        self._request(name, self._subject(sans), "-x509", "-days", "20", "-out",
                      str(self._crt(name)), *_add_extensions(self._leaf_extensions(sans)))
        self._copy(name, name, chain=())

    def _expired(self, name, sans):
        """openssl-ca(1), because openssl-req(1) takes a validity in the past only since 3.4."""
        config = self.dir / "ca.cnf"
        extensions = "\n".join(self._leaf_extensions(sans))
        config.write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase={d}/index.txt\nserial={d}/serial\n"
            "new_certs_dir={d}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n"
            "[p]\ncommonName=supplied\n[e]\n{e}\n".format(d=self.dir, e=extensions),
            encoding="ascii")
        (self.dir / "index.txt").touch()
        (self.dir / "serial").write_text("1000\n", encoding="ascii")
        csr = self.dir / f"{name}.csr"
        self._request(name, self._subject(sans), "-new", "-out", str(csr))
        run(["openssl", "ca", "-batch", "-notext", "-config", str(config), "-extensions", "e",
             "-cert", str(self._crt("issuing")), "-keyfile", str(self.key("issuing")),
             "-startdate", "20240101000000Z", "-enddate", "20240201000000Z",
             "-in", str(csr), "-out", str(self._crt(name))])
        self._copy(name, name, chain=("issuing",))

    def _copy(self, source, name, chain):
        """Writes NAME.pem: the source's certificate and what shall be sent with it."""
        parts = [self._crt(part).read_text(encoding="ascii") for part in (source, *chain)]
        self.pem(name).write_text("".join(parts), encoding="ascii")
        if name != source:
            self.key(name).write_bytes(self.key(source).read_bytes())
