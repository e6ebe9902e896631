"""Many peers from 250 addresses of loopback. Usage: storm.py rude HOST:PORT... | storm.py patient COUNT HOST:PORT

rude: to each port a thousand connections with garbage, half messages and silence, and garbage datagrams beside them.
patient: COUNT connections to a web server, each asking for a page, and for another when all of them have theirs.
"""
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
else:
    count = min(int(sys.argv[2]), hard - 200)
    held = []
    for number in range(count):
        held.append(connection(number, sys.argv[3]))
        assert page(held[-1])
    assert all(page(peer) for peer in held)
    print("held", count, flush=True)
