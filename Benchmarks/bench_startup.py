#!/usr/bin/env python3
"""How soon `netstead up` and `netstead lab` are ready, what memory they hold, what they cost when idle; and what tracing costs under load.

Usage: bench_startup.py [--netstead .build/release/netstead] [--rounds 7] [--seconds 3]
Read next: harness.py.
"""
import argparse
import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench_http import wrk
from harness import COMPARISON, Server, accepts, alternate, compare, cpu_seconds, free_port, resident_mib, table


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


def trace(given, directory):
    """The same host with tracing off twice, which shows how far equal servers seem to differ, and on."""
    root = directory / "public"
    root.mkdir()
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
        start_up(given, Path(name))
        trace(given, Path(name))


if __name__ == "__main__":
    main()
