#!/usr/bin/env python3
"""How soon `netstead up` and `netstead lab` are ready, what memory they hold, what they cost when idle; `netstead up` with everything on beside
nginx, NSD, Postfix, Dovecot and vsftpd together; and what tracing costs under load.

Usage: bench_startup.py [--netstead .build/release/netstead] [--rounds 7] [--seconds 3]
Read next: harness.py.
"""
import argparse
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import bench_dns
import bench_ftp
import bench_http
import bench_mail
from bench_http import wrk
from harness import COMPARISON, Server, accepts, alternate, compare, cpu_seconds, family, free_port, program, resident_mib, table


def starts(command, env, rounds):
    """Starts `command` again and again; ready when it says its first line. Returns milliseconds, MiB and idle milliseconds a second, per start."""
    ready, memory, idle = [], [], []
    # The first start makes keys and data; the ones after it are measured, with a warm disk.
    for number in range(rounds + 1):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=dict(os.environ, **env))
        if not process.stdout.readline():
            raise SystemExit(f"{command} did not start")
        taken = time.monotonic() - started
        time.sleep(0.5)
        before = cpu_seconds(process.pid)
        time.sleep(1)
        if number:
            ready.append(taken * 1000)
            idle.append((cpu_seconds(process.pid) - before) * 1000)
            memory.append(resident_mib(process.pid))
        process.send_signal(signal.SIGINT)
        process.wait(30)
    return ready, memory, idle


def start_up(given, directory):
    ports = directory / "ports.yaml"
    ports.write_text("ports: {dns: 0, http: 0, https: 0, console: 0}\n")
    env = {"XDG_RUNTIME_DIR": str(directory), "XDG_DATA_HOME": str(directory), "HOME": str(directory)}
    rows = []
    for name, command, limits in [
        ("up", ["up", "--settings", ports, "--data", directory / "data"], ["300", "40", "-"]),
        ("lab", ["lab", "--json", "--console-port", "0"], ["1000", "-", "-"]),
    ]:
        measured = starts([str(word) for word in [given.netstead] + command], env, given.rounds)
        for what, values, limit in zip(["ready after (ms)", "resident, idle (MiB)", "CPU when idle (ms per second)"], measured, limits):
            rows.append([f"netstead {name}: {what}", f"{statistics.median(values):.1f}", f"{min(values):.1f}-{max(values):.1f}", limit])
    print(table(["what", "median", "range", "limit"], rows))


EVERYTHING = """
domain: bench.test
ports: {{dns: {dns}, http: {http}, https: 0, console: 0, smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: {imap}, imaps: 0, ftp: {ftp}, torrents: 0, tracker: 0}}
web: {{root: {dir}/public}}
mail: {{}}
ftp: {{root: {dir}/public, anonymous: yes}}
torrents: {{folder: {dir}/public}}
tracker: {{open: yes}}
"""


def everything(given, directory, number):
    """Our host with every service, in one process."""
    ports = {name: free_port(socket.SOCK_DGRAM if name == "dns" else socket.SOCK_STREAM) for name in ("dns", "http", "imap", "ftp")}
    settings = directory / f"everything-{number}.yaml"
    settings.write_text(EVERYTHING.format(dir=directory, **ports))
    # The file server is the last one to open of those that others can be compared with.
    return Server("everything", [given.netstead, "up", "--settings", settings, "--data", directory / "everything"], accepts(ports["ftp"]), core=None)


