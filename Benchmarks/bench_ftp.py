#!/usr/bin/env python3
"""Files over FTP: our file server (`netstead up`) beside vsftpd, one core each, in one alternating run.

What is here: one large file sent and taken, many small files in one session (EPSV for each), and logins (connect, USER, PASS, QUIT).
vsftpd forks for each session, so the kernel counts the CPU time of its whole control group, and of ours (harness.py); where no group can be made,
that of the processes whose parents noticed their end. Everybody comes in as `anonymous`, but where files are put: there ours wants a password.
STOR ends when the file is durable. Ours syncs it before it says 226; vsftpd never does, so `sync` is run after its 226, on its core and its account.
Usage: bench_ftp.py [--netstead .build/release/netstead] [--rounds 5] [--mib 1024] [--files 10000] [--logins 300] [--quick] [--only WORD]
Needs vsftpd. The files are in a folder of TMPDIR's. Read next: harness.py.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from harness import CLIENT_CORE, COMPARISON, Server, accepts, alternate, built, compare, free_port, options, program, table

VSFTPD = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
no_anon_password={plain}
anon_root={root}
write_enable=YES
anon_upload_enable=YES
anon_umask=022
anon_world_readable_only=NO
secure_chroot_dir={dir}/empty
xferlog_enable=NO
seccomp_sandbox=NO
{more}
"""

OURS = """
data: data
loops: 1
ports: {{dns: 0, http: 0, https: 0, console: 0, ftp: {port}}}
trace: {{on: off}}
ftp:
  root: {root}
  anonymous: yes
  write: [writer]
  users:
    {user}
"""


class Session:
    """A control connection that has logged in, on the client's core."""

    def __init__(self, port, user="anonymous", password="me@here.test"):
        self.control = socket.create_connection(("127.0.0.1", port), 60)
        self.control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.expect("220")
        if self.say(f"USER {user}", "230", "331").startswith("331"):
            self.say(f"PASS {password}", "230")

    def line(self):
        while b"\n" not in self.rest:
            piece = self.control.recv(65536)
            if not piece:
                raise SystemExit("the control connection was closed")
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def expect(self, *codes):
        """The last line of a reply, whose code is one of these."""
        first = line = self.line()
        while line[:4] != first[:3] + " ":
            line = self.line()
        if line[:3] not in codes:
            raise SystemExit(f"expected {codes}, found {line}")
        return line

    def say(self, command, *codes):
        self.control.sendall(command.encode() + b"\r\n")
        return self.expect(*codes)

    def data(self):
        """A data connection."""
        port = int(self.say("EPSV", "229").rsplit("|", 2)[1])
        return socket.create_connection(("127.0.0.1", port))

    def get(self, name, scratch):
        """Takes a file; its content is left with the kernel. Returns its size."""
        with self.data() as data:
            self.say(f"RETR {name}", "125", "150")
            size = 0
            while count := data.recv_into(scratch, len(scratch), socket.MSG_TRUNC):
                size += count
        self.expect("226")
        return size

    def put(self, name, path):
        """Puts a file, without reading it into this process."""
        with self.data() as data, open(path, "rb") as file:
            self.say(f"STOR {name}", "125", "150")
            left, offset = os.path.getsize(path), 0
            while offset < left:
                offset += os.sendfile(data.fileno(), file.fileno(), offset, left - offset)
            data.shutdown(socket.SHUT_WR)
            self.expect("226")

    def quit(self):
        self.say("QUIT", "221")
        self.control.close()


def getting(name, size, scratch):
    """A load: one large file. Unit of the rate: bytes a second."""
    def load(server):
        session = Session(server.port)
        session.say("TYPE I", "200")
        begun = time.monotonic()
        if session.get(name, scratch) != size:
            raise SystemExit(f"{server.name}: the file came otherwise")
        rate = size / (time.monotonic() - begun)
        session.quit()
        return 1, rate
    return load


def putting(path, size):
    """A load: one large file, until it is durable. Unit of the rate: bytes a second."""
    def load(server):
        session = Session(server.port, *server.writer)
        session.say("TYPE I", "200")
        begun = time.monotonic()
        session.put("up/new", path)
        if not server.syncs:
            subprocess.run(server.pinned(["sync", server.root / "up/new", server.root / "up"]), check=True)
        rate = size / (time.monotonic() - begun)
        session.quit()
        if os.path.getsize(server.root / "up/new") != size:
            raise SystemExit(f"{server.name}: the file went otherwise")
        return 1, rate
    return load


