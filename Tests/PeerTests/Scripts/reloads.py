"""A hundred reloads of `netstead up` while everybody is at work. Usage: reloads.py NETSTEAD FOLDER [COUNT]

Every tenth settings file has a mistake: it is told with its place, and nothing changes. Every other one is seen by whoever asks next. Connections
over HTTP (kept alive, in the clear and inside TLS, through the proxy, one long download), SMTP, IMAP, FTP and questions over UDP go on all the time,
and none of them is dropped. At the end: how many descriptors and how much memory it has, after twenty reloads and after all.
"""
import ftplib
import hashlib
import http.client
import http.server
import imaplib
import os
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time

import dns.message
import dns.query
import dns.rcode

program, folder = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 100
settings, data = f"{folder}/netstead.yaml", f"{folder}/data"
HASH = "$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88"
secure = ssl.create_default_context()
secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE
over, failures, work, progress = threading.Event(), [], {}, {}

os.makedirs(f"{folder}/public", exist_ok=True)
os.makedirs(f"{folder}/files", exist_ok=True)
open(f"{folder}/public/index.html", "w").write("<h1>home</h1>\n")
big = os.urandom(1 << 16) * 512
for place in ("public", "files"):
    open(f"{folder}/{place}/big", "wb").write(big)


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"behind")

    def log_message(self, *_):
        pass


upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
threading.Thread(target=upstream.serve_forever, daemon=True).start()


def settle(number, mistake=""):
    """Settings number `number`. They differ in a record, a redirect, a site, users of mail and files."""
    text = f"""domain: home.test
data: {data}
ports: {{dns: 0, http: 0, https: 0, console: 0, smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: 0, imaps: 0, ftp: 0}}
trace: {{memory: 1MiB}}
web:
  root: public
  redirects: {{/old: /v{number}}}
  reverse-proxy:
    - {{names: [app.home.test], upstream: 'http://127.0.0.1:{upstream.server_port}'}}
    - {{names: [app{number}.home.test], upstream: 'http://127.0.0.1:{upstream.server_port}', cache: {{disk: 0}}}}
mail:
  care: {["careless", "marking", "sorting"][number % 3]}
  users: {{ada: '{HASH}', user{number}: '{HASH}'}}
  aliases: {{info: [ada]}}
ftp:
  root: files
  users: {{ada: '{HASH}', user{number}: '{HASH}'}}
dns:
  records: |
    version TXT "{number}"
{mistake}"""
    with open(settings + ".new", "w") as file:
        file.write(text)
    os.rename(settings + ".new", settings)


MISTAKES = [
    ("webb: {}\n", r"netstead\.yaml:\d+:1: .*did you mean `web`"),
    ("  zoness: []\n", r"netstead\.yaml:\d+:3: .*did you mean `zones`"),
    ("loops: many\n", r"netstead\.yaml:\d+:8: "),
    ("    x A 1.2.3\n", r"netstead\.yaml:\d+:\d+: "),
    ("listen: [127.0.0.1\n", r"netstead\.yaml:\d+:\d+: "),
]

settle(0)
host = subprocess.Popen([program, "up", "--settings", settings], stderr=subprocess.PIPE, text=True, cwd=folder)
ports = {}
for line in host.stderr:
    if found := re.match(r"  (\S+) at .*:(\d+)$", line):
        ports[found[1]] = int(found[2])
    if "stop by" in line:
        break
said = []
threading.Thread(target=lambda: said.extend(host.stderr), daemon=True).start()
assert "FTP" in ports, ports


def worker(turn, pause=0.01):
    """Runs `turn` to its end, which comes when everything is over; whatever it raises is a failure."""
    name = turn.__name__ + str(len(work))
    progress[name] = 0

    def run():
        try:
            for _ in turn():
                progress[name] += 1
                time.sleep(pause)
        except Exception as error:
            failures.append(f"{name} after {progress[name]}: {error!r}")

    work[name] = threading.Thread(target=run)
    work[name].start()


def pages(connection, host_name, path, wanted):
    connection.connect()
    peer = connection.sock
    while not over.is_set():
        connection.request("GET", path, headers={"Host": host_name})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == wanted[0] and wanted[1] in body, (answer.status, body[:200])
        assert connection.sock is peer, "the connection was closed"
        yield


def clear():
    return pages(http.client.HTTPConnection("127.0.0.1", ports["HTTP"], timeout=20), "www.home.test", "/", (200, b"home"))


def moved():
    return pages(http.client.HTTPConnection("127.0.0.1", ports["HTTP"], timeout=20), "www.home.test", "/old", (301, b"/v"))


def inside():
    return pages(http.client.HTTPSConnection("127.0.0.1", ports["HTTPS"], timeout=20, context=secure), "www.home.test", "/", (200, b"home"))


def proxied():
    return pages(http.client.HTTPConnection("127.0.0.1", ports["HTTP"], timeout=20), "app.home.test", "/", (200, b"behind"))


def names():
    while not over.is_set():
        answer = dns.query.udp(dns.message.make_query("version.home.test", "TXT"), "127.0.0.1", port=ports["DNS"], timeout=5)
        assert answer.rcode() == dns.rcode.NOERROR and answer.answer, answer
        yield


def calls():
    """A fresh connection each time."""
    while not over.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", ports["HTTP"], timeout=20)
        connection.request("GET", "/", headers={"Host": "home.test"})
        assert connection.getresponse().read() == b"<h1>home</h1>\n"
        connection.close()
        yield


