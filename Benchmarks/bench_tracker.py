#!/usr/bin/env python3
"""A tracker over UDP: ours beside opentracker, one core each, in one alternating run.

Usage: bench_tracker.py [--ours PROGRAM] [--torrents 1000] [--rounds 5] [--seconds 3] [--quick]
Needs opentracker (Debian's, which serves listed torrents only). Read next: harness.py.
"""
import argparse
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from harness import CLIENT_CORE, COMPARISON, Server, alternate, compare, free_port, program, resident_mib, table


def answers(port):
    """Whether somebody gives a connection id there."""
    def probe():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.1)
            try:
                s.sendto(struct.pack(">QII", 0x41727101980, 0, 7), ("127.0.0.1", port))
                return s.recv(512)[:8] == struct.pack(">II", 0, 7)
            except OSError:
                return False
    return probe


def asking(tool, torrents, kind, seconds):
    """A load: our program on the client's core."""
    def load(server):
        command = ["taskset", "-c", CLIENT_CORE, str(tool), "load", str(server.port), str(torrents), kind, str(seconds)]
        text = subprocess.run(command, capture_output=True, text=True).stdout
        done, lost = int(re.search(r"(\d+) answers", text).group(1)), int(re.search(r"(\d+) lost", text).group(1))
        if lost * 100 > done:
            print(f"  ({server.name} lost {lost} of {done})")
        return done, done / seconds
    return load


def main():
    options = argparse.ArgumentParser()
    here = Path(__file__).parent
    options.add_argument("--ours", default=os.environ.get("NETSTEAD_BENCH_TRACKER", str(here.parent / ".build/release/netstead-bench-tracker")))
    options.add_argument("--torrents", type=int, default=1_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--quick", action="store_true")
    given = options.parse_args()
    if given.quick:
        given.rounds, given.seconds = 3, 1
    if not program("opentracker"):
        return
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        torrents = directory / "list"
        chance = random.Random(1)
        torrents.write_text("".join(f"{chance.randbytes(20).hex()}\n" for _ in range(given.torrents)))
        port = free_port(socket.SOCK_DGRAM)
        other = Server("opentracker", [program("opentracker"), "-i", "127.0.0.1", "-p", port, "-P", port, "-d", directory, "-w", "list"], answers(port))
        other.port = port
        port = free_port(socket.SOCK_DGRAM)
        ours = Server("netstead", [given.ours, "serve", port, torrents], answers(port))
        ours.port = port
        running = []
        try:
            for server in [other, ours]:
                running.append(server.__enter__())
            before = {server.name: resident_mib(server.process.pid) for server in running}
            rows = []
            for case, kind in [("connect", "connect"), ("announce, 30 peers wanted", "announce"), ("scrape of one torrent", "scrape")]:
                results = alternate(running, asking(given.ours, torrents, kind, given.seconds), given.rounds)
                rows += compare(case, results, "netstead")
            print("\n" + table(COMPARISON, rows))
            for server in running:
                print(f"{server.name}: {resident_mib(server.process.pid) - before[server.name]:.1f} MiB more than at the start")
        finally:
            for server in running:
                server.__exit__()


if __name__ == "__main__":
    main()
