#!/usr/bin/env python3
"""Authoritative DNS over UDP: our name server beside NSD and Knot, one core each, in one alternating run.

Usage: bench_dns.py [--ours "COMMAND with {port} and {zone}"] [--names 100000] [--rounds 5] [--seconds 3] [--guards 1] [--quick]
With guards all of them count answers by the client's network, at a rate that nobody reaches, and answer cookies; and our own stands beside itself without.
Needs dnsperf, and NSD or Knot (Debian's). Read next: harness.py.
"""
import os
import random
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from harness import CLIENT_CORE, COMPARISON, Server, alternate, built, compare, free_port, options, program, table

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  zonesdir: "{dir}"
  database: ""
  username: ""
  chroot: ""
  logfile: "{dir}/nsd.log"
  pidfile: "{dir}/nsd.pid"
  xfrdfile: "{dir}/xfrd.state"
  zonelistfile: "{dir}/zone.list"
  server-count: 1
  {guards}
remote-control:
  control-enable: no
zone:
  name: bench.test
  zonefile: "{dir}/bench.test.zone"
"""

KNOT = """
server:
  rundir: "{dir}/knot"
  listen: 127.0.0.1@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{dir}/knot"
control:
  listen: "{dir}/knot/control"
log:
  - target: "{dir}/knot/log"
    any: warning
{guards}
zone:
  - domain: bench.test
    file: "{dir}/bench.test.zone"
    zonefile-sync: -1
    journal-content: none
"""

# Answers a second to one network that nobody reaches here.
RATE = 1_000_000
NSD_GUARDS = ["rrl-ratelimit: 0", f"rrl-ratelimit: {RATE}\n  answer-cookie: yes"]
KNOT_GUARDS = ["", f"""
mod-rrl:
  - id: default
    rate-limit: {RATE}
mod-cookies:
  - id: default
template:
  - id: default
    global-module: [mod-cookies/default, mod-rrl/default]
"""]
# A client's half of a cookie, in a query with EDNS.
COOKIE = ["-e", "-E", "10:0123456789abcdef"]


def answers(port, flags="0000"):
    """Whether somebody answers the zone's SOA there."""
    query = bytes.fromhex("1234" + flags + "0001000000000000") + b"\x05bench\x04test\x00" + bytes.fromhex("00060001")
    def probe():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.1)
            try:
                s.sendto(query, ("127.0.0.1", port))
                answer = s.recv(512)
                return len(answer) > 12 and answer[3] & 15 == 0 and answer[7] > 0
            except OSError:
                return False
    return probe


def dnsperf(queries, clients, seconds, more=()):
    """A load: dnsperf on the client's core."""
    def load(server):
        command = ["taskset", "-c", CLIENT_CORE, "dnsperf", "-s", "127.0.0.1", "-p", str(server.port), "-d", str(queries), "-c", str(clients), "-T", "1",
                   "-q", "256", "-l", str(seconds), *more]
        text = subprocess.run(command, capture_output=True, text=True).stdout
        done, lost = int(re.search(r"Queries completed:\s+(\d+)", text).group(1)), int(re.search(r"Queries lost:\s+(\d+)", text).group(1))
        if lost * 100 > done:
            print(f"  ({server.name} lost {lost} of {done})")
        return done, float(re.search(r"Queries per second:\s+([\d.]+)", text).group(1))
    return load


def main():
    given = options({"rounds": 3, "seconds": 1}, ours=built("netstead-bench-dns", "NETSTEAD_BENCH_DNS") + " {port} {zone}", names=100_000, rounds=5, seconds=3, guards=0)
    if not program("dnsperf"):
        return
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        directory = Path(name)
        zone = directory / "bench.test.zone"
        chance = random.Random(1)
        with open(zone, "w") as file:
            file.write("$ORIGIN bench.test.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.53\n")
            for n in range(given.names):
                file.write(f"h{n} A 192.0.2.{n % 254 + 1}\n")
        hits = directory / "hits.txt"
        hits.write_text("".join(f"h{chance.randrange(given.names)}.bench.test A\n" for _ in range(100_000)))
        misses = directory / "misses.txt"
        misses.write_text("".join(f"x{chance.randrange(10**9)}.bench.test A\n" for _ in range(100_000)))
        servers = []
        if program("nsd"):
            port = free_port(socket.SOCK_DGRAM)
            (directory / "nsd.conf").write_text(NSD.format(dir=directory, port=port, guards=NSD_GUARDS[given.guards]))
            servers.append((port, Server("nsd", [program("nsd"), "-d", "-c", directory / "nsd.conf"], answers(port))))
        if program("knotd"):
            port = free_port(socket.SOCK_DGRAM)
            (directory / "knot").mkdir()
            (directory / "knot.conf").write_text(KNOT.format(dir=directory, port=port, guards=KNOT_GUARDS[given.guards]))
            servers.append((port, Server("knot", [program("knotd"), "-c", directory / "knot.conf"], answers(port))))
        for own, more in [("netstead without", []), ("netstead", [str(RATE)])] if given.guards else [("netstead", [])]:
            port = free_port(socket.SOCK_DGRAM)
            servers.append((port, Server(own, shlex.split(given.ours.format(port=port, zone=zone)) + more, answers(port))))
        running = []
        try:
            for port, server in servers:
                server.port = port
                running.append(server.__enter__())
            rows = []
            for case, queries, clients, more in [
                ("name found, 64 flows", hits, 64, []), ("name absent, 64 flows", misses, 64, []), ("name found, 1 flow", hits, 1, []),
            ] + ([("name found, with a cookie", hits, 64, COOKIE)] if given.guards else []):
                results = alternate(running, dnsperf(queries, clients, given.seconds, more), given.rounds)
                rows += compare(case, results, "netstead")
            print("\n" + table(COMPARISON, rows))
        finally:
            for server in running:
                server.__exit__()


if __name__ == "__main__":
    main()
