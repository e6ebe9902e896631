"""Many peers from 250 addresses of loopback at every listener of a mail host.
Usage: mail_storm.py PID COUNT SMTP SUBMISSION SUBMISSIONS IMAP IMAPS POP3 POP3S

To each port COUNT connections, two of three rude: garbage, half commands and half messages, silence, and some that say a byte now and then. The
others say hello, and when all are there each says something again. Meanwhile and afterwards somebody honest sends letters and reads them. When
all have gone the host has no more open than before. Prints a line for each port, and `honest N` when all of it held.
"""
import imaplib
import os
import poplib
import random
import resource
import smtplib
import socket
import ssl
import sys
import threading
import time

chance = random.Random(7)
process, count, ports = sys.argv[1], int(sys.argv[2]), [int(port) for port in sys.argv[3:]]
SMTP, SUBMISSION, SUBMISSIONS, IMAP, IMAPS, POP3, POP3S = ports
PLACES = 250
files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
count = min(count, files - 300)
secure = ssl.create_default_context()
secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE
honest = 0

HALF_SMTP = [
    b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@home.test>\r\nDATA\r\n", b"\r\n" * 400, b"BDAT 999999999999\r\n" + b"x" * 900, b"EHLO " + b"x" * 5000, b"\x16\x03\x01\x02\x00\x01",
    b"AUTH PLAIN " + b"A" * 3000, b"STARTTLS\r\nEHLO a\r\n", b"RCPT TO:<" * 200, b"",
]
HALF_IMAP = [
    b"a LOGIN {4000}\r\nab", b"a LOGIN {4000+}\r\nab", b"a APPEND INBOX {99999999999+}\r\n" + b"x" * 500, b"(" * 5000, b"a AUTHENTICATE PLAIN\r\nAAAA", b"a STARTTLS\r\na NOOP\r\n",
    b"a LOGIN \"bob", b"a FETCH 1:* (" + b"BODY[] " * 500, b"",
]
HALF_POP3 = [b"USER bob\r\nPASS", b"RETR 1\r\n" * 300, b"AUTH PLAIN\r\nAAAA", b"STLS\r\nCAPA\r\n", b"USER " + b"x" * 4000, b"\xff\xf4\xff\xf2" * 400, b"TOP 1 99999999999999999999\r\n", b""]
HALF_TLS = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x16\x03\x01\xff\xff" + b"x" * 900, b"EHLO a.test\r\n", b"\x80\x2e\x01\x00\x02", b"\x15\x03\x01\x00\x02\x02\x00", b""]
# Name, port, inside TLS, halves, what a polite client says first and then, and what each answer begins with.
LISTENERS = [
    ("SMTP", SMTP, False, HALF_SMTP, b"EHLO a.test\r\n", b"250", b"NOOP\r\n", b"250"),
    ("submission", SUBMISSION, False, HALF_SMTP, b"EHLO a.test\r\n", b"250", b"NOOP\r\n", b"250"),
    ("submissions", SUBMISSIONS, True, HALF_TLS, b"EHLO a.test\r\n", b"250", b"NOOP\r\n", b"250"),
    ("IMAP", IMAP, False, HALF_IMAP, b"a CAPABILITY\r\n", b"* CAP", b"b NOOP\r\n", b"b OK"),
    ("IMAPS", IMAPS, True, HALF_TLS, b"a CAPABILITY\r\n", b"* CAP", b"b NOOP\r\n", b"b OK"),
    ("POP3", POP3, False, HALF_POP3, b"CAPA\r\n", b"+OK", b"CAPA\r\n", b"+OK"),
    ("POP3S", POP3S, True, HALF_TLS, b"CAPA\r\n", b"+OK", b"CAPA\r\n", b"+OK"),
]


class Gone(Exception):
    pass


def connection(number, port):
    peer = socket.socket()
    peer.settimeout(60)
    # The port is chosen when connecting, so that each address has all of them.
    peer.setsockopt(socket.IPPROTO_IP, 24, 1)
    peer.bind((f"127.0.1.{number % PLACES + 1}", 0))
    peer.connect(("127.0.0.1", port))
    return peer


def hear(peer):
    try:
        got = peer.recv(65536)
        while got and not got.endswith(b"\n"):
            got += peer.recv(65536)
    except (ConnectionError, ssl.SSLError):
        raise Gone
    if not got:
        raise Gone
    return got


def say(peer, line, beginning):
    try:
        peer.sendall(line)
    except OSError:
        raise Gone
    got = hear(peer)
    # An answer may come in several pieces; what counts is that it is one.
    assert got.startswith(beginning), f"{line}: {got}"


