"""Storms at the listeners of swarms, from 250 addresses of loopback; somebody honest is served meanwhile or afterwards.
Usage: swarm_storm.py PID tcp COUNT PORT TORRENT | PID utp COUNT PORT TORRENT | PID tracker COUNT PORT | PID dht COUNT PORT | PID blocks COUNT PORT FILE

PID is the process under test: its memory and open files are looked at. COUNT: connections, or datagrams of each kind of flood. TORRENT is the torrent
file of what is seeded. FILE: blocks of the GNU Name System, each a line `target block` in hexadecimal; the last one is the honest one.
Prints a line of figures for each storm, and `good` when all of it held.
"""
import hashlib
import os
import random
import resource
import select
import socket
import struct
import sys
import threading
import time

chance = random.Random(7)
process, kind, count, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
PLACES = 250
files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
place = ("127.0.0.1", port)


def opened():
    return len(os.listdir(f"/proc/{process}/fd"))


def memory():
    return int(open(f"/proc/{process}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20


def tell(name, began, *more):
    print(f"{name}: {', '.join(more)}, {memory()} MiB, {time.time() - began:.1f} s", flush=True)


def datagrams(number):
    """A UDP socket at one of the addresses."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((f"127.0.1.{number % PLACES + 1}", 0))
    one.setblocking(False)
    return one


def send(one, bytes):
    """Whether the socket took it."""
    try:
        one.sendto(bytes, place)
        return True
    except OSError:
        return False


def ask(bytes, tries=60, wait=0.5, source="127.0.2.1", isAnswer=lambda answer: True):
    """The answer to a datagram from an honest address, asked again and again; nil: there was none."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((source, 0))
    one.settimeout(wait)
    for _ in range(tries):
        try:
            one.sendto(bytes, place)
            answer = one.recv(65536)
            if isAnswer(answer):
                return answer
        except OSError:
            pass
    return None


# MARK: Torrents


def torrent(path):
    """Info hash, piece hashes, piece length and length of a torrent of one file."""
    bytes = open(path, "rb").read()

    def value(at):
        lead = bytes[at : at + 1]
        if lead == b"i":
            end = bytes.index(b"e", at)
            return int(bytes[at + 1 : end]), end + 1
        if lead in b"ld":
            items, at = [], at + 1
            while bytes[at : at + 1] != b"e":
                begin = at
                item, at = value(at)
                items.append((item, begin, at))
            if lead == b"l":
                return [item for item, _, _ in items], at + 1
            keys = items[::2]
            for (key, _, _), (_, begin, end) in zip(keys, items[1::2]):
                if key == b"info":
                    spans["info"] = (begin, end)
            return {key: item for (key, _, _), (item, _, _) in zip(keys, items[1::2])}, at + 1
        colon = bytes.index(b":", at)
        length = int(bytes[at:colon])
        return bytes[colon + 1 : colon + 1 + length], colon + 1 + length

    spans = {}
    info = value(0)[0][b"info"]
    hashes = info[b"pieces"]
    return hashlib.sha1(bytes[slice(*spans["info"])]).digest(), [hashes[n : n + 20] for n in range(0, len(hashes), 20)], info[b"piece length"], info[b"length"]


def greeting(hash, name=None):
    return b"\x13BitTorrent protocol" + b"\0\0\0\0\0\x10\0\x04" + hash + (name or b"-XX0001-" + chance.randbytes(12))


def message(kind, content=b""):
    return struct.pack("!IB", 1 + len(content), kind) + content


class Line:
    """An honest peer's connection over TCP, read message by message."""

    def __init__(self, hash):
        self.held = b""
        self.socket = socket.socket()
        self.socket.settimeout(10)
        self.socket.bind((f"127.0.2.{chance.randrange(1, 250)}", 0))
        self.socket.connect(place)
        self.socket.sendall(greeting(hash))
        assert self.take(68)[28:48] == hash

    def take(self, length):
        while len(self.held) < length:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.held += more
        taken, self.held = self.held[:length], self.held[length:]
        return taken

    def next(self):
        length = struct.unpack("!I", self.take(4))[0]
        return self.take(length) if length else b""


def fetch(hash, hashes, length, total):
    """Gets every piece from the seed and compares it; how long that took, and after how many calls it was served."""
    began, calls = time.time(), 0
    while time.time() - began < 120:
        calls += 1
        try:
            line = Line(hash)
            line.socket.sendall(message(2))
            while line.next()[:1] != b"\x01":
                pass
            for piece, wanted in enumerate(hashes):
                size = min(length, total - piece * length)
                offsets = range(0, size, 16384)
                for offset in offsets:
                    line.socket.sendall(message(6, struct.pack("!III", piece, offset, min(16384, size - offset))))
                parts = {}
                while len(parts) < len(offsets):
                    said = line.next()
                    assert said[:1] not in (b"\x00", b"\x10"), "choked or rejected while it is served"
                    if said[:1] == b"\x07":
                        parts[struct.unpack("!I", said[5:9])[0]] = said[9:]
                assert hashlib.sha1(b"".join(parts[offset] for offset in offsets)).digest() == wanted
            line.socket.close()
            return f"honest in {time.time() - began:.1f} s, {calls} calls"
        except OSError:
            time.sleep(0.5)
    raise AssertionError("nobody honest was served for two minutes")


def tcp():
    hash, hashes, length, total = torrent(sys.argv[5])
    number_of_pieces = len(hashes)
    block = struct.pack("!III", 0, 0, 16384)
    rude = [
        lambda: chance.randbytes(chance.randrange(1, 3000)),
        lambda: b"",
        lambda: greeting(hash)[: chance.randrange(1, 68)],
        lambda: greeting(chance.randbytes(20)),
        # Pieces that are nowhere; a field of bits of the wrong length; a message longer than any.
        lambda: greeting(hash) + message(4, struct.pack("!I", number_of_pieces)),
        lambda: greeting(hash) + message(5, b"\xff" * 77),
        lambda: greeting(hash) + struct.pack("!IB", 0xFFFFFFF0, 7) + b"x" * 500,
        # Requests without being served; blocks that nobody asked for; half a block.
        lambda: greeting(hash) + message(2) + message(6, block) * 200,
        lambda: greeting(hash) + message(7, struct.pack("!II", 0, 0) + b"x" * 16384),
        lambda: greeting(hash) + struct.pack("!IB", 16393, 7) + struct.pack("!II", 0, 0) + b"x" * 900,
        # Wants and never reads; says all it has again and again; a description nobody can have.
        lambda: greeting(hash) + message(2) + message(6, block) * 40,
        lambda: greeting(hash) + message(15) + message(4, struct.pack("!I", 0)) * 300,
        lambda: greeting(hash) + message(20, b"\0d" + b"1:md" * 400),
        lambda: greeting(hash) + message(20, b"\0d13:metadata_sizei31457280ee"),
        # There, and nothing more.
        lambda: greeting(hash),
        lambda: greeting(hash),
    ]
    began, before = time.time(), opened()
    first = fetch(hash, hashes, length, total)
    held, slow, answer = [], [], {}
    worker = threading.Thread(target=lambda: answer.update(text=fetch(hash, hashes, length, total)), daemon=True)
    for number in range(min(count, files - 300)):
        peer = socket.socket()
        # The port is chosen when connecting, so that each address has all of them.
        peer.setsockopt(socket.IPPROTO_IP, 24, 1)
        peer.bind((f"127.0.1.{number % PLACES + 1}", 0))
        peer.settimeout(20)
        try:
            peer.connect(place)
            if number % 20 == 19:
                slow.append(peer)
            else:
                peer.sendall(rude[number % 20 % len(rude)]())
        except OSError:
            pass  # closed in our face, which is an answer
        held.append(peer)
        if number == count // 2:
            worker.start()
    # A byte a second, for half a minute.
    said = greeting(hash) + message(2) + b"\0\0\x40\x09\x07"
    for byte in range(30):
        for peer in slow:
            try:
                peer.sendall(said[byte : byte + 1])
            except OSError:
                pass
        time.sleep(1)
    worker.join(120)
    assert "text" in answer, "nobody honest was served"
    most, files_held = memory(), opened()
    assert files_held < 1500, f"{files_held} files are open"
    for peer in held:
        peer.close()
    for _ in range(300):
        if opened() <= before + 20:
            break
        time.sleep(0.1)
    else:
        raise AssertionError(f"{opened()} files are open, {before} were before")
    tell("tcp", began, f"{len(held)} held", f"before: {first}", f"meanwhile: {answer['text']}", f"afterwards: {fetch(hash, hashes, length, total)}", f"most {most} MiB")


# MARK: uTP


def packet(kind, number, sequence, acknowledged=0, payload=b""):
    now = int(time.time() * 1e6) & 0xFFFFFFFF
    return struct.pack("!BBHIIIHH", kind << 4 | 1, 0, number & 0xFFFF, now, 0, 1 << 20, sequence & 0xFFFF, acknowledged & 0xFFFF) + payload


def shake(hash, source="127.0.2.1", tries=20):
    """A handshake over uTP from an honest address; how many calls it took."""
    for call in range(1, tries + 1):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((source, 0))
        one.settimeout(1)
        number = chance.randrange(65536)
        try:
            one.sendto(packet(4, number, 1), place)
            answer = one.recv(2048)
            theirs = struct.unpack("!H", answer[16:18])[0]
            assert answer[0] >> 4 == 2 and answer[18:20] == b"\0\1", answer
            one.sendto(packet(0, number + 1, 2, theirs - 1, greeting(hash)), place)
            got, heard = b"", theirs - 1
            while len(got) < 68:
                answer = one.recv(2048)
                if answer[0] >> 4 == 0 and struct.unpack("!H", answer[16:18])[0] == heard + 1 & 0xFFFF:
                    heard += 1
                    got += answer[20:]
                    one.sendto(packet(2, number + 1, 2, heard), place)
            assert got[28:48] == hash
            one.sendto(packet(3, number + 1, 3, heard), place)
            return call
        except OSError:
            continue
        finally:
            one.close()
    raise AssertionError(f"no handshake over uTP in {tries} calls")


def utp():
    hash = torrent(sys.argv[5])[0]
    shake(hash)
    stop = threading.Event()

    def storm(name, make, honest_while=True):
        """`count` datagrams of a kind from all addresses, somebody honest in between."""
        began, sent, calls = time.time(), 0, 0
        sockets = [datagrams(number) for number in range(PLACES)]
        for number in range(count):
            sent += send(sockets[number % PLACES], make(number))
            if honest_while and number % (count // 5) == count // 10:
                calls = max(calls, shake(hash))
        after = shake(hash)
        for one in sockets:
            one.close()
        tell(f"utp {name}", began, f"{sent} sent", f"honest after {calls} calls, afterwards {after}")

    # Callers that are nowhere: nobody reads what they are answered.
    storm("spoofed SYNs", lambda n: packet(4, n // PLACES * 7, 1))
    storm("garbage", lambda n: chance.randbytes(chance.randrange(0, 1400)))
    storm("headers of nothing", lambda n: packet(chance.choice([0, 1, 2, 3]), n, n, n, b"x" * 100))
    storm("extensions without end", lambda n: packet(0, n, n)[:1] + b"\x01" + packet(0, n, n)[2:] + b"\x01\x04\0\0\0\0" * 60)
    # Callers that are there, and send what cannot be used: everything but the first packet, as far ahead as may be.
    began = time.time()
    sockets, there = [datagrams(number) for number in range(PLACES)], 0
    for wave in range(4):
        for one in sockets:
            send(one, packet(4, wave * 10, 1))
        time.sleep(0.2)
        for one in sockets:
            try:
                while True:
                    answer = one.recv(2048)
                    if answer[0] >> 4 != 2 or struct.unpack("!H", answer[2:4])[0] != wave * 10:
                        continue
                    there += 1
                    theirs = struct.unpack("!H", answer[16:18])[0]
                    for ahead in range(3, 3 + count // 200):
                        send(one, packet(0, wave * 10 + 1, ahead, theirs - 1, b"x" * 1400))
            except OSError:
                pass
    most = memory()
    calls = shake(hash)
    assert there > 200, there
    tell("utp out of order", began, f"{there} callers", f"most {most} MiB", f"honest after {calls} calls")


# MARK: Trackers


def announce(connection, hash, peer_port=6881, left=1, wanted=50, event=0):
    return struct.pack("!QII20s20sQQQIIIiH", connection, 1, 9, hash, b"-XX0001-" + b"0" * 12, 0, left, 0, event, 0, 7, wanted, peer_port)


def connect(source="127.0.2.1"):
    answer = ask(struct.pack("!QII", 0x41727101980, 0, 5), source=source, isAnswer=lambda a: len(a) == 16 and a[:8] == struct.pack("!II", 0, 5))
    assert answer, "the tracker answers nobody"
    return struct.unpack("!Q", answer[8:16])[0]


def members(hash, source, peer_port):
    """Announces honestly; the peers that are told."""
    answer = ask(announce(connect(source), hash, peer_port), source=source, isAnswer=lambda a: a[:8] == struct.pack("!II", 1, 9))
    assert answer, "an honest announcement is not answered"
    return [(socket.inet_ntoa(answer[n : n + 4]), struct.unpack("!H", answer[n + 4 : n + 6])[0]) for n in range(20, len(answer), 6)]


def tracker():
    known = hashlib.sha1(b"known").digest()
    members(known, "127.0.2.1", 7001)

    def storm(name, make):
        began, sockets, sent = time.time(), [datagrams(number) for number in range(PLACES)], 0
        for number in range(count):
            one = sockets[number % PLACES]
            sent += send(one, make(number, number % PLACES))
            if number % 64 == 63:
                # Without this the kernel would drop most of it, and the flood would be none.
                try:
                    one.recv(2048)
                except OSError:
                    time.sleep(0.0005)
        # Two honest peers of a torrent that is new, and one of the known one.
        fresh = hashlib.sha1(name.encode()).digest()
        members(fresh, "127.0.2.2", 7002)
        assert members(fresh, "127.0.2.3", 7003) == [("127.0.2.2", 7002)], "a new torrent is not kept"
        assert ("127.0.2.1", 7001) in members(known, "127.0.2.3", 7003), "the known torrent was forgotten"
        for one in sockets:
            one.close()
        tell(f"tracker {name}", began, f"{sent} sent")

    ids = [connect(f"127.0.1.{number + 1}") for number in range(PLACES)]
    storm("connects", lambda n, at: struct.pack("!QII", 0x41727101980, 0, n))
    storm("wrong connection ids", lambda n, at: announce(n, chance.randbytes(20)))
    storm("garbage", lambda n, at: chance.randbytes(chance.randrange(0, 1200)))
    storm("torrents of nobody", lambda n, at: announce(ids[at], chance.randbytes(20), 1 + n % 60000))
    storm("peers of one torrent", lambda n, at: announce(ids[at], hashlib.sha1(b"crowded").digest(), 1 + n // PLACES % 65000))
    many = chance.randbytes(20 * 90)
    storm("scrapes of 90 torrents", lambda n, at: struct.pack("!QII", ids[at], 2, n) + many)
    # Over HTTP: the longest queries there may be, and longer ones.
    began = time.time()
    for query, wanted in [("&".join("info_hash=" + "%aa" * 20 for _ in range(70)), b"d5:files"), ("info_hash=%" * 3000, b"14:failure reason"), ("a=b&" * 200, None)]:
        for path in ("/scrape", "/announce"):
            for number in range(100):
                peer = socket.create_connection(place, 20, (f"127.0.1.{number + 1}", 0))
                try:
                    peer.sendall(f"GET {path}?{query} HTTP/1.1\r\nHost: tracker.test\r\nConnection: close\r\n\r\n".encode())
                    answer = b""
                    while more := peer.recv(65536):
                        answer += more
                except ConnectionError:
                    pass  # too long to be read to its end
                assert answer.startswith(b"HTTP/1.1 "), answer[:100]
                if path == "/scrape" and wanted and answer.startswith(b"HTTP/1.1 200"):
                    assert wanted in answer, answer[:300]
                peer.close()
    tell("tracker over HTTP", began, "600 asked")


# MARK: The hash table


def query(method, more, name, transaction=b"aa"):
    text = lambda bytes: b"%d:%s" % (len(bytes), bytes)
    # The keys of the arguments in their order: id, implied_port, info_hash, port, target, token.
    arguments = {b"id": text(name), **more}
    inner = b"".join(text(key) + arguments[key] for key in sorted(arguments))
    return b"d1:ad" + inner + b"e1:q" + text(method) + b"1:t" + text(transaction) + b"1:y1:qe"


def string(bytes):
    return b"%d:%s" % (len(bytes), bytes)


def dht():
    honest = hashlib.sha1(b"honest").digest()

    def be_honest(number):
        """Asks for peers, announces one, and finds it again from elsewhere."""
        source, hash = f"127.0.{3 + number}.1", hashlib.sha1(b"torrent%d" % number).digest()
        answer = ask(query(b"get_peers", {b"info_hash": string(hash)}, honest), source=source)
        assert answer and b"5:token8:" in answer, answer
        token = answer[answer.index(b"5:token8:") + 9 :][:8]
        answer = ask(query(b"announce_peer", {b"info_hash": string(hash), b"port": b"i7001e", b"token": string(token)}, honest), source=source)
        assert answer and b"1:y1:r" in answer, answer
        answer = ask(query(b"get_peers", {b"info_hash": string(hash)}, honest), source=f"127.0.{3 + number}.2")
        assert answer and b"6:values" in answer, answer

    be_honest(0)
    done = [0]

    def storm(name, make, sources=PLACES):
        began, sockets, sent, most = time.time(), [datagrams(number) for number in range(sources)], 0, 0
        for number in range(count):
            sent += send(sockets[number % sources], make(number))
            if number % 256 == 255:
                time.sleep(0.001)
        done[0] += 1
        be_honest(done[0])
        for one in sockets:
            one.close()
        tell(f"dht {name}", began, f"{sent} sent")

    someone = lambda: chance.randbytes(20)
    storm("pings of one address", lambda n: query(b"ping", {}, honest), sources=1)
    storm("queries of many addresses", lambda n: query(b"get_peers", {b"info_hash": string(someone())}, someone()))
    # Names near to the node's own, which it says of itself.
    own = ask(query(b"ping", {}, honest), source="127.0.99.1")
    own = own[own.index(b"2:id20:") + 7 :][:20]
    storm("names near to its own", lambda n: query(b"find_node", {b"target": string(own)}, own[:19] + bytes([n & 0xFF])))
    storm("announcements without a token", lambda n: query(b"announce_peer", {b"info_hash": string(someone()), b"port": b"i1e", b"token": string(b"x" * 8)}, someone()))
    storm("garbage", lambda n: b"d" + chance.randbytes(chance.randrange(0, 1200)))
    storm("lists in lists", lambda n: b"d1:ad2:id" + b"l" * (n % 1200))
    storm("answers that nobody waits for", lambda n: b"d1:rd2:id20:" + someone() + b"5:nodes208:" + someone() * 10 + b"xxxxxxxxe1:t4:abcd1:y1:re")
    storm("long transactions", lambda n: query(b"ping", {}, someone(), chance.randbytes(1000)))
    storm("methods that are none", lambda n: query(b"x" * 300, {}, someone()))


# MARK: Blocks of names


def blocks():
    lines = [line.split() for line in open(sys.argv[5])]
    known = [(bytes.fromhex(a), bytes.fromhex(b)) for a, b in lines]
    target, block = known.pop()
    honest = hashlib.sha1(b"honest").digest()
    get = lambda target, token=None: query(b"get", {b"target": string(target)} | ({b"token": string(token)} if token else {}), honest)
    put = lambda block, token: query(b"put", {b"item": string(block), b"token": string(token)}, honest)

    def token(source):
        answer = ask(get(target), source=source, isAnswer=lambda a: b"5:token8:" in a)
        assert answer, "no token"
        assert block not in answer, "a block is sent to who has shown no token"
        return answer[answer.index(b"5:token8:") + 9 :][:8]

    def be_honest(number):
        source = f"127.0.{3 + number}.1"
        mine = token(source)
        # It may be looked at a little later: the node checks so many a second.
        answer = ask(put(block, mine), source=source, tries=20, wait=1, isAnswer=lambda a: b"1:y1:r" in a)
        assert answer, "an honest block is not kept"
        answer = ask(get(target, mine), source=source)
        assert answer and block in answer, "an honest block is not found"

    be_honest(0)
    done = [0]

    def storm(name, make, prepare=lambda source: None):
        began, sockets, sent = time.time(), [datagrams(number) for number in range(PLACES)], 0
        tokens = [prepare(one.getsockname()[0]) for one in sockets]
        for number in range(count):
            sent += send(sockets[number % PLACES], make(number, tokens[number % PLACES]))
            if number % 256 == 255:
                time.sleep(0.001)
        done[0] += 1
        be_honest(done[0])
        for one in sockets:
            one.close()
        tell(f"blocks {name}", began, f"{sent} sent")

    def forged(number, mine):
        block = known[number % len(known)][1]
        return put(block[:60] + bytes([block[60] ^ 1 + number % 255]) + block[61:], mine)

    storm("asked for nothing", lambda n, _: get(chance.randbytes(20)))
    storm("asked for one block", lambda n, _: get(target))
    storm("without a token", lambda n, _: put(known[n % len(known)][1], b"x" * 8))
    storm("too long", lambda n, mine: put(chance.randbytes(1400), mine), prepare=token)
    storm("forged", forged, prepare=token)


{"tcp": tcp, "utp": utp, "tracker": tracker, "dht": dht, "blocks": blocks}[kind]()
print("good", flush=True)
