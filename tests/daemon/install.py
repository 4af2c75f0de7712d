#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What "meson install" puts into a system: the layout, the units in the eyes of systemd, and the daemon from there.
Usage: install.py BUILD-DIR BINDIR LIBDIR SYSCONFDIR DATADIR MANDIR UNITDIR SYSUSERSDIR. Prints TAP."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import traceback
import urllib.request
import xml.etree.ElementTree

BUILD, *DIRECTORIES = sys.argv[1:]
BINDIR, LIBDIR, SYSCONFDIR, DATADIR, MANDIR, UNITDIR, SYSUSERSDIR = DIRECTORIES
NPM = os.environ.get("SIO_NPM_DIR", pathlib.Path(__file__).resolve().parents[1] / "npm")
# In tenths.
THRESHOLD = 12

FILES = [
    f"{BINDIR}/sio-server",
    f"{BINDIR}/sio-cat",
    f"{BINDIR}/sioctl",
    f"{LIBDIR}/libsio-glib-1.so",
    f"{SYSCONFDIR}/sio-server/sio-server.conf",
    f"{SYSCONFDIR}/sio-server/conf.d",
    f"{UNITDIR}/sio-server.service",
    f"{UNITDIR}/sio-server@.service",
    f"{UNITDIR}/sio-server.socket",
    f"{UNITDIR}/sio-server@.socket",
    f"{SYSUSERSDIR}/sio-server.conf",
    f"{DATADIR}/sio-server/systemd/hardened.conf",
    f"{DATADIR}/sio-server/rules/chat.conf",
    f"{DATADIR}/sio-server/rules/typing.conf",
    f"{DATADIR}/sio-server/rules/presence.conf",
    f"{DATADIR}/sio-server/rules/social-feed.conf",
    f"{DATADIR}/sio-server/rules/schema/message.json",
    f"{DATADIR}/sio-server/monitoring/sio-server-alerts.yml",
    f"{DATADIR}/dbus-1/interfaces/org.sioglib.Server1.xml",
    f"{DATADIR}/dbus-1/system.d/org.sioglib.Server1.conf",
    f"{DATADIR}/dbus-1/system-services/org.sioglib.Server1.service",
    f"{DATADIR}/polkit-1/actions/org.sioglib.Server1.policy",
    f"{DATADIR}/doc/sio-server/sio-server.conf.example",
    f"{DATADIR}/bash-completion/completions/sioctl",
    f"{MANDIR}/man1/sio-server.1",
    f"{MANDIR}/man1/sio-cat.1",
    f"{MANDIR}/man1/sioctl.1",
    f"{MANDIR}/man5/sio-server.conf.5",
]
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def run(*command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}"
    return result.stdout


def install(root):
    run("meson", "install", "--no-rebuild", "--quiet", "-C", BUILD, "--destdir", root)


def units(root, directory, hardened):
    """The units as they were installed, with the program where it is now. An instance has a name."""
    for name in ("sio-server.service", "sio-server@.service", "sio-server.socket", "sio-server@.socket"):
        text = pathlib.Path(root + UNITDIR, name).read_text(encoding="utf-8")
        path = pathlib.Path(directory, name.replace("@", "@tenant"))
        path.write_text(text.replace(BINDIR, root + BINDIR), encoding="utf-8")
    if hardened:
        for name in ("sio-server.service", "sio-server@tenant.service"):
            text = pathlib.Path(root + DATADIR, "sio-server/systemd/hardened.conf").read_text(encoding="utf-8")
            path = pathlib.Path(directory, name + ".d", "hardened.conf")
            path.parent.mkdir()
            path.write_text(text.replace(BINDIR, root + BINDIR), encoding="utf-8")


@test
def layout(root):
    missing = [file for file in FILES if not os.path.lexists(root + file)]
    assert not missing, missing
    # Nothing of the build's own paths.
    for name in ("sio-server.service", "sio-server@.service", "sio-server.socket", "sio-server@.socket"):
        text = pathlib.Path(root + UNITDIR, name).read_text(encoding="utf-8")
        assert "@bindir@" not in text and "@sysconfdir@" not in text and BUILD not in text


