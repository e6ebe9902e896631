"""A thousand connections to each port given, with garbage, half messages and silence; garbage datagrams beside them. Usage: storm.py HOST:PORT..."""
import random
import socket
import sys

chance = random.Random(7)
HALVES = [b"", b"GET / HT", b"\x16\x03\x01\x02\x00\x01", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", b"\x00\x20abc"]


def storm(host, port):
    held = []
    for number in range(1000):
        connection = socket.socket()
        connection.settimeout(10)
        connection.connect((host, port))
        said = HALVES[number % len(HALVES)] if number % 2 else chance.randbytes(chance.randrange(1, 2000))
        try:
            connection.sendall(said)
        except OSError:
            pass  # it was closed in our face, which is an answer
        held.append(connection)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(1000):
        try:
            datagrams.sendto(chance.randbytes(chance.randrange(0, 600)), (host, port))
        except OSError:
            pass  # no such port over UDP
    return held


held = []
for place in sys.argv[1:]:
    host, port = place.rsplit(":", 1)
    held += storm(host, int(port))
print("stormed", len(held), flush=True)
