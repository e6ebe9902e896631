#!/usr/bin/env python3
"""Proxied answers and cache hits over HTTP/1.1: our proxy beside nginx and Varnish, one core each, in one alternating run.

What is here: 1 KiB passed on without a cache (against nginx), hits of 1 KiB and 100 KiB (against nginx's cache and Varnish).
Usage: bench_proxy.py [--ours "COMMAND with {port}, {mode} and {origin}"] [--rounds 5] [--seconds 3] [--quick] [--only WORD]
Needs wrk and nginx (Debian's); Varnish when it is there. Read next: harness.py, bench_http.py (the loads).
"""
import contextlib
import os
import shlex
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench_http import wrk
from harness import CLIENT_CORE, COMPARISON, Server, accepts, alternate, built, compare, folder, free_port, options, program, table

COMMON = """
daemon off; worker_processes 1; pid {dir}/{name}.pid; error_log {dir}/{name}.log;
events {{ worker_connections 4096; }}
http {{
  client_body_temp_path {dir}/{name}-b; proxy_temp_path {dir}/{name}-p; fastcgi_temp_path {dir}/{name}-f; uwsgi_temp_path {dir}/{name}-u; scgi_temp_path {dir}/{name}-s;
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 75;
"""

ORIGIN = COMMON + """
  open_file_cache max=1000 inactive=60s; open_file_cache_valid 30s; open_file_cache_min_uses 1;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; expires 1h; }}
}}
"""

PROXY = COMMON + """
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 100000000; }}
  proxy_cache_path {dir}/{name}-kept keys_zone=kept:16m max_size=1g use_temp_path=off;
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; add_header Via "1.1 nginx"; {cache} }} }}
}}
"""


def nginx(name, text, directory, port, **values):
    """A running nginx by this configuration."""
    (directory / f"{name}.conf").write_text(text.format(dir=directory, name=name, port=port, **values))
    server = Server(name, [program("nginx"), "-p", directory, "-c", directory / f"{name}.conf"], accepts(port), user=65534)
    server.port = port
    return server


def varnish(directory, port, origin):
    """A running Varnish; None where it is not installed."""
    path = program("varnishd")
    if not path:
        return None
    work = directory / "varnish"
    work.mkdir()
    server = Server(
        "varnish", [path, "-F", "-n", work, "-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{origin}", "-s", "malloc,256m", "-p", "default_ttl=3600"],
        accepts(port))
    server.port = port
    return server


def ours(name, command, mode, port, origin):
    """Our proxy in one of its modes."""
    server = Server(name, shlex.split(command.format(port=port, mode=mode, origin=f"http://127.0.0.1:{origin}")), accepts(port))
    server.port = port
    return server


def fetch(server, path):
    """One answer, read whole: it fills the caches, and shows that the server works."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
        return len(answer.read())


def main():
    given = options({"rounds": 2, "seconds": 1}, ours=built("netstead-bench-web", "NETSTEAD_BENCH_WEB") + " {port} {mode} {origin}", rounds=5, seconds=3, only="")
    if not (program("wrk") and program("nginx")):
        return
    rows = []
    with folder() as directory:
        root = directory / "root"
        root.mkdir()
        (root / "1k.html").write_bytes(b"x" * 1024)
        (root / "100k.bin").write_bytes(os.urandom(100 * 1024))
        origin_port = free_port()
        # The origin shares the client's core, so that the proxies' core is theirs alone.
        origin = nginx("origin", ORIGIN, directory, origin_port, root=root)
        origin.core = CLIENT_CORE
        with origin:
            passing = [
                nginx("nginx", PROXY, directory, free_port(), origin=origin_port, cache=""),
                ours("netstead", given.ours, "proxy", free_port(), origin_port),
            ]
            keeping = [
                nginx("nginx-cache", PROXY, directory, free_port(), origin=origin_port, cache="proxy_cache kept; proxy_cache_valid 200 1h;"),
                varnish(directory, free_port(), origin_port),
                ours("netstead-cache", given.ours, "cache", free_port(), origin_port),
            ]
            cases = [
                ("1 KiB passed on, 64 connections", passing, "/1k.html", 64, "netstead"),
                ("1 KiB passed on, 1 connection", passing, "/1k.html", 1, "netstead"),
                ("1 KiB hit, 64 connections", keeping, "/1k.html", 64, "netstead-cache"),
                ("100 KiB hit, 64 connections", keeping, "/100k.bin", 64, "netstead-cache"),
                ("100 KiB hit, 1 connection", keeping, "/100k.bin", 1, "netstead-cache"),
            ]
            for servers in (passing, keeping):
                servers[:] = [server for server in servers if server]
                chosen = [case for case in cases if case[1] is servers and given.only in case[0]]
                if not chosen:
                    continue
                with contextlib.ExitStack() as running:
                    for server in servers:
                        running.enter_context(server)
                    for case, _, path, connections, mine in chosen:
                        sizes = {fetch(server, path) for server in servers}
                        if sizes != {os.path.getsize(root / path[1:])}:
                            raise SystemExit(f"{case}: answers of {sizes} bytes")
                        rows += compare(case, alternate(servers, wrk(path, connections, given.seconds), given.rounds), mine)
    print("\n" + table(COMPARISON, rows))


if __name__ == "__main__":
    main()
