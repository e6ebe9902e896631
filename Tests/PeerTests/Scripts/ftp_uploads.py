"""Uploads to an FTP server until it is gone. Usage: ftp_uploads.py HOST PORT ROUND
Each line: `try NAME HASH` before an upload, `kept NAME HASH` once the server has said 226. New names, and one that is replaced again and again.
"""
import ftplib
import hashlib
import io
import sys

host, port, round_number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def content(number):
    size = (round_number * 7919 + number * 104729) % 200000
    return hashlib.sha256(b"%d %d" % (round_number, number)).digest() * (size // 32 + 1)


session = ftplib.FTP(timeout=20)
try:
    session.connect(host, port)
    session.login("alice", "ruby")
    number = 0
    while True:
        name = "same" if number % 2 else "new-%d-%d" % (round_number, number)
        body = content(number)
        digest = hashlib.sha256(body).hexdigest()
        print("try", name, digest, flush=True)
        session.storbinary("STOR " + name, io.BytesIO(body))
        print("kept", name, digest, flush=True)
        number += 1
except (OSError, EOFError, ftplib.Error):
    pass