def rude(peer, number, halves):
    kind = number // 3
    try:
        if kind % 4 == 0:
            peer.sendall(chance.randbytes(chance.randrange(1, 6000)))
        else:
            half = halves[kind % len(halves)]
            if half.endswith(b"DATA\r\n"):
                # Half a message: command by command, as it has to be.
                hear(peer)
                for line in [b"EHLO a.test\r\n"] + half.splitlines(True):
                    peer.sendall(line)
                    hear(peer)
                half = b"Subject: half a letter\r\n\r\nhalf a li"
            peer.sendall(half)
    except (OSError, Gone):
        pass  # closed in our face, which is an answer


class Slow(threading.Thread):
    """Peers that say one byte after the other, all together, until they are done."""

    def __init__(self, peers, line):
        super().__init__(daemon=True)
        self.peers, self.line = peers, line
        self.start()

    def run(self):
        for byte in self.line:
            for peer in self.peers:
                try:
                    peer.sendall(bytes([byte]))
                except OSError:
                    pass
            time.sleep(0.5)


def be_honest():
    """Sends a letter as a server and one as a user; reads both."""
    global honest
    began = time.time()
    with smtplib.SMTP("127.0.0.1", SMTP, "mx.elsewhere.test", timeout=60) as client:
        client.sendmail("eve@elsewhere.test", ["bob@home.test"], "From: eve@elsewhere.test\r\nSubject: honest\r\n\r\nx\r\n")
    with smtplib.SMTP("127.0.0.1", SUBMISSION, "pc.test", timeout=60) as client:
        client.starttls(context=secure)
        client.login("ada", "ruby")
        client.sendmail("ada@home.test", ["bob@home.test"], "From: ada@home.test\r\nSubject: honest\r\n\r\nx\r\n")
    honest += 2
    client = imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=secure, timeout=60)
    client.login("bob", "ruby")
    assert client.select("INBOX", readonly=True)[1] == [str(honest).encode()], "half a letter came, or an honest one did not"
    client.logout()
    client = poplib.POP3("127.0.0.1", POP3, timeout=60)
    client.stls(context=secure)
    client.user("bob")
    client.pass_("ruby")
    assert client.stat()[0] == honest
    client.quit()
    return time.time() - began


def opened():
    return len(os.listdir(f"/proc/{process}/fd"))


def memory():
    return int(open(f"/proc/{process}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20


def storm(name, port, is_secure, halves, hello, greeted, again, answered):
    began, before = time.time(), opened()
    held, polite, refused = [], [], 0
    slow = [connection(number, port) for number in range(60)]
    sluggish = Slow(slow, hello)
    for number in range(count):
        peer = connection(number, port)
        held.append(peer)
        # Handshakes are dear; in the clear every third is polite.
        if number % (30 if is_secure else 3):
            rude(peer, number, halves)
            continue
        try:
            if is_secure:
                peer = held[-1] = secure.wrap_socket(peer)
            hear(peer)
            say(peer, hello, greeted)
            polite.append(peer)
        except (Gone, OSError):
            refused += 1
    took = be_honest()
    served = 0
    for peer in polite:
        peer.setblocking(False)
        try:
            peer.recv(65536)  # the rest of the first answer
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        peer.settimeout(60)
        say(peer, again, answered)
        served += 1
    sluggish.join()
    patient = 0
    if not is_secure:
        for peer in slow:
            got = hear(peer)
            # Behind the greeting.
            while greeted not in got[got.index(b"\n"):]:
                got += hear(peer)
            patient += 1
    most = memory()
    for peer in held + slow:
        peer.close()
    for _ in range(200):
        if opened() <= before + 20:
            break
        time.sleep(0.1)
    else:
        assert False, f"{name}: {opened()} descriptors are open, {before} were before"
    assert refused == 0 and served > 0, f"{name}: {refused} were refused"
    print(f"{name}: served {served}, {patient} slow, {most} MiB, honest in {took:.1f} s, all in {time.time() - began:.0f} s", flush=True)


def crowd():
    """More logged-in connections than one account has."""
    inside, outside = [], 0
    for _ in range(60):
        client = imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=secure, timeout=60)
        try:
            client.login("bob", "ruby")
            inside.append(client)
        except imaplib.IMAP4.error as error:
            assert "LIMIT" in str(error), error
            outside += 1
    assert len(inside) == 50 and outside == 10, f"{len(inside)} got in"
    for client in inside:
        client.logout()


be_honest()
for listener in LISTENERS:
    storm(*listener)
crowd()
be_honest()
print("honest", honest)
