# Python's imaplib and poplib against our server: what people's scripts do with mail. Prints one line for each thing that held; stops at the
# first that did not. Arguments: IMAP port, POP3 port.
import email
import email.message
import imaplib
import poplib
import re
import sys

imap_port, pop3_port = int(sys.argv[1]), int(sys.argv[2])


def check(what, holds, seen=None):
    if not holds:
        sys.exit(f"did not hold: {what}: {seen!r}")
    print("held:", what)


def message(number, body="text\r\n"):
    made = email.message.EmailMessage()
    made["From"] = "Anna Ängström <anna@a.test>"
    made["To"] = "bob@b.test"
    made["Subject"] = f"Über {number}"
    made["Message-ID"] = f"<{number}@a.test>"
    made.set_content(body)
    made.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="all.bin")
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def text(data):
    return b" ".join(part if isinstance(part, bytes) else b" ".join(part) for part in data if part)


messages = {number: message(number) for number in range(1, 21)}
with imaplib.IMAP4("127.0.0.1", imap_port) as imap:
    for word in ("IMAP4REV1", "IDLE", "UIDPLUS", "MOVE", "NAMESPACE", "SPECIAL-USE", "LITERAL+"):
        check("capability " + word, word in [c.upper() for c in imap.capabilities], imap.capabilities)
    try:
        imap.login("alice", "wrong")
        check("a wrong password is refused", False)
    except imaplib.IMAP4.error as error:
        check("a wrong password is refused", b"AUTHENTICATIONFAILED" in str(error).encode(), error)
    check("login", imap.login("alice", "ruby")[0] == "OK")
    check("namespace", imap.namespace()[0] == "OK")
    kinds, names = imap.list()
    check("list", any(b"\\Sent" in name for name in names), names)
    for number in range(1, 21):
        kind, data = imap.append("INBOX", "(\\Flagged)" if number % 2 else None, '"01-Feb-2020 10:00:00 +0000"', messages[number])
        check(f"append {number}", kind == "OK" and b"APPENDUID" in data[0], data)
    kind, data = imap.select("INBOX")
    check("select", kind == "OK" and data == [b"20"], data)
    kind, data = imap.search(None, "FLAGGED", "SUBJECT", '"7"')
    check("search", data[0].split() == [b"7", b"17"], data)
    imap.literal = "ängström".encode()
    kind, data = imap.uid("SEARCH", "CHARSET", "UTF-8", "FROM")
    check("search in UTF-8", len(data[0].split()) == 20, data)
    kind, data = imap.fetch("3", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
    check("fetch of what is kept", b'"01-Feb-2020' in text(data).replace(b'" 1-', b'"01-') and b"all.bin" in text(data), data)
    kind, data = imap.fetch("1:*", "(BODY.PEEK[])")
    bodies = [part[1] for part in data if isinstance(part, tuple)]
    check("every message comes back as it was", bodies == list(messages.values()))
    kind, data = imap.fetch("2", "(BODY.PEEK[2.MIME] BODY.PEEK[1])")
    check("parts", b"octet-stream" in text(data) and b"text" in text(data), data)
    check("nothing was seen by peeking", imap.search(None, "UNSEEN")[1][0].split() != [])
    kind, data = imap.fetch("2", "(RFC822)")
    check("reading sets seen", b"\\Seen" in text(data) and b"2" not in imap.search(None, "UNSEEN")[1][0].split(), data)
    check("create", imap.create("Projects/2026")[0] == "OK")
    kind, data = imap.copy("1:5", "Projects/2026")
    check("copy", kind == "OK" and b"COPYUID" in data[0], data)
    kind, data = imap.uid("MOVE", "6:8", "Projects/2026")
    check("move", kind == "OK", data)
    check("status", imap.status("Projects/2026", "(MESSAGES UIDNEXT)")[1][0].endswith(b"(MESSAGES 8 UIDNEXT 9)"))
    check("store", imap.store("1:3", "+FLAGS", "(\\Deleted $Work)")[0] == "OK")
    kind, data = imap.expunge()
    check("expunge", data[-3:] == [b"1", b"1", b"1"], data)
    check("rename", imap.rename("Projects", "Old")[0] == "OK" and imap.select("Old/2026")[1] == [b"8"])
    check("subscriptions", imap.subscribe("Old/2026")[0] == "OK" and any(b"Old/2026" in name for name in imap.lsub()[1]))
    check("close", imap.close()[0] == "OK")
    check("delete", imap.delete("Old/2026")[0] == "OK")
    check("select of what is gone", imap.select("Old/2026")[0] == "NO")

pop = poplib.POP3("127.0.0.1", pop3_port)
check("POP3 capabilities", {"UIDL", "TOP", "USER", "PIPELINING"} & set(pop.capa()) >= {"UIDL", "TOP"}, pop.capa())
pop.user("alice")
pop.pass_("ruby")
count, size = pop.stat()
check("STAT", count == 14, count)
_, listing, _ = pop.list()
check("LIST", sum(int(line.split()[1]) for line in listing) == size, listing)
_, names, _ = pop.uidl()
check("UIDL", len({line.split()[1] for line in names}) == 14, names)
for number in range(1, count + 1):
    _, lines, octets = pop.retr(number)
    read = email.message_from_bytes(b"\r\n".join(lines) + b"\r\n")
    check(f"RETR {number}", read["Message-ID"] is not None and octets == int(listing[number - 1].split()[1]), octets)
_, lines, _ = pop.top(1, 0)
check("TOP", lines[-1] == b"" and any(line.startswith(b"Subject:") for line in lines), lines)
pop.dele(1)
pop.rset()
pop.dele(2)
pop.quit()
pop = poplib.POP3("127.0.0.1", pop3_port)
pop.user("alice")
pop.pass_("ruby")
check("QUIT deletes", pop.stat()[0] == 13)
pop.quit()
print("everything held")
