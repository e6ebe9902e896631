"""A mail host killed at any moment while letters come in for a mailbox and others are passed on to the next server.
Usage: mail_kills.py PROGRAM FOLDER ROUNDS

Nobody sends a letter twice. So each that was acknowledged is in the mailbox once; and each that was acknowledged for elsewhere reaches the next
server: more than once only when the host was killed in between, before it could note that it had been taken.
"""
import collections
import imaplib
import random
import re
import signal
import smtplib
import socketserver
import sqlite3
import sys
import threading
import time

from mail_host import rows, secure, settle, start, submission

PROGRAM, FOLDER, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(5)
lock = threading.Lock()
number, now, first = 0, 0, threading.Event()
kept = {"bob@home.test": set(), "eve@elsewhere.test": set()}
# When a letter came to the next server: in which rounds.
arrived = collections.defaultdict(list)
meanings, wrong = {}, []


class NextServer(socketserver.StreamRequestHandler):
    """Takes everything, and writes it down before it says so."""

    def handle(self):
        try:
            self.talk()
        except OSError:
            pass  # whoever spoke was killed

    def talk(self):
        def say(line):
            self.wfile.write(line + b"\r\n")

        say(b"220 next.test")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-next.test\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"QUIT":
                return say(b"221 bye")
            elif verb != b"DATA":
                say(b"250 ok")
            else:
                say(b"354 go on")
                letter = []
                while (line := self.rfile.readline()) != b".\r\n":
                    if not line:
                        return
                    letter.append(line)
                found = re.search(rb"^Message-ID: <(\d+)@pc.test>\r\n", b"".join(letter), re.M)
                with lock:
                    if not found or b"".join(letter).count(b"x") < 100:
                        wrong.append(f"the next server got half a letter: {letter[:20]}")
                    else:
                        arrived[int(found[1])].append(now)
                time.sleep(chance.uniform(0, 0.004))
                say(b"250 taken")


class Threaded(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 100


def live(make, sender, recipient):
    """Sends one letter after the other until the host is gone."""
    global number
    try:
        with make() as client:
            while True:
                with lock:
                    number += 1
                    mine = number
                text = f"From: {sender}\r\nTo: {recipient}\r\nSubject: {mine}\r\nMessage-ID: <{mine}@pc.test>\r\n\r\n"
                # Every fourth is large enough to be a file of its own.
                client.sendmail(sender, [recipient], text + ("x" * 70 + "\r\n") * (600 if mine % 4 == 0 else 2))
                with lock:
                    kept[recipient].add(mine)
                first.set()
    except smtplib.SMTPServerDisconnected:
        pass
    except smtplib.SMTPException as refusal:
        wrong.append(f"refused: {refusal}")
    except OSError:
        pass


def look(port):
    """Reads the mailbox and holds it against what was said."""
    client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=secure)
    client.login("bob", "ruby")
    if client.select("INBOX", readonly=True)[1] == [b"0"]:
        return client.logout()
    validity = client.response("UIDVALIDITY")[1][0].decode()
    found = collections.Counter()
    answer = client.fetch("1:*", "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
    for head, text in answer[::2]:
        uid = re.search(rb"UID (\d+)", head)[1].decode()
        letter = int(re.search(rb"<(\d+)@", text)[1])
        found[letter] += 1
        if meanings.setdefault((validity, uid), letter) != letter:
            wrong.append(f"identifier {validity} {uid} was {meanings[validity, uid]} and is {letter}")
    client.logout()
    if lost := kept["bob@home.test"] - set(found):
        wrong.append(f"acknowledged, and gone: {sorted(lost)}")
    if twice := [letter for letter, times in found.items() if times > 1]:
        wrong.append(f"sent once, and there twice: {twice}")


next_server = Threaded(("127.0.0.1", 0), NextServer)
threading.Thread(target=next_server.serve_forever, daemon=True).start()
settle(FOLDER, f"127.0.0.1:{next_server.server_address[1]}")
began = time.time()
for now in range(ROUNDS):
    host, ports = start(PROGRAM, FOLDER)
    first.clear()
    lives = [threading.Thread(target=live, args=(lambda: smtplib.SMTP("127.0.0.1", ports["SMTP"], "mx.elsewhere.test", 30), "eve@elsewhere.test", "bob@home.test")) for _ in range(2)]
    lives += [threading.Thread(target=live, args=(lambda: submission(ports["submissions"]), "ada@home.test", "eve@elsewhere.test")) for _ in range(2)]
    for life in lives:
        life.start()
    # It dies while it is at work.
    first.wait(10)
    time.sleep(chance.uniform(0, 0.08))
    if host.poll() is not None:
        wrong.append(f"round {now}: it ended by itself")
    host.kill()
    host.wait()
    for life in lives:
        life.join()
    if now % 40 == 39:
        host, ports = start(PROGRAM, FOLDER)
        look(ports["IMAPS"])
        host.kill()
        host.wait()
waiting = rows(FOLDER)
# After a restart the next attempt waits, lest a letter that stops the host stop it for ever: here it is due at once, so that the test need not wait.
with sqlite3.connect(f"{FOLDER}/data/mail/records.sqlite") as records:
    records.execute("UPDATE record SET value = substr(value, 1, 17) || substr(value, 10, 8) || substr(value, 26) WHERE tab = 'mail-queue'")
now = ROUNDS
host, ports = start(PROGRAM, FOLDER)
for _ in range(1500):
    with lock:
        missing = kept["eve@elsewhere.test"] - set(arrived)
    if not missing:
        break
    time.sleep(0.02)
else:
    wrong.append(f"acknowledged, and never passed on: {sorted(missing)}")
time.sleep(0.5)
look(ports["IMAPS"])
host.send_signal(signal.SIGINT)
if host.wait(20):
    wrong.append("it did not end well")
if left := rows(FOLDER):
    wrong.append(f"{left} are still in the queue")
twice = {letter: rounds for letter, rounds in arrived.items() if len(rounds) > 1}
# One process hands a letter over once. Several may, if the one before was killed.
for letter, rounds in twice.items():
    if len(set(rounds)) < len(rounds):
        wrong.append(f"letter {letter} was handed over twice by one process: rounds {rounds}")
if len(twice) > 4 * ROUNDS:
    wrong.append(f"{len(twice)} letters came more than once")
print(*wrong, sep="\n", end="\n" if wrong else "")
print(f"survived {ROUNDS} kills in {time.time() - began:.0f} s: {len(kept['bob@home.test'])} delivered, {len(kept['eve@elsewhere.test'])} to be passed on, "
      f"{waiting} of them waited at the end, {len(twice)} came twice")
sys.exit(1 if wrong else 0)