def sends():
    peer = smtplib.SMTP("127.0.0.1", ports["SMTP"], timeout=20)
    peer.ehlo("away.test")
    assert peer.mail("carol@away.test")[0] == 250
    assert peer.rcpt("info@home.test")[0] == 250
    while not over.is_set():
        reply = peer.noop()
        assert reply[0] == 250, reply
        yield
    reply = peer.data("From: carol@away.test\r\nSubject: all the time\r\n\r\nHello\r\n")
    assert reply[0] == 250, reply
    peer.quit()


def reads():
    peer = imaplib.IMAP4("127.0.0.1", ports["IMAP"], timeout=20)
    peer.starttls(secure)
    peer.login("ada", "ruby")
    assert peer.select()[0] == "OK"
    while not over.is_set():
        assert peer.noop()[0] == "OK"
        yield


def download():
    """As slowly as it takes to last until the end."""
    peer = socket.create_connection(("127.0.0.1", ports["HTTP"]), timeout=20)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    peer.sendall(b"GET /big HTTP/1.1\r\nHost: home.test\r\nConnection: close\r\n\r\n")
    got = b""
    while not over.is_set():
        got += peer.recv(8192)
        yield
    while more := peer.recv(1 << 16):
        got += more
    assert got.endswith(big) and b" 200 " in got[:20], (len(got), got[:100])


def transfer():
    peer = ftplib.FTP()
    peer.connect("127.0.0.1", ports["FTP"], timeout=20)
    peer.login("ada", "ruby")
    peer.voidcmd("TYPE I")
    digest, size = hashlib.sha256(), 0
    with peer.transfercmd("RETR big") as line:
        while more := line.recv(1 << 16 if over.is_set() else 8192):
            digest.update(more)
            size += len(more)
            if not over.is_set():
                yield
    assert digest.digest() == hashlib.sha256(big).digest(), size
    assert peer.voidresp().startswith("226")
    peer.quit()


def seen(number):
    """Whether what is new is what is answered."""
    text = dns.query.udp(dns.message.make_query("version.home.test", "TXT"), "127.0.0.1", port=ports["DNS"], timeout=5).answer[0][0].to_text()
    connection = http.client.HTTPConnection("127.0.0.1", ports["HTTP"], timeout=20)
    connection.request("GET", "/old", headers={"Host": "home.test"})
    place = connection.getresponse().getheader("Location")
    connection.close()
    connection = http.client.HTTPSConnection("127.0.0.1", ports["HTTPS"], timeout=20, context=secure)
    connection.request("GET", "/", headers={"Host": f"app{number}.home.test"})
    behind = connection.getresponse().read()
    connection.close()
    peer = ftplib.FTP()
    peer.connect("127.0.0.1", ports["FTP"], timeout=20)
    peer.login(f"user{number}", "ruby")
    peer.quit()
    assert (text, place, behind) == (f'"{number}"', f"/v{number}", b"behind"), (number, text, place, behind)


def figures():
    memory = int(open(f"/proc/{host.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
    return len(os.listdir(f"/proc/{host.pid}/fd")), memory


for turn in (clear, clear, moved, inside, proxied, names, calls):
    worker(turn)
for turn in (reads, download, transfer):
    worker(turn, 0.05)
# Whoever says nothing else a hundred times is taken for a nuisance.
worker(sends, 3)

try:
    number, early = 0, None
    for turn in range(1, count + 1):
        if turn % 10 == 0:
            mistake, wanted = MISTAKES[turn // 10 % len(MISTAKES)]
            settle(turn, mistake)
            outcome = subprocess.run([program, "reload", "--data", data], capture_output=True, text=True, timeout=60)
            assert outcome.returncode == 2 and re.search(wanted, outcome.stderr), (mistake, outcome)
        else:
            number = turn
            settle(number)
            if turn % 10 != 5:
                # Faster than a program of its own; its end is not told, so it is waited for.
                host.send_signal(1)
                for _ in range(200):
                    time.sleep(0.05)
                    try:
                        seen(number)
                        break
                    except (AssertionError, ftplib.error_perm):
                        pass
            else:
                outcome = subprocess.run([program, "reload", "--data", data], capture_output=True, text=True, timeout=60)
                assert outcome.returncode == 0 and "taken over" in outcome.stderr, outcome
        seen(number)
        assert not failures, list(failures)
        if turn == count // 5:
            early = figures()
    # What needs a restart is said, and not done.
    settle(number, "loops: 3\ntracker: {open: yes}\n")
    outcome = subprocess.run([program, "reload", "--data", data], capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0 and "after a restart: loops, tracker" in outcome.stderr, outcome
    late = figures()
    over.set()
    for thread in work.values():
        thread.join(60)
    assert not failures, list(failures)
    assert all(progress.values()), progress
    box = imaplib.IMAP4("127.0.0.1", ports["IMAP"], timeout=20)
    box.starttls(secure)
    box.login(f"user{number}", "ruby")
    print(f"reloads {count}; requests {sum(progress.values())}; descriptors {early[0]} then {late[0]}; MiB {early[1] >> 20} then {late[1] >> 20}")
    assert late[0] <= early[0] + 10, "descriptors are lost"
    assert late[1] <= early[1] + (24 << 20), "memory is lost"
finally:
    over.set()
    host.terminate()
    host.wait(20)
    print("".join(line for line in said if line.startswith("!"))[-2000:], file=sys.stderr)
assert host.returncode == 0, host.returncode
