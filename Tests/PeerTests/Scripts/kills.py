"""A host with a caching reverse proxy and a writable folder under load, killed at any moment and started again.
Usage: kills.py PROGRAM FOLDER ROUNDS

Every content consists of one line again and again, and the line says which version it is, so that what is torn or mixed shows. Versions
change with the clock or by a POST, so that what is too old shows. Not here: one upload, one kill (ShopPeerTests).
"""
import collections
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROGRAM, FOLDER, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(11)
PERIOD, MAX_AGE = 1.5, 2
# A busy machine may let a request wait this long between its answer and our clock.
SLACK = 2.0
SIZES = [1_000, 60_000, 600_000]
posted = collections.Counter()
seen, wrong = collections.Counter(), []
done = threading.Event()


def content(name, version, size):
    line = f"{name} is at version {version};".encode().ljust(99) + b"\n"
    return line * (size // 100)


def versions(body):
    """The version in a content, if it is one content and whole in itself."""
    line = body[:100]
    if len(body) % 100 or not body or body != line * (len(body) // 100):
        return None
    return int(line.split(b"version ")[1].split(b";")[0])


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind, number = self.path.split("/")[1:3]
        version = {"timed": int(time.time() / PERIOD), "posted": posted[self.path]}.get(kind, 0)
        tag = f'"{version}"'
        self.send_response(304 if self.headers["If-None-Match"] == tag else 200)
        self.send_header("ETag", tag)
        self.send_header("Cache-Control", f"max-age={MAX_AGE if kind == 'timed' else 3600}")
        if self.headers["If-None-Match"] == tag:
            return self.end_headers()
        body = content(self.path, version, SIZES[int(number) % 3])
        chunked = int(number) % 2
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))))
        self.end_headers()
        for start in range(0, len(body), 100_000):
            piece = body[start:start + 100_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            time.sleep(0.01)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        posted[self.path] += 1
        self.send_response(200)
        self.send_header("X-Version", str(posted[self.path]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # whoever asked was killed


def ask(method, path, body=None, name="app.home.test"):
    """One answer on a connection of its own; None when the host was not there, or not to the end."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        try:
            # A shared cache keeps nothing that was asked for with a password.
            connection.request(method, path, body, {"Host": name} | ({"Authorization": "Basic YWxpY2U6cnVieQ=="} if method == "PUT" else {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        seen["cut"] += 1
        time.sleep(0.05)
        return None


def get(path, oldest=None):
    """Gets a content and judges it. `oldest`: versions below that are too old; None: what the clock allowed at the beginning."""
    if path.startswith("/timed"):
        oldest = int((time.time() - MAX_AGE - SLACK) / PERIOD)
    answer = ask("GET", path)
    if not answer:
        return False
    status, headers, body = answer
    how = headers["Cache-Status"] or ""
    # The origin is always there: it may only be that the host is just being killed.
    if status != 200:
        wrong.append(f"{path}: {status} {how}")
        return False
    number = int(path.split("/")[2])
    version = versions(body) if len(body) == SIZES[number % 3] // 100 * 100 and body.startswith(path.encode() + b" ") else None
    if version is None:
        wrong.append(f"{path}: torn, {len(body)} bytes {how}")
    elif version < oldest:
        wrong.append(f"{path}: version {version}, and {oldest} is the oldest allowed {how}")
    seen["hit" if "; hit" in how else "confirmed" if "fwd-status=304" in how else "fetched"] += 1
    return "; hit" in how


def read(number):
    while not done.is_set():
        get(f"/timed/{(number + chance.randrange(6)) % 9}")


def post():
    number = 0
    while not done.is_set():
        path = f"/posted/{number % 6}"
        number += 1
        oldest = 0
        for _ in range(4):
            get(path, oldest)
            get(path, oldest)
            answer = ask("POST", path, b"a=b")
            if answer and answer[0] == 200:
                oldest = int(answer[1]["X-Version"])
                seen["posted"] += 1


def put():
    """Puts a file again and again; what stands in the folder is always whole, and at least as new as what was acknowledged."""
    version, acknowledged = 0, 0
    while not done.is_set():
        version += 1
        answer = ask("PUT", "/drop/file", content("file", version, 400_000), "home.test")
        if answer and answer[0] in (201, 204):
            acknowledged = version
            seen["put"] += 1
        if acknowledged:
            with open(f"{FOLDER}/public/drop/file", "rb") as file:
                found = versions(file.read())
            if found is None or found < acknowledged:
                wrong.append(f"the file is {found}, acknowledged was {acknowledged}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start():
    """The host, once it answers."""
    host = subprocess.Popen([PROGRAM, "up", "--settings", f"{FOLDER}/host.yaml", "--data", f"{FOLDER}/data"], stderr=subprocess.DEVNULL)
    for _ in range(2000):
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
            return host
        except OSError:
            time.sleep(0.01)
    sys.exit("the host did not start")


origin = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=origin.serve_forever, daemon=True).start()
PORT = free_port()
os.makedirs(f"{FOLDER}/public/drop")
with open(f"{FOLDER}/host.yaml", "w") as file:
    file.write(f"""
ports: {{dns: 0, http: {PORT}, https: 0, console: 0}}
web:
  root: public
  users: {{alice: '$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'}}
  write: [/drop]
  reverse-proxy:
    - {{names: [app.home.test], upstream: "http://127.0.0.1:{origin.server_port}", cache: {{}}}}
""")
host = start()
for number in range(3):
    get(f"/kept/{number}", 0)
load = [threading.Thread(target=read, args=(number,)) for number in range(6)] + [threading.Thread(target=post), threading.Thread(target=put)]
for thread in load:
    thread.start()
try:
    for number in range(ROUNDS):
        time.sleep(chance.uniform(0.05, 1.5))
        host.send_signal(signal.SIGKILL)
        host.wait()
        # Every third time so long that all of the timed ones are too old when the host is back.
        time.sleep(MAX_AGE + PERIOD + SLACK if number % 3 == 2 else chance.uniform(0, 0.3))
        host = start()
        for kept in range(3):
            if not get(f"/kept/{kept}", 0):
                wrong.append(f"/kept/{kept} was whole before, and is gone")
    time.sleep(1)
finally:
    done.set()
    for thread in load:
        thread.join()
    host.send_signal(signal.SIGKILL)
    host.wait()
host = start()
host.kill()
host.wait()
left = [name for name in os.listdir(f"{FOLDER}/public") + os.listdir(f"{FOLDER}/data/cache-app.home.test") if "unfinished" in name or "half" in name]
if left:
    wrong.append(f"left unfinished: {left}")
print(*wrong, sep="\n")
print("survived", *(f"{word}:{count}" for word, count in sorted(seen.items())))