@test
def bus_files(root):
    """What D-Bus and PolicyKit read is of one name, and of the user and the unit that are installed."""
    name = "org.sioglib.Server1"
    service = pathlib.Path(f"{root}{DATADIR}/dbus-1/system-services/{name}.service").read_text(encoding="utf-8")
    assert f"\nName={name}\n" in service and "\nSystemdService=sio-server.service\n" in service and "\nUser=sio-server\n" in service
    policy = xml.etree.ElementTree.parse(f"{root}{DATADIR}/dbus-1/system.d/{name}.conf").getroot()
    owners = [p.get("user") for p in policy.iter("policy") for a in p.iter("allow") if a.get("own") == name]
    assert "sio-server" in owners, owners
    actions = xml.etree.ElementTree.parse(f"{root}{DATADIR}/polkit-1/actions/{name}.policy").getroot().findall("action")
    assert {action.get("id").rsplit(".", 1)[0] for action in actions} == {name} and len(actions) == 5
    interface = xml.etree.ElementTree.parse(f"{root}{DATADIR}/dbus-1/interfaces/{name}.xml").getroot().find("interface")
    assert interface.get("name") == name


@test
def sioctl(root):
    """From there it finds no server where there is none, and bash its completion."""
    env = {"PATH": f"{root}{BINDIR}:{os.environ['PATH']}", "LD_LIBRARY_PATH": root + LIBDIR, "LC_ALL": "C.UTF-8"}
    none = env | {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus"}
    result = subprocess.run(["sioctl", "status"], env=none, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 3 and "cannot reach the system bus" in result.stderr, result.stderr
    file = f"{root}{DATADIR}/bash-completion/completions/sioctl"
    words = run("bash", "--norc", "-c", 'source "$1"; COMP_WORDS=(sioctl dr); COMP_CWORD=1; _sioctl; echo "${COMPREPLY[@]}"', "bash", file, env=none)
    assert words == "drain\n", words


@test
def configuration_is_kept(root):
    file = pathlib.Path(f"{root}{SYSCONFDIR}/sio-server/sio-server.conf")
    before = file.read_text(encoding="utf-8")
    file.write_text("[server]\npage=false\n", encoding="utf-8")
    install(root)
    assert file.read_text(encoding="utf-8") == "[server]\npage=false\n"
    file.write_text(before, encoding="utf-8")


@test
def verified(root):
    for hardened in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            units(root, directory, hardened)
            for name in sorted(os.listdir(directory)):
                if name.endswith((".service", ".socket")):
                    output = run("systemd-analyze", "verify", "--man=no", f"./{name}", cwd=directory)
                    # What it does not know it only mentions.
                    assert "sio-server" not in output, output


@test
def exposure(root):
    for hardened, most in ((False, THRESHOLD), (True, 2)):
        with tempfile.TemporaryDirectory() as directory:
            units(root, directory, hardened)
            for name in ("sio-server.service", "sio-server@tenant.service"):
                output = run("systemd-analyze", "security", "--offline=true", f"--threshold={most}", "--no-pager", f"./{name}", cwd=directory)
                print("#", re.search(r"Overall exposure level.*", output)[0], "hardened" if hardened else "")


@test
def user(root):
    with tempfile.TemporaryDirectory() as system:
        os.mkdir(f"{system}/etc")
        run("systemd-sysusers", f"--root={system}", root + SYSUSERSDIR + "/sio-server.conf")
        passwd = pathlib.Path(system, "etc/passwd").read_text(encoding="utf-8")
        assert re.search(r"^sio-server:!?x?\*?:\d+:\d+:Socket\.IO server:/:\S*/nologin$", passwd, re.M), passwd


@test
def started_from_there(root):
    libdir = root + LIBDIR
    # Nothing of the build must be needed.
    env = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": libdir, "LC_ALL": "C.UTF-8"}
    program, config = f"{root}{BINDIR}/sio-server", f"{root}{SYSCONFDIR}/sio-server/sio-server.conf"
    libraries = run("ldd", program, env=env)
    assert f"{libdir}/libsio-glib-1.so" in libraries, libraries
    assert run(program, "--config", config, "--check-config", env=env) == ""
    # As docs/INSTALL.md says, to where the directory of the daemon is below this root.
    client = f"{root}{DATADIR}/sio-server/client"
    run("sh", "-c", f"install -D -m 0644 -t {client} {NPM}/node_modules/socket.io-client/dist/*")
    every_set = ["--set", "server.rules=chat;typing;presence;social-feed", "--set", f"server.rules-dir={root}{DATADIR}/sio-server/rules"]
    command = [program, "--config", config, "--listen", "tcp:127.0.0.1:0", "--client-dir", client, *every_set]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as daemon:
        try:
            url = re.match(r"listening on (http://\S+)", daemon.stdout.readline())[1]
            with urllib.request.urlopen(url + "socket.io/?EIO=4&transport=polling", timeout=30) as response:
                assert b'"sid"' in response.read()
            with urllib.request.urlopen(url, timeout=30) as response:
                assert b"sio-server" in response.read()
            with urllib.request.urlopen(url + "socket.io/socket.io.js", timeout=30) as response:
                assert b"Socket.IO" in response.read()[:200]
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(30) == 0
        finally:
            daemon.kill()


@test
def guide(root):
    """The configuration, the token and the client of docs/INSTALL.md, without systemd and nginx."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "INSTALL.md").read_text(encoding="utf-8")
    site = textwrap.dedent(re.search(r"site\.conf <<END\n(.*?)^    END$", text, re.S | re.M)[1])
    make_token = textwrap.dedent(re.search(r"^    b64\(\).*?^    token=.*?$", text, re.S | re.M)[0])
    join = re.search(r"^    (sio-cat .*)$", text, re.M)[1]
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(f"{root}{SYSCONFDIR}/sio-server/conf.d/site.conf").write_text(site, encoding="utf-8")
        for name in ("credstore", "state"):
            os.mkdir(f"{directory}/{name}", 0o700)
        secret = re.search(r"^    (openssl rand .*)$", text, re.M)[1]
        run("sh", "-c", secret.replace("/etc/credstore", f"{directory}/credstore"))
        # The names that systemd gives a credential and a directory.
        os.rename(f"{directory}/credstore/sio-server.jwt-secret", f"{directory}/credstore/jwt-secret")
        env = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": root + LIBDIR, "LC_ALL": "C.UTF-8",
               "CREDENTIALS_DIRECTORY": f"{directory}/credstore", "STATE_DIRECTORY": f"{directory}/state"}
        program = [f"{root}{BINDIR}/sio-server", "--config", f"{root}{SYSCONFDIR}/sio-server/sio-server.conf"]
        assert run(*program, "--check-config", env=env) == ""
        command = [*program, "--listen", "tcp:127.0.0.1:0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as daemon:
            try:
                url = re.match(r"listening on (http://\S+)/", daemon.stdout.readline())[1]
                script = f"set -e\n{make_token}\n{root}{BINDIR}/{join}\n"
                script = script.replace("/etc/credstore/sio-server.jwt-secret", f"{directory}/credstore/jwt-secret")
                script = script.replace("https://chat.example.org", url)
                assert '"ok":true' in run("sh", "-c", script, env=env)
                broken = subprocess.run(["sh", "-c", script.replace('{\\"token\\":\\"', '{\\"token\\":\\"x')], env=env, timeout=60,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
                assert broken.returncode != 0 and "Authentication failed" in broken.stdout, broken.stdout
                daemon.send_signal(signal.SIGTERM)
                assert daemon.wait(30) == 0
                assert os.path.exists(f"{directory}/state/recovery")
            finally:
                daemon.kill()
        os.unlink(f"{root}{SYSCONFDIR}/sio-server/conf.d/site.conf")


def main():
    print(f"1..{len(TESTS)}")
    failures = 0
    root = tempfile.mkdtemp(prefix="sio-install-")
    try:
        install(root)
        for number, function in enumerate(TESTS, 1):
            try:
                function(root)
                print("ok", number, "-", function.__name__.replace("_", " "), flush=True)
            except Exception:  # noqa: BLE001
                failures += 1
                print("not ok", number, "-", function.__name__.replace("_", " "))
                print("\n".join("# " + line for line in traceback.format_exc().splitlines()), flush=True)
    finally:
        shutil.rmtree(root)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
