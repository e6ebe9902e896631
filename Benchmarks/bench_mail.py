#!/usr/bin/env python3
"""Mail: `netstead up` beside Postfix (receiving) and Dovecot (reading), one core each, in one alternating run.

Receiving: Postfix's smtp-source sends, each message on a connection of its own as mail between servers comes, or all on kept ones. The rate is of
messages acknowledged, which both do when the message is durable. The CPU time is that of messages delivered: Postfix acknowledges what is in its
queue and delivers to a Maildir afterwards, so the load ends when the queue is empty; ours is in the mailbox when it is acknowledged.
Both are spared questions to the DNS: Postfix by its settings, ours by `care: careless`. Postfix logs to nobody.
Reading: IMAP FETCH of all envelopes of a mailbox, IMAP APPEND, one message after the other and durable (Dovecot's mail_fsync as it comes), POP3
RETR and DELE of everything. The client reads raw bytes on a core of its own. Dovecot keeps Maildirs.
Both peers are families of processes that come and go: the kernel counts the CPU time of a whole control group for each server (harness.py); where no
group can be made, that of the processes whose parents noticed their end.
Usage: bench_mail.py [--netstead .build/release/netstead] [--rounds 5] [--messages 3000] [--mailbox 10000] [--quick] [--only WORD]
Needs root for Postfix and Dovecot; each is left out where it is missing. The mail is in a folder of TMPDIR's. Read next: harness.py.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from harness import CLIENT_CORE, COMPARISON, Server, accepts, alternate, built, compare, free_port, options, program, table

POSTFIX = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.home.test
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = home.test
virtual_mailbox_base = {dir}/box
virtual_mailbox_maps = static:ada/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_process_limit = 300
in_flow_delay = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"""

SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
"""

DOVECOT = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
mail_location = maildir:~/Maildir
ssl = no
disable_plaintext_auth = no
protocols = imap pop3
mail_max_userip_connections = 100
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    address = 127.0.0.1
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={dir}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""

OURS = """
domain: home.test
data: data
loops: 1
ports: {{dns: 0, http: 0, https: 0, console: 0, smtp: {smtp}, submission: 0, submissions: 0, pop3: {pop3}, pop3s: 0, imap: {imap}, imaps: 0}}
trace: {{on: off}}
mail: {{care: careless}}
"""

MESSAGE = """Return-Path: <sender{0}@example.test>\r
Received: from relay.example.test (relay.example.test [192.0.2.7])\r
\tby mx.home.test with ESMTPS id {0}; Mon, 05 Jan 2026 10:00:00 +0000\r
Date: Mon, 05 Jan 2026 10:00:00 +0000\r
From: "Sender Number {0}" <sender{0}@example.test>\r
To: Ada <ada@home.test>, Bob <bob@home.test>\r
Subject: Message number {0} about one thing and another\r
Message-ID: <{0}.bench@example.test>\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
\r
"""


def message(number):
    """A message of 4 KiB."""
    head = MESSAGE.format(number).encode()
    return head + (b"All work and no play makes Jack a dull boy.\r\n" * 100)[: 4096 - len(head) - 2] + b"\r\n"


# Receiving


class Received:
    """How many messages Postfix has delivered."""

    def __init__(self, directory):
        self.directory = directory

    def count(self):
        while any(files for queue in ("maildrop", "incoming", "active", "deferred") for _, _, files in os.walk(self.directory / "queue" / queue)):
            time.sleep(0.02)
        new = self.directory / "box/ada/new"
        return len(os.listdir(new)) if new.exists() else 0


class Filed:
    """How many messages our host has in ada's INBOX."""

    def __init__(self, server):
        self.session = None
        self.server = server

    def count(self):
        self.session = self.session or IMAP(self.server.imap, "ada")
        return int(re.search(rb"MESSAGES (\d+)", self.session.say("STATUS INBOX (MESSAGES)")).group(1))


def sending(sessions, messages, more=()):
    """A load: messages of 4 KiB by smtp-source, until all are where they belong."""
    def load(server):
        before = server.inbox.count()
        command = [
            "taskset", "-c", CLIENT_CORE, program("smtp-source"), *more, "-s", sessions, "-m", messages, "-l", 4096, "-M", "pc.elsewhere.test",
            "-f", "eve@elsewhere.test", "-t", "ada@home.test", f"127.0.0.1:{server.port}"]
        begun = time.monotonic()
        sent = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        rate = messages / (time.monotonic() - begun)
        arrived = server.inbox.count() - before
        if sent.returncode or arrived != messages:
            raise SystemExit(f"{server.name}: {arrived} of {messages} messages arrived: {sent.stdout}{sent.stderr}")
        return messages, rate
    return load