def others(directory):
    """Other people's servers, each with the least that it needs to be of use: those that are here."""
    (directory / "bench.test.zone").write_text("$ORIGIN bench.test.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.53\n")
    if program("nginx"):
        port = free_port()
        (directory / "nginx.conf").write_text(bench_http.NGINX.format(dir=directory, root=directory / "public", port=port))
        yield Server("nginx", [program("nginx"), "-c", directory / "nginx.conf"], accepts(port), core=None, group=True)
    if program("nsd"):
        port = free_port(socket.SOCK_DGRAM)
        (directory / "nsd.conf").write_text(bench_dns.NSD.format(dir=directory, port=port))
        yield Server("nsd", [program("nsd"), "-d", "-c", directory / "nsd.conf"], bench_dns.answers(port), core=None, group=True)
    for name, make in (("postfix", bench_mail.postfix), ("dovecot", bench_mail.dovecot), ("vsftpd", bench_ftp.vsftpd)):
        place = directory / name
        place.mkdir()
        place.chmod(0o755)
        server = make(place) if program(name) else None
        if server:
            server.core = None
            yield server


def footprint(server):
    """Milliseconds until it was ready, MiB in memory, processes, and milliseconds of CPU time in an idle second."""
    with server:
        time.sleep(1)
        before = server.cpu_seconds()
        time.sleep(2)
        idle = (server.cpu_seconds() - before) * 500
        # Those of a group need not be one another's children.
        members = [int(pid) for pid in (server.group[0] / "cgroup.procs").read_text().split()] if server.group else family(server.process.pid)
        memory = sum(proportional_mib(pid) for pid in members)
        return server.ready_after * 1000, memory, len(members), idle


def proportional_mib(pid):
    """Resident memory of one process, shared pages counted proportionally."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def whole_house(given, directory):
    """Everything that a domain needs: one process of ours, and five programs together."""
    (directory / "public").mkdir()
    (directory / "public/index.html").write_text("<h1>bench</h1>\n")
    rows, sums = [], [0.0] * 4
    # The first start makes keys and certificates; the ones after it are measured.
    ours = [footprint(everything(given, directory, number)) for number in range(given.rounds + 1)][1:]
    values = [statistics.median(column) for column in zip(*ours)]
    rows.append(["netstead up, everything on"] + [f"{value:.1f}" for value in values])
    for server in others(directory):
        values = footprint(server)
        rows.append([server.name] + [f"{value:.1f}" for value in values])
        sums = [a + b for a, b in zip(sums, values)]
    rows.append(["the others together"] + [f"{value:.1f}" for value in sums])
    print("\n" + table(["idle", "ready after (ms)", "memory (MiB)", "processes", "CPU (ms per second)"], rows))


def trace(given, directory):
    """The same host with tracing off twice, which shows how far equal servers seem to differ, and on."""
    root = directory / "public"
    root.mkdir(exist_ok=True)
    (root / "1k.html").write_bytes(b"x" * 1024)
    servers = []
    for label, isOn in [("trace off", "off"), ("trace off again", "off"), ("trace on", "on")]:
        port = free_port()
        settings = directory / f"{label.replace(' ', '-')}.yaml"
        settings.write_text(
            f"ports: {{dns: 0, http: {port}, https: 0, console: 0}}\nloops: 1\nweb: {{root: {root}}}\ntrace: {{on: {isOn}}}\n")
        command = [given.netstead, "up", "--settings", settings, "--data", directory / label.replace(" ", "-")]
        server = Server(label.replace(" ", "-"), command, accepts(port))
        server.port = port
        servers.append(server)
    with servers[0], servers[1], servers[2]:
        results = alternate(servers, wrk("/1k.html", 64, given.seconds), given.rounds)
    rows = compare("1 KiB, 64 connections, trace on", {name: results[name] for name in ("trace-off", "trace-on")}, "trace-on")
    rows += compare("1 KiB, 64 connections, trace off twice", {name: results[name] for name in ("trace-off", "trace-off-again")}, "trace-off-again")
    print("\n" + table(COMPARISON, rows))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--netstead", default=str(Path(__file__).parent.parent / ".build/release/netstead"))
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        os.chmod(name, 0o755)
        start_up(given, Path(name))
        whole_house(given, Path(name))
        trace(given, Path(name))


if __name__ == "__main__":
    main()
