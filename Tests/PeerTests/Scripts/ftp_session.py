# A session with Python's ftplib: everything that library can ask for. Prints `done` when all of it held.
# Usage: ftp_session.py HOST PORT [tls]
import ftplib
import io
import ssl
import sys

host, port, secure = sys.argv[1], int(sys.argv[2]), len(sys.argv) > 3


def check(condition, what):
    if not condition:
        sys.exit("wrong: " + what)


def refused(code, call):
    try:
        call()
    except ftplib.Error as error:
        check(str(error).startswith(code), "expected %s, found %s" % (code, error))
        return
    sys.exit("expected %s, found success" % code)


if secure:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    session = ftplib.FTP_TLS(context=context, timeout=20)
else:
    session = ftplib.FTP(timeout=20)
session.encoding = "utf-8"
session.connect(host, port)
session.login("writer", "secret")
if secure:
    session.prot_p()

content = bytes(range(256)) * 4000
for passive in ([True] if secure else [True, False]):
    session.set_pasv(passive)
    folder = "folder %s ü" % passive
    check(session.mkd(folder) == "/" + folder, "the folder's name")
    session.cwd(folder)
    check(session.pwd() == "/" + folder, "the current folder")
    session.storbinary("STOR a.bin", io.BytesIO(content))
    check(session.size("a.bin") == len(content), "the size")
    session.storbinary("STOR a.bin", io.BytesIO(content[1000:]), rest=1000)
    got = io.BytesIO()
    session.retrbinary("RETR a.bin", got.write)
    check(got.getvalue() == content, "the content")
    got = io.BytesIO()
    session.retrbinary("RETR a.bin", got.write, rest=len(content) - 10)
    check(got.getvalue() == content[-10:], "the rest")
    session.storbinary("APPE a.bin", io.BytesIO(b"more"))
    check(session.size("a.bin") == len(content) + 4, "the size after APPE")
    session.storlines("STOR lines.txt", io.BytesIO(b"one\ntwo\n"))
    lines = []
    session.retrlines("RETR lines.txt", lines.append)
    check(lines == ["one", "two"], "the lines")
    session.voidcmd("TYPE I")
    check(session.size("lines.txt") == 8, "line ends of this machine")
    check(session.nlst() == ["a.bin", "lines.txt"], "names: %s" % session.nlst())
    facts = dict(session.mlsd())
    check(facts["a.bin"]["type"] == "file" and int(facts["a.bin"]["size"]) == len(content) + 4, "facts: %s" % facts)
    listing = []
    session.dir(listing.append)
    check(len(listing) == 2 and listing[0].endswith(" a.bin"), "listing: %s" % listing)
    session.rename("lines.txt", "../moved.txt")
    check(session.voidcmd("MDTM ../moved.txt").startswith("213 "), "the time")
    session.delete("../moved.txt")
    session.delete("a.bin")
    refused("550", lambda: session.size("a.bin"))
    refused("550", lambda: session.retrbinary("RETR a.bin", got.write))
    session.cwd("..")
    session.rmd(folder)
    # A download that is broken off.
    session.storbinary("STOR big", io.BytesIO(content * 20))
    connection = session.transfercmd("RETR big")
    connection.recv(1000)
    reply = session.abort()
    check(reply[:3] in ("225", "226", "426"), "the abort: " + reply)
    connection.close()
    if reply[:3] == "426":
        session.voidresp()
    check(session.voidcmd("NOOP").startswith("200"), "the session goes on")
    session.delete("big")
refused("501", lambda: session.sendport("127.0.0.2", 5000) if not secure else session.voidcmd("TYPE Q"))
session.quit()
print("done")