# Reading


class IMAP:
    """A connection that has logged in."""

    def __init__(self, port, user):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.until(b"")
        self.say(f"LOGIN {user} secret")

    def until(self, start):
        """Everything up to the line that begins so."""
        text = bytearray()
        while not (text.endswith(b"\r\n") and text[text.rfind(b"\n", 0, -1) + 1:].startswith(start)):
            text += self.read()
        return text

    def read(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise SystemExit("the server closed a connection")
        return piece

    def say(self, command):
        self.socket.sendall(b"t " + command.encode() + b"\r\n")
        return self.good(self.until(b"t "))

    def good(self, text):
        if not text[text.rfind(b"\n", 0, -1) + 1:].startswith(b"t OK"):
            raise SystemExit(f"refused: {text[-200:]}")
        return text

    def append(self, mailbox, content):
        self.socket.sendall(f"t APPEND {mailbox} {{{len(content)}}}\r\n".encode())
        self.until(b"+ ")
        self.socket.sendall(content + b"\r\n")
        self.good(self.until(b"t "))


def at_once(count, body):
    """Runs `body(0)` to `body(count - 1)` side by side."""
    threads = [threading.Thread(target=body, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fill(server, user, count, workers=8):
    """Puts `count` messages into a user's INBOX."""
    def work(worker):
        session = IMAP(server.imap, user)
        for number in range(worker, count, workers):
            session.append("INBOX", message(number))
        session.socket.close()
    at_once(workers, work)


def fetching(count, times=5):
    """A load: all envelopes of a mailbox, again and again on one connection. The first round opens it."""
    def load(server):
        if not server.reader:
            server.reader = IMAP(server.imap, "ada")
            server.reader.say("SELECT INBOX")
        begun = time.monotonic()
        for _ in range(times):
            text = server.reader.say("FETCH 1:* (ENVELOPE)")
            if text.count(b"ENVELOPE (") != count:
                raise SystemExit(f"{server.name}: {text.count(b'ENVELOPE (')} envelopes of {count}")
        return times * count, times * count / (time.monotonic() - begun)
    return load


def appending(sessions, count):
    """A load: messages appended one after the other on each connection, into a mailbox that is new each time."""
    def load(server):
        while len(server.writers) < sessions:
            server.writers.append(IMAP(server.imap, "carol"))
        server.mailboxes += 1
        mailbox = f"box{server.mailboxes}"
        server.writers[0].say(f"CREATE {mailbox}")
        content = message(1)
        begun = time.monotonic()
        at_once(sessions, lambda worker: [server.writers[worker].append(mailbox, content) for _ in range(worker, count, sessions)])
        rate = count / (time.monotonic() - begun)
        if f"MESSAGES {count}".encode() not in server.writers[0].say(f"STATUS {mailbox} (MESSAGES)"):
            raise SystemExit(f"{server.name}: not everything is in {mailbox}")
        return count, rate
    return load


def draining(count):
    """A load: a POP3 session that takes everything away."""
    def load(server):
        with socket.create_connection(("127.0.0.1", server.pop3)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def say(command, end=b"\r\n"):
                if command:
                    connection.sendall(command.encode() + b"\r\n")
                text = b""
                while not text.endswith(end):
                    piece = connection.recv(1 << 18)
                    if not piece:
                        raise SystemExit(f"{server.name}: closed after {text!r}")
                    text += piece
                if not text.startswith(b"+OK"):
                    raise SystemExit(f"{server.name}: {text[:200]}")
                return text

            say("")
            say("USER bob")
            say("PASS secret")
            if int(say("STAT").split()[1]) != count:
                raise SystemExit(f"{server.name}: not {count} messages in the mailbox")
            begun = time.monotonic()
            for number in range(1, count + 1):
                say(f"RETR {number}", b"\r\n.\r\n")
                say(f"DELE {number}")
            say("QUIT")
            return count, count / (time.monotonic() - begun)
    return load


# Servers


def ours(directory, netstead):
    """Our host, with three users."""
    port, imap, pop3 = free_port(), free_port(), free_port()
    settings = directory / "netstead.yaml"
    settings.write_text(OURS.format(smtp=port, imap=imap, pop3=pop3))
    env = {"XDG_RUNTIME_DIR": str(directory), "XDG_DATA_HOME": str(directory), "HOME": str(directory)}
    for user in ("ada", "bob", "carol"):
        subprocess.run(
            [netstead, "user", "add", user, "--data", directory / "data"], input=b"secret", check=True, capture_output=True, env=dict(os.environ, **env))
    # POP3 is announced last.
    server = Server("netstead", [netstead, "up", "--settings", settings], accepts(pop3), env=env, group=True)
    server.port, server.imap, server.pop3 = port, imap, pop3
    server.inbox = Filed(server)
    return server


def postfix(directory):
    """Postfix, which delivers to a Maildir; None where it cannot run."""
    if not (program("postfix") and program("smtp-source")) or not is_root("Postfix"):
        return None
    for name in ("etc", "queue", "data", "box"):
        (directory / name).mkdir(parents=True)
    subprocess.run(["chown", "postfix", directory / "data"], check=True)
    subprocess.run(["chown", "65534:65534", directory / "box"], check=True)
    port = free_port()
    (directory / "etc/main.cf").write_text(POSTFIX.format(dir=directory))
    (directory / "etc/master.cf").write_text(SERVICES.format(port=port))
    server = Server("postfix", [program("postfix"), "-c", directory / "etc", "start-fg"], accepts(port), group=True)
    server.port, server.inbox = port, Received(directory)
    return server


def dovecot(directory):
    """Dovecot; None where it cannot run."""
    if not program("dovecot") or not is_root("Dovecot"):
        return None
    for name in ("mail", "run", "state"):
        (directory / name).mkdir(parents=True)
    subprocess.run(["chown", "nobody:nogroup", directory / "mail"], check=True)
    imap, pop3 = free_port(), free_port()
    (directory / "dovecot.conf").write_text(DOVECOT.format(dir=directory, imap=imap, pop3=pop3))
    server = Server("dovecot", [program("dovecot"), "-F", "-c", directory / "dovecot.conf"], accepts(imap), group=True)
    server.imap, server.pop3 = imap, pop3
    return server


def is_root(name):
    """Whether we are root, with a line said if not."""
    if os.getuid():
        print(f"(skipped: {name} needs root)")
    return os.getuid() == 0


def compare_receiving(given, host, peer):
    few = max(50, given.messages // 6)
    cases = [
        ("receive 4 KiB, 1 session", sending(1, few)),
        ("receive 4 KiB, 20 sessions", sending(20, given.messages)),
        ("receive 4 KiB, 200 sessions", sending(200, given.messages)),
        ("receive 4 KiB, 20 kept sessions", sending(20, given.messages, ("-d",))),
    ]
    rows = []
    with peer:
        for case, load in cases:
            if given.only in case:
                rows += compare(case, alternate([peer, host], load, given.rounds), "netstead")
    return rows


def compare_reading(given, host, peer):
    few = max(20, given.mailbox // 20)
    many = max(40, given.mailbox // 10)
    cases = [
        (f"FETCH of {given.mailbox} envelopes (each)", fetching(given.mailbox), lambda server: None),
        ("APPEND 4 KiB, 1 connection", appending(1, few), lambda server: None),
        ("APPEND 4 KiB, 16 connections", appending(16, many), lambda server: None),
        (f"POP3: {many} messages taken away (each)", draining(many), lambda server: fill(server, "bob", many)),
    ]
    rows = []
    with peer:
        for server in (peer, host):
            server.reader, server.writers, server.mailboxes = None, [], 0
        for number, (case, load, prepare) in enumerate(cases):
            if given.only not in case:
                continue
            if number == 0:
                for server in (peer, host):
                    fill(server, "ada", given.mailbox)
            rows += compare(case, alternate([peer, host], load, given.rounds, prepare), "netstead")
    return rows


def main():
    given = options({"rounds": 1, "messages": 200, "mailbox": 400}, netstead=built("netstead"), rounds=5, messages=3000, mailbox=10_000, only="")
    os.sched_setaffinity(0, {int(CLIENT_CORE)})
    rows = []
    with tempfile.TemporaryDirectory(prefix="netstead-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        # Each peer has a host of ours that is new.
        for work, start in ((compare_reading, dovecot), (compare_receiving, postfix)):
            peer = start(directory / start.__name__)
            if peer:
                own = directory / f"beside-{start.__name__}"
                own.mkdir()
                with ours(own, os.path.abspath(given.netstead)) as host:
                    rows += work(given, host, peer)
    print("\n" + table(COMPARISON, rows))


if __name__ == "__main__":
    main()
