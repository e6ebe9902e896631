#!/usr/bin/env python3
"""Forms by POST: our web server beside nginx, one core each, in one alternating run.

What is here: forms of 60 bytes and of 10 KiB, read, taken apart and answered with one of their fields. nginx does that in njs; beside it
stands an nginx that throws every form away unread and answers `200`, which is the least that a server can do about one.
Usage: bench_form.py [--ours "COMMAND with {port}"] [--rounds 5] [--seconds 3] [--quick] [--only WORD]
Needs wrk, nginx and its njs (Debian's libnginx-mod-http-js). Read next: harness.py, bench_http.py (the loads).
"""
import contextlib
import os
import shlex
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench_http import wrk
from bench_proxy import COMMON, nginx
from harness import COMPARISON, Server, accepts, alternate, built, compare, folder, free_port, options, program, table

MODULE = "/usr/lib/nginx/modules/ngx_http_js_module.so"

TAKING = "load_module " + MODULE + ";" + COMMON + """
  client_body_buffer_size 64k;
  js_path {dir}; js_import form.js;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ js_content form.answer; }} }}
}}
"""

LEAVING = COMMON + """
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 jade; }} }}
}}
"""

SCRIPT = """
import qs from 'querystring';
function answer(r) { r.return(200, qs.parse(r.requestText).article); }
export default {answer};
"""

FORMS = {"60 bytes": "article=jade&pieces=2&note=wrapped+as+a+present%2C+please", "10 KiB": "article=jade&pieces=2&note=" + "a+long+note%2C+" * 640}


def main():
    given = options({"rounds": 2, "seconds": 1}, ours=built("netstead-bench-web", "NETSTEAD_BENCH_WEB") + " {port} form", rounds=5, seconds=3, only="")
    if not (program("wrk") and program("nginx")):
        return
    rows = []
    with folder() as directory, contextlib.ExitStack() as running:
        (directory / "form.js").write_text(SCRIPT)
        port = free_port()
        ours = Server("netstead", shlex.split(given.ours.format(port=port)), accepts(port))
        ours.port = port
        servers = [nginx("nginx-discard", LEAVING, directory, free_port()), ours]
        if os.path.exists(MODULE):
            servers.insert(0, nginx("nginx-njs", TAKING, directory, free_port()))
        else:
            print("(skipped: libnginx-mod-http-js is not installed)")
        for server in servers:
            running.enter_context(server)
        for size, form in FORMS.items():
            load = directory / "load.lua"
            load.write_text(f'wrk.method = "POST"\nwrk.body = "{form}"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n')
            for server in servers:
                with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", data=form.encode(), timeout=10) as answer:
                    if answer.read().strip() != b"jade":
                        raise SystemExit(f"{server.name}: the form was not understood")
            for connections in (64, 1):
                case = f"form of {size}, {connections} connection{'s' if connections > 1 else ''}"
                if given.only in case:
                    rows += compare(case, alternate(servers, wrk("/", connections, given.seconds, ("-s", str(load))), given.rounds), "netstead")
    print("\n" + table(COMPARISON, rows))


if __name__ == "__main__":
    main()
