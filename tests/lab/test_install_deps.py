# SPDX-License-Identifier: MIT
"""ci/install-deps against a package manager made of small scripts: no root, no network."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

TOOLS = {
    # Installed is what the file says.
    "dpkg-query": 'grep -qxF "${@: -1}" "$STUB/installed" && printf installed || exit 1',
    "apt-get": 'echo "$@" >> "$STUB/calls"; cp "$POLICY_RC_D" "$STUB/policy-seen"; case $1 in install) [ ! -e "$STUB/broken" ] || '
               '{ echo "E: no network"; exit 100; }; shift; for p in "$@"; do echo "$p"; done '
               '>> "$STUB/installed";; esac',
    "apt-cache": 'grep -qxF "${@: -1}" "$STUB/absent" && exit 100; echo "Version: 1:14.0-1"',
    "id": 'echo "${STUB_UID:-0}"',
}


class Packages:
    def __init__(self, directory):
        self.dir = directory
        for name, body in TOOLS.items():
            tool = directory / name
            tool.write_text(f"#!/bin/bash\n{body}\n", encoding="ascii")
            tool.chmod(0o755)
        for name in ("installed", "absent", "calls"):
            (directory / name).touch()
        # No sudo, no npm: only what the script itself uses.
        for name in ("bash", "sed", "tr", "sort", "grep", "env", "tail", "mktemp", "rm", "tee", "chmod",
                     "dirname", "cat", "mkdir", "cp"):
            (directory / name).symlink_to(f"/usr/bin/{name}")

    def write(self, name, lines):
        (self.dir / name).write_text("".join(f"{line}\n" for line in lines), encoding="ascii")

    def calls(self):
        return (self.dir / "calls").read_text(encoding="ascii").splitlines()

    def run(self, *groups, uid=0):
        return subprocess.run(
            [ROOT / "ci" / "install-deps", *groups], capture_output=True, text=True, check=False,
            env={"PATH": str(self.dir), "STUB": str(self.dir), "STUB_UID": str(uid),
                 "POLICY_RC_D": str(self.dir / "policy"), "HOME": os.environ.get("HOME", "/")})

    def listed(self, group):
        return self.run("--list", group).stdout.split()


@pytest.fixture
def packages(tmp_path):
    return Packages(tmp_path)


def test_nothing_is_called_when_nothing_is_missing(packages):
    packages.write("installed", packages.listed("build"))
    done = packages.run("build", uid=1000)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert packages.calls() == []


def test_only_what_is_missing_is_installed(packages):
    names = packages.listed("build")
    packages.write("installed", names[1:])
    done = packages.run("build")
    assert done.returncode == 0, done.stderr
    assert packages.calls()[-1].split()[-1] == names[0]
    assert sum(name in packages.calls()[-1].split() for name in names) == 1


def test_package_that_a_release_lacks_is_left_out_and_named(packages):
    packages.write("absent", ["jupyter-server"])
    done = packages.run("lab")
    assert done.returncode == 0, done.stderr
    assert "jupyter-server" not in packages.calls()[-1].split()
    assert "docker-registry" in packages.calls()[-1].split()
    assert "install-deps: jupyter-server is not here; what needs it is skipped" in done.stdout


def test_sanitizer_runtime_fits_the_compiler(packages):
    packages.run("test")
    assert "libclang-rt-14-dev" in packages.calls()[-1].split()
    assert "libclang-rt-19-dev" not in packages.calls()[-1].split()


@pytest.mark.parametrize("own", [True, False], ids=["administrator's", "temporary"])
def test_no_service_starts_and_the_policy_is_as_before(packages, own):
    policy = packages.dir / "policy"
    if own:
        packages.write("policy", ["# own"])
    packages.run("lab-light")
    seen = (packages.dir / "policy-seen").read_text(encoding="ascii")
    assert seen == ("# own\n" if own else "#!/bin/sh\nexit 101\n")
    assert policy.exists() == own


def test_failure_shows_what_apt_said_and_what_was_wanted(packages):
    names = packages.listed("lab-light")
    packages.write("installed", names[1:])
    packages.write("broken", [])
    done = packages.run("lab-light")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == ["E: no network",
                                             f"install-deps: could not install: {names[0]}"]


def test_ordinary_user_without_sudo_is_told_what_is_missing(packages):
    names = packages.listed("lab-light")
    packages.write("installed", names[2:])
    done = packages.run("lab-light", uid=1000)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"install-deps: not root and no sudo; missing: {names[0]} {names[1]}"]
    assert packages.calls() == []


@pytest.mark.parametrize("groups, message", [
    pytest.param(("nonsense",), 'install-deps: unknown group "nonsense"', id="unknown"),
    pytest.param((), "Installs what is missing", id="none"),
])
def test_wrong_group_is_refused(packages, groups, message):
    done = packages.run(*groups)
    assert done.returncode == 2
    assert done.stderr.startswith(message)


def test_an_optional_package_that_alone_is_missing_is_installed(packages):
    packages.write("installed", [name for name in packages.listed("lab") if name != "tshark"])
    assert packages.run("lab").returncode == 0
    assert any(call.startswith("install ") and call.endswith("tshark") for call in packages.calls())
