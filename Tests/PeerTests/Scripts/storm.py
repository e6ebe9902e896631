"""Many peers from 250 addresses of loopback. Usage: storm.py rude HOST:PORT... | storm.py patient COUNT HOST:PORT |
storm.py busy COUNT HOST:PORT STATUS,... REQUEST | storm.py names COUNT HOST:PORT ZONE KEY SECRET

rude: to each port a thousand connections with garbage, half messages and silence, and garbage datagrams beside them.
patient: COUNT connections to a web server, each asking for a page, and for another when all of them have theirs.
busy: COUNT connections at once, every second one rude; the others ask all together, twice, and each answer has one of the statuses. In the
request `\\r\\n` are a line's end and {n} is a number of the asker's own, {nnnn} the same in four digits. https:// before HOST asks inside TLS.
names: the same at a name server over TCP: the askers change the zone with the key, then ask for what they were told is in it. Needs dnspython.
"""
import collections
import random
import resource
import socket
import ssl
import struct
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
        peer.sendall(request.replace("{n}", str(number)).replace("{nnnn}", f"{number:04}").encode())

    secure = None
    if place.startswith("https://"):
        secure, place = ssl.create_default_context(), place.removeprefix("https://")
        secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE
    held = []
    for number in range(count):
        peer = connection(number, place)
        peer.settimeout(90)
        if secure and number % 2 == 0:
            peer = secure.wrap_socket(peer)
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


def names(count, place, zone, key, secret):
    """Half of the connections are rude in the words of the DNS."""
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.tsigkeyring
    import dns.update

    keys = dns.tsigkeyring.from_text({key: secret})

    def change(number):
        update = dns.update.Update(zone, keyring=keys)
        update.add(f"n{number}", 60, "A", "192.0.2.1")
        return update

    def send(peer, bytes):
        peer.sendall(struct.pack("!H", len(bytes)) + bytes)

    def take(peer, size):
        got = b""
        while len(got) < size:
            more = peer.recv(size - len(got))
            assert more, "closed without an answer"
            got += more
        return got

    def answer(peer, asked):
        bytes = take(peer, struct.unpack("!H", take(peer, 2))[0])
        return dns.message.from_wire(bytes, keyring=keys, request_mac=asked.mac) if asked.had_tsig else dns.message.from_wire(bytes)

    def rudeness(number):
        whole = change(number)
        wire = bytearray(whole.to_wire())
        kind = number // 2 % 5
        if kind == 0:  # a signature that is wrong by a bit
            wire[-8] ^= 1
            return struct.pack("!H", len(wire)) + wire
        if kind == 1:  # the beginning of an update
            return struct.pack("!H", len(wire)) + wire[: len(wire) // 2]
        if kind == 2:  # the header of one, then anything
            wire[12:] = chance.randbytes(len(wire) - 12)
            return struct.pack("!H", len(wire)) + wire
        if kind == 3:  # a length, and nothing
            return b"\xff\xff"
        return chance.randbytes(chance.randrange(1, 2000))

    held, asked = [], {}
    for number in range(count):
        peer = connection(number, place)
        peer.settimeout(90)
        held.append(peer)
        if number % 2 == 0:
            asked[number] = change(number)
            send(peer, asked[number].to_wire())
        else:
            try:
                peer.sendall(rudeness(number))
            except OSError:
                pass  # it was closed in our face, which is an answer
    codes = {number: answer(held[number], message).rcode() for number, message in asked.items()}
    seen = collections.Counter(dns.rcode.to_text(code) for code in codes.values())
    # With a thousand in line the next one is told to come again.
    assert set(seen) <= {"NOERROR", "SERVFAIL"} and seen["NOERROR"] > 0, seen
    for number, code in codes.items():
        question = dns.message.make_query(f"n{number}.{zone}", "A")
        send(held[number], question.to_wire())
        found = len(answer(held[number], question).answer)
        assert found == (1 if code == 0 else 0), f"n{number} was told {dns.rcode.to_text(code)}, and has {found} sets"
    print("held", count, *(f"{code}:{times}" for code, times in sorted(seen.items())), flush=True)


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
elif sys.argv[1] == "names":
    names(min(int(sys.argv[2]), hard - 200), *sys.argv[3:7])
else:
    count = min(int(sys.argv[2]), hard - 200)
    held = []
    for number in range(count):
        held.append(connection(number, sys.argv[3]))
        assert page(held[-1])
    assert all(page(peer) for peer in held)
    print("held", count, flush=True)
