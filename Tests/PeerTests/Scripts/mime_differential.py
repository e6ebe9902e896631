# Messages made up from a seed, some of them damaged, and what Python's email package makes of them: one JSON object per line.
#   {"message": base64, "tree": [type, children] or [type, content in base64, file name], "defects": [...], "damaged": bool, "subject": ..., "to": [[name, address], ...]}
import base64
import email
import email.errors
import email.header
import email.utils
import json
import quopri
import random
import sys

seed, count = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
WORDS = ["alpha", "beta", "caf\u00e9", "gr\u00fc\u00dfe", "\u65e5\u672c", "x" * 30, "--", "=", "a:b", ".", "From x", "tab\there"]


def words(most):
    return " ".join(random.choice(WORDS) for _ in range(random.randint(0, most)))


def text():
    return "".join(words(6) + "\r\n" for _ in range(random.randint(0, 5)))


def leaf():
    body = text().encode()
    kind = random.randrange(5)
    head = "Content-Type: %s\r\n" % random.choice(["text/plain; charset=utf-8", "text/html; charset=\"utf-8\"", "Text/Plain; Charset=UTF-8", "application/octet-stream; name=\"a b.bin\""])
    if kind == 0:
        head += "Content-Transfer-Encoding: base64\r\n"
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif kind == 1:
        head += "Content-Transfer-Encoding: Quoted-Printable\r\n"
        body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif kind == 2:
        head += "Content-Transfer-Encoding: 8bit\r\n"
    elif kind == 3:
        head = random.choice(["", "X-Only: this\r\n"])
    if random.random() < 0.2:
        head += "Content-Disposition: attachment;\r\n filename*0*=utf-8''%s;\r\n filename*1=\"b c.txt\"\r\n" % "caf%C3%A9%20"
    return head.encode(), body


boundaries = iter(range(10**9))


def part(depth):
    choice = random.random()
    if depth > 0 and choice < 0.45:
        boundary = "b%d" % next(boundaries)
        subtype = random.choice(["mixed", "alternative", "related"])
        head = ("Content-Type: multipart/%s;%sboundary=%s\r\n" % (subtype, random.choice([" ", "\r\n\t"]), random.choice([boundary, '"%s"' % boundary]))).encode()
        body = random.choice([b"", b"preamble\r\n"])
        for _ in range(random.randint(1, 3)):
            inner_head, inner_body = part(depth - 1)
            body += b"--" + boundary.encode() + random.choice([b"", b"  "]) + b"\r\n" + inner_head + b"\r\n" + inner_body + b"\r\n"
        body += b"--" + boundary.encode() + b"--\r\n" + random.choice([b"", b"epilogue\r\n"])
        return head, body
    if depth > 0 and choice < 0.55:
        inner_head, inner_body = part(depth - 1)
        return b"Content-Type: message/rfc822\r\n", b"Subject: inside " + b"\r\n" + inner_head + b"\r\n" + inner_body
    return leaf()


def encoded(value):
    return random.choice([value if value.isascii() else email.header.Header(value, "utf-8").encode(), email.header.Header(value, "utf-8", maxlinelen=40).encode().replace("\n", "\r\n")])


def address():
    name = random.choice(["Ann", "Ann B. Cee", '"Cee, Ann"', encoded("caf\u00e9 gr\u00fc\u00dfe"), ""])
    local = random.choice(["ann", "a.b+c", '"a b"', "x-y"])
    host = random.choice(["x.test", "Sub.X.test"])
    return "%s <%s@%s>" % (name, local, host) if name or random.random() < 0.5 else "%s@%s" % (local, host)


def message():
    head, body = part(3)
    fields = [
        "From: " + address(), "To: " + random.choice([", ", ",\r\n "]).join(address() for _ in range(random.randint(1, 4))),
        "Subject: " + encoded(words(5).replace("\t", " ").strip() or "x"), "Date: Sat, 29 Nov 2025 08:25:00 +0100", "MIME-Version: 1.0",
    ]
    random.shuffle(fields)
    return ("\r\n".join(fields) + "\r\n").encode() + head + b"\r\n" + body


def damaged(data):
    lines = data.split(b"\r\n")
    place = random.randrange(len(lines))
    kind = random.randrange(4)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines.insert(place, random.choice([b"--b1", b"--b2--", b"x: y", b"no field", b""]))
    elif kind == 2:
        lines = lines[:place]
    else:
        lines[place] = lines[place][: len(lines[place]) // 2]
    return b"\r\n".join(lines)


def tree(part):
    kind = part.get_content_type()
    if part.is_multipart():
        return [kind, [tree(child) for child in part.get_payload()]]
    payload = part.get_payload(decode=True)
    try:
        name = part.get_filename() or ""
    except TypeError:
        # Python's own failure, on pieces of a parameter of which one has no number.
        name = None
    return [kind, base64.b64encode(payload if payload is not None else b"").decode(), name]


for _ in range(count):
    data = message()
    is_damaged = random.random() < 0.4
    if is_damaged:
        data = damaged(data)
    read = email.message_from_bytes(data)
    parts = tree(read)
    defects = [type(defect).__name__ for part in read.walk() for defect in part.defects]
    subject = read["Subject"]
    try:
        subject = None if subject is None else str(email.header.make_header(email.header.decode_header(str(subject).replace("\r\n", ""))))
    except (ValueError, LookupError, email.errors.HeaderParseError):
        subject = None
    print(json.dumps({
        "message": base64.b64encode(data).decode(), "tree": parts, "defects": defects,
        "damaged": is_damaged, "subject": subject,
        "to": email.utils.getaddresses([str(v) for v in read.get_all("To", [])]),
    }))
