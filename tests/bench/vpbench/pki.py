# SPDX-License-Identifier: MIT
"""Root, intermediate and leaf for *.perf.test, all P-256, made anew for each run."""

import glob
import os
import shutil
import subprocess

SYSTEM_DIR = "/etc/ssl/certs"
SYSTEM_BUNDLE = SYSTEM_DIR + "/ca-certificates.crt"

_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
_LEAF = (
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
    "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:*.perf.test\n"
)


def _openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def _issue(folder, name, issuer, extensions):
    path = os.path.join(folder, name)
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path + ".key")
    _openssl("req", "-new", "-key", path + ".key", "-subj", f"/CN=vnetprobe bench {name}",
             "-out", path + ".csr")
    with open(path + ".ext", "w", encoding="ascii") as f:
        f.write(extensions)
    signer = ["-signkey", path + ".key"]
    if issuer:
        parent = os.path.join(folder, issuer)
        signer = ["-CA", parent + ".pem", "-CAkey", parent + ".key", "-CAcreateserial"]
    _openssl("x509", "-req", "-in", path + ".csr", "-days", "2", "-sha256",
             "-extfile", path + ".ext", "-out", path + ".pem", *signer)


def _read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def make(folder):
    """Writes root.pem, leaf.key and chain.pem (leaf, intermediate) to folder."""
    _issue(folder, "root", None, _CA)
    _issue(folder, "intermediate", "root", _CA)
    _issue(folder, "leaf", "intermediate", _LEAF)
    with open(os.path.join(folder, "chain.pem"), "w", encoding="ascii") as f:
        f.write(_read(f"{folder}/leaf.pem") + _read(f"{folder}/intermediate.pem"))


def trust(folder):
    """Lays a copy of the system's trust store, with our root added, over the original.

    Only the caller's mount namespace sees it, so every tool runs with its defaults.
    Returns the path of the bundle."""
    copy = os.path.join(folder, "certs")
    shutil.copytree(SYSTEM_DIR, copy, symlinks=True)
    root = os.path.join(folder, "root.pem")
    shutil.copy(root, os.path.join(copy, "vnetprobe-bench.pem"))
    digest = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", root],
                            check=True, capture_output=True, text=True).stdout.strip()
    taken = len(glob.glob(f"{copy}/{digest}.*"))
    os.symlink("vnetprobe-bench.pem", f"{copy}/{digest}.{taken}")
    bundle = os.path.join(copy, os.path.basename(SYSTEM_BUNDLE))
    if os.path.islink(bundle):
        text = _read(bundle)
        os.unlink(bundle)
        with open(bundle, "w", encoding="utf-8") as f:
            f.write(text)
    with open(bundle, "a", encoding="utf-8") as f:
        f.write(_read(root))
    subprocess.run(["mount", "--bind", copy, SYSTEM_DIR], check=True)
    return SYSTEM_BUNDLE
