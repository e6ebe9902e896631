"""Puts a file and says what the server replied, also when it closed the data connection on the way. Usage: ftp_full.py PORT FILE"""
import ftplib
import sys

session = ftplib.FTP()
session.connect("127.0.0.1", int(sys.argv[1]), 20)
session.login("alice", "ruby")
try:
    with open(sys.argv[2], "rb") as file:
        try:
            print(session.storbinary("STOR new", file))
        except OSError:
            print(session.voidresp())
except ftplib.Error as reply:
    print(reply)
print(session.nlst())
