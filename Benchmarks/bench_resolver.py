#!/usr/bin/env python3
"""A resolver's answers from its cache over UDP: ours beside Unbound, one core each, in one alternating run.

Usage: bench_resolver.py [--ours "COMMAND with {port} and {upstream}"] [--names 10000] [--rounds 5] [--seconds 3] [--quick]
Needs dnsperf and Unbound (Debian's), and netstead-bench-dns for the zone that both ask. Read next: bench_dns.py.
"""
import random
import shlex
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench_dns import answers, dnsperf
from harness import COMPARISON, Server, alternate, built, compare, free_port, options, program, table

# Without validation, for which we have no counterpart yet.
UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  directory: "{dir}"
  chroot: ""
  username: ""
  pidfile: "{dir}/unbound.pid"
  logfile: "{dir}/unbound.log"
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "test." nodefault
  outgoing-range: 512
  num-queries-per-thread: 512
remote-control:
  control-enable: no
stub-zone:
  name: bench.test
  stub-addr: 127.0.0.1@{upstream}
"""


def main():
    given = options(
        {"rounds": 3, "seconds": 1}, ours=built("netstead-bench-resolver", "NETSTEAD_BENCH_RESOLVER") + " {port} {upstream}",
        authority=built("netstead-bench-dns", "NETSTEAD_BENCH_DNS") + " {port} {zone}", names=10_000, rounds=5, seconds=3)
    if not program("dnsperf") or not program("unbound"):
        return
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        directory = Path(name)
        zone = directory / "bench.test.zone"
        chance = random.Random(1)
        with open(zone, "w") as file:
            file.write("$ORIGIN bench.test.\n$TTL 86400\n@ SOA ns hostmaster 1 7200 3600 1209600 86400\n@ NS ns\nns A 127.0.0.1\n")
            for n in range(given.names):
                file.write(f"h{n} A 192.0.2.{n % 254 + 1}\nc{n} CNAME h{n}\n")
        queries = {}
        for case, question in [("found", "h{}.bench.test A"), ("alias", "c{}.bench.test A"), ("absent", "x{}.bench.test A")]:
            queries[case] = directory / f"{case}.txt"
            queries[case].write_text("".join(question.format(chance.randrange(given.names)) + "\n" for _ in range(100_000)))
            every = directory / f"{case}-every.txt"
            every.write_text("".join(question.format(n) + "\n" for n in range(given.names)))
        upstream = free_port(socket.SOCK_DGRAM)
        authority = Server("authority", shlex.split(given.authority.format(port=upstream, zone=zone)), answers(upstream))
        with authority:
            servers = []
            port = free_port(socket.SOCK_DGRAM)
            (directory / "unbound.conf").write_text(UNBOUND.format(dir=directory, port=port, upstream=upstream))
            servers.append((port, Server("unbound", [program("unbound"), "-d", "-c", directory / "unbound.conf"], answers(port, flags="0100"))))
            port = free_port(socket.SOCK_DGRAM)
            servers.append((port, Server("netstead", shlex.split(given.ours.format(port=port, upstream=upstream)), answers(port, flags="0100"))))
            running = []
            try:
                for port, server in servers:
                    server.port = port
                    running.append(server.__enter__())
                # Everything is asked once before it counts.
                for server in running:
                    for case in queries:
                        subprocess.run(
                            ["dnsperf", "-s", "127.0.0.1", "-p", str(server.port), "-d", str(directory / f"{case}-every.txt"), "-n", "2", "-q", "50"],
                            capture_output=True)
                rows = []
                for case, which, clients in [
                    ("name found, 64 flows", "found", 64), ("alias followed, 64 flows", "alias", 64), ("name absent, 64 flows", "absent", 64),
                    ("name found, 1 flow", "found", 1),
                ]:
                    results = alternate(running, dnsperf(queries[which], clients, given.seconds), given.rounds)
                    rows += compare(case, results, "netstead")
                print("\n" + table(COMPARISON, rows))
            finally:
                for server in running:
                    server.__exit__()


if __name__ == "__main__":
    main()