def unput(server):
    (server.root / "up/new").unlink(missing_ok=True)


def many(count, size, scratch):
    """A load: small files in one session, each on a data connection of its own."""
    def load(server):
        session = Session(server.port)
        session.say("TYPE I", "200")
        begun = time.monotonic()
        for number in range(count):
            if session.get(f"small/{number}", scratch) != size:
                raise SystemExit(f"{server.name}: file {number} came otherwise")
        rate = count / (time.monotonic() - begun)
        session.quit()
        return count, rate
    return load


def logins(count):
    """A load: whole sessions in which nothing is done."""
    def load(server):
        begun = time.monotonic()
        for _ in range(count):
            Session(server.port).quit()
        return count, count / (time.monotonic() - begun)
    return load


def vsftpd(directory):
    """vsftpd in its usual shape: as root two processes for each session, one of them without any right."""
    root, port = directory / "vsftpd", free_port()
    is_root = os.getuid() == 0
    folder(root, owner="ftp" if is_root else None)
    (directory / "empty").mkdir()
    configuration = directory / "vsftpd.conf"
    configuration.write_text(VSFTPD.format(port=port, root=root, dir=directory, plain="NO", more="" if is_root else "run_as_launching_user=YES"))
    server = Server("vsftpd", [program("vsftpd"), configuration], accepts(port), group=True)
    server.port, server.root, server.writer, server.syncs = port, root, (), False
    return server


def ours(directory, netstead):
    """Our host with nothing but files in it that anybody asks for."""
    root, port = directory / "netstead", free_port()
    folder(root)
    user = subprocess.run([netstead, "password", "writer"], input=b"secret", capture_output=True, check=True).stdout.decode().strip()
    settings = directory / "netstead.yaml"
    settings.write_text(OURS.format(port=port, root=root, user=user))
    env = {"XDG_RUNTIME_DIR": str(directory), "XDG_DATA_HOME": str(directory), "HOME": str(directory)}
    server = Server("netstead", [netstead, "up", "--settings", settings], accepts(port), env=env, group=True)
    server.port, server.root, server.writer, server.syncs = port, root, ("writer", "secret"), True
    return server


def folder(root, owner=None):
    """What is served: a place for uploads. What is there to get is linked to it later."""
    (root / "up").mkdir(parents=True)
    (root / "small").mkdir()
    if owner:
        # vsftpd serves nobody a root that can be written to.
        subprocess.run(["chown", owner, root / "up"], check=True)


def main():
    given = options(
        {"rounds": 1, "mib": 64, "files": 300, "logins": 30}, netstead=built("netstead"), rounds=5, mib=1024, files=10_000, logins=300, only="")
    if not program("vsftpd"):
        return
    os.sched_setaffinity(0, {int(CLIENT_CORE)})
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        servers = [vsftpd(directory), ours(directory, os.path.abspath(given.netstead))]
        big = directory / "big"
        with open(big, "wb") as file:
            for _ in range(given.mib):
                file.write(os.urandom(1 << 20))
        size = given.mib << 20
        for server in servers:
            os.link(big, server.root / "big")
            for number in range(given.files):
                (server.root / f"small/{number}").write_bytes(b"x" * 1024)
        subprocess.run(["sync"], check=True)
        scratch = bytearray(1 << 20)
        cases = [
            (f"RETR {given.mib} MiB (ms, MB/s)", getting("big", size, scratch), {"scale": 1e-6, "cpu_scale": 1e-3}, lambda server: None),
            (f"STOR {given.mib} MiB, durable (ms, MB/s)", putting(big, size), {"scale": 1e-6, "cpu_scale": 1e-3}, unput),
            (f"RETR {given.files} files of 1 KiB, one session", many(given.files, 1024, scratch), {}, lambda server: None),
            (f"{given.logins} logins", logins(given.logins), {}, lambda server: None),
        ]
        with servers[0], servers[1]:
            rows = []
            for case, load, how, prepare in cases:
                if given.only in case:
                    rows += compare(case, alternate(servers, load, given.rounds, prepare), "netstead", **how)
        print("\n" + table(COMPARISON, rows))


if __name__ == "__main__":
    main()
