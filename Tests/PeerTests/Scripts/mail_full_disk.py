"""A mail host whose disk fills to the last byte, and is emptied again. Usage, in a mount namespace of its own: mail_full_disk.py PROGRAM FOLDER

While there is no room each letter is acknowledged and there, or refused for now (4xx); what was there stays and can be read; and with room again
all goes on. What is to be passed on waits in the queue, also over a kill. Prints `good` and figures when all of it held.
"""
import imaplib
import os
import re
import signal
import smtplib
import subprocess
import sys

from mail_host import rows, secure, settle, start, submission

PROGRAM, FOLDER = sys.argv[1:3]
os.mkdir(f"{FOLDER}/data")
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", f"{FOLDER}/data"], check=True)
# Nobody listens there.
settle(FOLDER, "127.0.0.1:1")
kept, refusals, elsewhere, number = set(), {}, 0, 0


def letter(size):
    global number
    number += 1
    return number, f"From: ada@home.test\r\nSubject: {number}\r\nMessage-ID: <{number}@pc.test>\r\n\r\n" + (f"{number:070}\r\n" * (size // 72 + 1))


def send(size, isUser, recipient="bob@home.test"):
    """True: it was acknowledged."""
    mine, text = letter(size)
    try:
        if isUser:
            client = submission(ports["submissions"])
        else:
            client = smtplib.SMTP("127.0.0.1", ports["SMTP"], "mx.elsewhere.test", 30)
        client.sendmail("ada@home.test", [recipient], text)
        client.quit()
    except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as refusal:
        code, words = list(refusal.recipients.values())[0] if isinstance(refusal, smtplib.SMTPRecipientsRefused) else (refusal.smtp_code, refusal.smtp_error)
        what = f"{code} {words.decode().split(' ')[0]}"
        refusals[what] = refusals.get(what, 0) + 1
        assert what in ("452 4.3.1", "451 4.3.0"), what
        client.close()
        return False
    if recipient == "bob@home.test":
        kept.add((mine, len(text)))
    return True


def look():
    client = imaplib.IMAP4_SSL("127.0.0.1", ports["IMAPS"], ssl_context=secure, timeout=60)
    client.login("bob", "ruby")
    client.select("INBOX", readonly=True)
    found = []
    for part in client.fetch("1:*", "(BODY.PEEK[])")[1][::2]:
        text = part[1]
        mine = int(re.search(rb"Message-ID: <(\d+)@", text)[1])
        whole = text[text.index(b"From: ada@home.test"):]
        assert whole.split(b"\r\n\r\n", 1)[1].count(b"%070d" % mine) * 72 == len(whole.split(b"\r\n\r\n", 1)[1]), f"letter {mine} is torn"
        found.append((mine, len(whole)))
    assert sorted(found) == sorted(kept), f"lost: {kept - set(found)}, more: {set(found) - kept}, {len(found)} found"
    return client


host, ports = start(PROGRAM, FOLDER)
for size in (100, 300_000):
    assert send(size, False) and send(size, True)
    assert send(size, True, "eve@elsewhere.test")
    elsewhere += 1
look().logout()
for round in range(3):
    # What comes in leaves 16 MiB alone: at first they are left, and two more, later nothing at all.
    left = (18 << 20) // 4096 if round == 0 else 0
    with open(f"{FOLDER}/data/spare", "wb", buffering=0) as spare:
        spare.write(b"x" * left * 4096)
    with open(f"{FOLDER}/data/fill", "wb", buffering=0) as fill:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    fill.write(b"x" * size)
            except OSError:
                pass
    os.remove(f"{FOLDER}/data/spare")
    before = sum(refusals.values())
    for size in (300_000, 20_000, 100, 3_000_000):
        for isUser in (False, True):
            for _ in range(8):
                send(size, isUser)
                elsewhere += send(size, True, "eve@elsewhere.test")
    assert round > 0 or os.statvfs(f"{FOLDER}/data").f_bavail > 15 << 8, "what is left alone was used"
    assert refusals.get("452 4.3.1", 0) > 0 and sum(refusals.values()) > before, refusals
    client = look()
    assert client.append("INBOX", None, None, b"Subject: x\r\n\r\n" + b"x" * 100_000 + b"\r\n")[0] == "NO"
    client.logout()
    os.remove(f"{FOLDER}/data/fill")
    assert send(300_000, False) and send(100, True)
    look().logout()
    if round == 1:
        host.kill()
        host.wait()
        assert rows(FOLDER) == elsewhere, f"{rows(FOLDER)} in the queue, {elsewhere} were acknowledged"
        host, ports = start(PROGRAM, FOLDER)
        look().logout()
left = [name for name in os.listdir(f"{FOLDER}/data/mail/messages") if name.startswith(".")]
assert not left, f"left unfinished: {left}"
host.send_signal(signal.SIGINT)
assert host.wait(20) == 0
assert rows(FOLDER) == elsewhere, f"{rows(FOLDER)} in the queue, {elsewhere} were acknowledged"
print("good", len(kept), "delivered", elsewhere, "queued", refusals)
