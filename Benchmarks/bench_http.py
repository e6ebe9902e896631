#!/usr/bin/env python3
"""Static files over HTTP/1.1: our web server beside nginx, one core each, in one alternating run.

Usage: bench_http.py [--ours "COMMAND with {port} and {root}"] [--rounds 5] [--seconds 3] [--quick] [--only WORD]
Needs wrk, curl and nginx (Debian's). Read next: harness.py.
"""
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from harness import CLIENT_CORE, COMPARISON, Server, accepts, alternate, built, compare, folder, free_port, options, program, table

NGINX = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  types {{ text/html html; text/plain txt; application/octet-stream bin; }}
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 100000000; keepalive_timeout 75;
  open_file_cache max=1000 inactive=60s; open_file_cache_valid 30s; open_file_cache_min_uses 1;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
"""


def wrk(path, connections, seconds, header=()):
    """A load: wrk on the client's core."""
    def load(server):
        command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *header, f"http://127.0.0.1:{server.port}{path}"]
        text = subprocess.run(command, capture_output=True, text=True).stdout
        done = int(re.search(r"(\d+) requests in", text).group(1))
        if "Non-2xx" in text or ("Socket errors" in text and not re.search(r"connect 0, read 0, write 0, timeout \d+", text)):
            raise SystemExit(f"{server.name}: {text}")
        return done, float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    return load


def curl(path, times):
    """A load: whole downloads, one after the other on one connection."""
    def load(server):
        url = f"http://127.0.0.1:{server.port}{path}"
        command = ["taskset", "-c", CLIENT_CORE, "curl", "-sS", "-w", "%{speed_download} %{http_code} %{size_download}\\n"]
        for _ in range(times):
            command += ["-o", "/dev/null", url]
        lines = [line.split() for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
        if len(lines) != times or any(code != "200" for _, code, _ in lines):
            raise SystemExit(f"{server.name}: {lines}")
        speeds = sorted(float(speed) for speed, _, _ in lines)
        return times, speeds[len(speeds) // 2]
    return load


def fill(root):
    """What is served."""
    (root / "1k.html").write_bytes(b"x" * 1024)
    (root / "100k.bin").write_bytes(os.urandom(100 * 1024))
    with open(root / "100m.bin", "wb") as big:
        for _ in range(100):
            big.write(os.urandom(1 << 20))


def main():
    given = options({"rounds": 3, "seconds": 1}, ours=built("netstead-bench-web", "NETSTEAD_BENCH_WEB") + " {port} {root}", rounds=5, seconds=3, only="")
    if not (program("wrk") and program("curl") and program("nginx")):
        return
    with folder() as directory:
        root = directory / "root"
        root.mkdir()
        fill(root)
        peer_port, our_port = free_port(), free_port()
        (directory / "nginx.conf").write_text(NGINX.format(dir=directory, port=peer_port, root=root))
        peer = Server("nginx", [program("nginx"), "-p", directory, "-c", directory / "nginx.conf"], accepts(peer_port), user=65534)
        ours = Server("netstead", shlex.split(given.ours.format(port=our_port, root=root)), accepts(our_port))
        peer.port, ours.port = peer_port, our_port
        cases = [
            ("1 KiB, 64 connections", wrk("/1k.html", 64, given.seconds), {}),
            ("1 KiB, 1 connection", wrk("/1k.html", 1, given.seconds), {}),
            ("100 KiB, 64 connections", wrk("/100k.bin", 64, given.seconds), {}),
            ("100 KiB, 1 connection", wrk("/100k.bin", 1, given.seconds), {}),
            ("1 KiB, a connection each", wrk("/1k.html", 64, given.seconds, ("-H", "Connection: close")), {}),
            ("100 MiB by curl (MB/s)", curl("/100m.bin", 10), {"scale": 1e-6}),
        ]
        with peer, ours:
            rows = []
            for case, load, how in cases:
                if given.only in case:
                    rows += compare(case, alternate([peer, ours], load, given.rounds), "netstead", **how)
        print("\n" + table(COMPARISON, rows))


if __name__ == "__main__":
    main()
