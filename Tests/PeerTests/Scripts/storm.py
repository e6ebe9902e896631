"""Many peers from 250 addresses of loopback. Usage: storm.py rude HOST:PORT... | storm.py patient COUNT HOST:PORT |
storm.py busy COUNT HOST:PORT STATUS,... REQUEST

rude: to each port a thousand connections with garbage, half messages and silence, and garbage datagrams beside them.
patient: COUNT connections to a web server, each asking for a page, and for another when all of them have theirs.
busy: COUNT connections at once, every second one rude; the others ask all together, twice, and each answer has one of the statuses. In the
request `\\r\\n` are a line's end and {n} is a number of the asker's own.
"""
import collections
import random
import resource
import socket
import sys

chance = random.Random(7)
HALVES = [b"", b"GET / HT", b"\x16\x03\x01\x02\x00\x01", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", b"\x00\x20abc"]
ASK = b"GET / HTTP/1.1\r\nHost: www.home.test\r\n\r\n"
PLACES = 250


def connection(number, place):
    host, port = place.rsplit(":", 1)
    peer = socket.socket()
    peer.settimeout(20)
    # The port is chosen when connecting, so that each address has all of them.
    peer.setsockopt(socket.IPPROTO_IP, 24, 1)
    peer.bind((f"127.0.1.{number % PLACES + 1}", 0))
    peer.connect((host, int(port)))
    return peer


def rude(place):
    held = []
    for number in range(1000):
        peer = connection(number, place)
        try:
            peer.sendall(HALVES[number // 2 % len(HALVES)] if number % 2 else chance.randbytes(chance.randrange(1, 2000)))
        except OSError:
            pass  # it was closed in our face, which is an answer
        held.append(peer)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    host, port = place.rsplit(":", 1)
    for _ in range(1000):
        try:
            datagrams.sendto(chance.randbytes(chance.randrange(0, 600)), (host, int(port)))
        except OSError:
            pass  # no such port over UDP
    return held


def answered(peer):
    got = b""
    while b"\r\n\r\n" not in got:
        more = peer.recv(65536)
        assert more, f"closed after {got[:200]}"
        got += more
    head, body = got.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    status = head.split(b" ")[1].decode()
    if fields.get(b"transfer-encoding") == b"chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += peer.recv(65536)
    else:
        length = 0 if status in ("204", "304") else int(fields[b"content-length"])
        while len(body) < length:
            body += peer.recv(65536)
    return status


def busy(count, place, statuses, request):
    def ask(number, peer):
        peer.sendall(request.replace("{n}", str(number)).encode())

    held = []
    for number in range(count):
        peer = connection(number, place)
        peer.settimeout(90)
        held.append(peer)
        if number % 2 == 0:
            ask(number, peer)
        else:
            try:
                peer.sendall(HALVES[number // 2 % len(HALVES)] if number % 4 == 1 else chance.randbytes(chance.randrange(1, 2000)))
            except OSError:
                pass  # it was closed in our face, which is an answer
    seen = collections.Counter()
    for peer in held[::2]:
        seen[answered(peer)] += 1
    for number in range(0, count, 2):
        ask(number, held[number])
    for peer in held[::2]:
        seen[answered(peer)] += 1
    assert set(seen) <= set(statuses.split(",")), seen
    print("held", count, *(f"{status}:{times}" for status, times in sorted(seen.items())), flush=True)


def page(peer):
    peer.sendall(ASK)
    got = b""
    while b"\r\n\r\n" not in got:
        got += peer.recv(65536)
    head, body = got.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += peer.recv(65536)
    return head.startswith(b"HTTP/1.1 200 ")


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if sys.argv[1] == "rude":
    held = [peer for place in sys.argv[2:] for peer in rude(place)]
    print("stormed", len(held), flush=True)
elif sys.argv[1] == "busy":
    busy(min(int(sys.argv[2]), hard - 200), sys.argv[3], sys.argv[4], sys.argv[5].replace("\\r\\n", "\r\n"))
else:
    count = min(int(sys.argv[2]), hard - 200)
    held = []
    for number in range(count):
        held.append(connection(number, sys.argv[3]))
        assert page(held[-1])
    assert all(page(peer) for peer in held)
    print("held", count, flush=True)
