#!/usr/bin/env python3
"""How soon a command is ready, what memory it holds, what it costs when idle; and what tracing costs under load.

Usage: bench_startup.py --command "netstead up --data {dir}" --port 8080 [--rounds 7] [--limit-ms 300] [--limit-mib 40]
       bench_startup.py --trace-on "COMMAND with {port} and {root}" --trace-off "COMMAND with {port} and {root}"
Read next: harness.py.
"""
import argparse
import os
import shlex
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench_http import wrk
from harness import COMPARISON, Server, accepts, alternate, compare, cpu_seconds, free_port, resident_mib, table


def start_up(given):
    ready, memory, idle = [], [], []
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        # The first start makes keys and data; the ones after it are measured, with a warm disk.
        for number in range(given.rounds + 1):
            server = Server("netstead", shlex.split(given.command.format(dir=name)), accepts(given.port), core=None)
            with server:
                time.sleep(0.5)
                before = cpu_seconds(server.pid)
                time.sleep(1)
                if number:
                    idle.append((cpu_seconds(server.pid) - before) * 1000)
                    ready.append(server.ready_after * 1000)
                    memory.append(resident_mib(server.pid))
            while accepts(given.port)():
                time.sleep(0.05)
    middle = statistics.median
    rows = [
        ["ready after (ms)", f"{middle(ready):.0f}", f"{min(ready):.0f}-{max(ready):.0f}", given.limit_ms],
        ["resident, idle (MiB)", f"{middle(memory):.1f}", f"{min(memory):.1f}-{max(memory):.1f}", given.limit_mib],
        ["CPU when idle (ms per second)", f"{middle(idle):.1f}", f"{min(idle):.1f}-{max(idle):.1f}", "-"],
    ]
    print(table([given.command, "median", "range", "limit"], rows))


def trace(given):
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        os.chmod(name, 0o755)
        (Path(name) / "1k.html").write_bytes(b"x" * 1024)
        servers = []
        for label, command in [("trace off", given.trace_off), ("trace on", given.trace_on)]:
            port = free_port()
            server = Server(label, shlex.split(command.format(port=port, root=name)), accepts(port))
            server.port = port
            servers.append(server)
        with servers[0], servers[1]:
            results = alternate(servers, wrk("/1k.html", 64, given.seconds), given.rounds)
        print(table(COMPARISON, compare("1 KiB, 64 connections", results, "trace on")))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--command")
    options.add_argument("--port", type=int, default=8080)
    options.add_argument("--limit-ms", default="300")
    options.add_argument("--limit-mib", default="40")
    options.add_argument("--trace-on")
    options.add_argument("--trace-off")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=int, default=3)
    given = options.parse_args()
    if given.command:
        start_up(given)
    if given.trace_on and given.trace_off:
        trace(given)


if __name__ == "__main__":
    main()
