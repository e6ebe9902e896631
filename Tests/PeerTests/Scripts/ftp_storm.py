"""Many clients of an FTP server from 250 addresses of loopback. Usage: ftp_storm.py HOST PORT COUNT
COUNT connections, every third one rude: garbage, half lines, silence, passive ports that nobody calls. The others log in, and when all are there
each asks for something again. Then each address gets a file over a data connection. Prints `served N refused M` when all of it held.
"""
import random
import resource
import socket
import sys

chance = random.Random(7)
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PLACES = 250
files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
count = min(count, files - 200)


def connection(number, place):
    peer = socket.socket()
    peer.settimeout(60)
    # The port is chosen when connecting, so that each address has all of them.
    peer.setsockopt(socket.IPPROTO_IP, 24, 1)
    peer.bind((f"127.0.1.{number % PLACES + 1}", 0))
    peer.connect((host, place))
    return peer


class Gone(Exception):
    pass


def reply(peer):
    got = b""
    while not got.endswith(b"\r\n"):
        try:
            more = peer.recv(4096)
        except ConnectionResetError:
            raise Gone
        if not more:
            raise Gone
        got += more
    return got.decode().rsplit("\r\n", 2)[-2][:3], got.decode()


def ask(peer, line, code):
    try:
        peer.sendall(line.encode() + b"\r\n")
    except (BrokenPipeError, ConnectionResetError):
        raise Gone
    got, text = reply(peer)
    assert got == code, f"{line}: expected {code}, found {text}"
    return text


held, polite, refused = [], [], 0
for number in range(count):
    peer = connection(number, port)
    held.append(peer)
    if number % 3 == 2:
        try:
            kind = number // 3 % 4
            if kind == 0:
                peer.sendall(chance.randbytes(chance.randrange(1, 6000)))
            elif kind == 1:
                peer.sendall(b"USER anonymous\r\nPASS x\r\nEPSV\r\nRETR a.txt\r\nRETR")
            elif kind == 2:
                peer.sendall(b"\xff\xf4\xff\xf2" * 500)
        except OSError:
            pass  # closed in our face, which is an answer
        continue
    try:
        assert reply(peer)[0] == "220"
        ask(peer, "USER anonymous", "331")
        ask(peer, "PASS x", "230")
        polite.append((number, peer))
    except Gone:
        refused += 1
served = 0
for number, peer in polite:
    ask(peer, "NOOP", "200")
    served += 1
    if served % 20 == 0:
        place = int(ask(peer, "EPSV", "229").split("|")[3])
        data = connection(number, place)
        peer.sendall(b"RETR a.txt\r\n")
        body = b""
        while more := data.recv(4096):
            body += more
        assert body == b"from the server", f"came {body!r}"
        text = ""
        while "226" not in text:
            text += reply(peer)[1]
        data.close()
for peer in held:
    peer.close()
print(f"served {served} refused {refused}")
