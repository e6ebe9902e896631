# The other side of our DKIM, by dkimpy. Keys come as one JSON line on standard input: {"rsa": PEM, "ed25519": base64 of the seed, "records":
# {name: text}}.
#   sign SEED COUNT   makes up messages, signs each, damages some, and prints {"message": base64, "valid": what dkimpy says} for each
# Bodies end with a line end, as those that SMTP carries do: dkimpy keeps blanks at the end of a line that has none.
#   verify            reads further lines, each a message in base64, and prints for each the list of what dkimpy says of its signatures
import base64
import json
import random
import sys

import dkim

keys = json.loads(sys.stdin.readline())
records = {name.rstrip("."): text for name, text in keys["records"].items()}


def lookup(name, timeout=5):
    text = records.get(name.decode().rstrip("."))
    return text.encode() if text is not None else None


def valid(message, index):
    try:
        return bool(dkim.DKIM(message, minkey=1024).verify(idx=index, dnsfunc=lookup))
    except (dkim.DKIMException, ValueError):
        return False


def text(words):
    return " ".join(random.choice(["alpha", "beta", "caf\xe9", "", " ", "\t", "=", "a:b", ";", "x" * 40]) for _ in range(words))


def message():
    names = ["To", "Subject", "Date", "cc", "X-One", "Received", "Message-ID", "Content-Type", "Subject", "x-one"]
    fields = ["From: Ann <ann@x.test>"]
    for name in random.sample(names, random.randint(0, 8)):
        value = text(random.randint(0, 6))
        if random.random() < 0.4:
            value += "\r\n" + random.choice([" ", "\t", "  "]) + "folded " + text(2)
        fields.append(name + random.choice([":", ": ", ":\t", ":  "]) + value)
    random.shuffle(fields)
    lines = [text(random.randint(0, 5)) for _ in range(random.randint(0, 8))]
    body = "\r\n".join(lines) + random.choice(["\r\n", "\r\n\r\n\r\n", " \r\n"])
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode("latin-1")


def damaged(data):
    if random.random() < 0.5:
        return data
    place = random.randrange(len(data))
    kind = random.randrange(5)
    if kind == 0:
        return data[:place] + bytes([random.choice(b"aZ 9;:=")]) + data[place + 1:]
    if kind == 1:
        return data + random.choice([b"\r\n", b" \r\n", b"x\r\n"])
    if kind == 2:
        return data.replace(b"\r\n\r\n", b"\r\n" + random.choice([b"Subject: more", b"From: e@evil.test", b"X-New: a"]) + b"\r\n\r\n", 1)
    if kind == 3:
        return data.replace(b"  ", b" ", 1)
    return data.replace(b"alpha", b"alphb", 1)


if sys.argv[1] == "verify":
    for line in sys.stdin:
        data = base64.b64decode(line)
        signatures = sum(1 for name, _ in dkim.DKIM(data).headers if name.lower() == b"dkim-signature")
        print(json.dumps([valid(data, index) for index in range(signatures)]))
else:
    random.seed(int(sys.argv[2]))
    for _ in range(int(sys.argv[3])):
        data = message()
        algorithm = random.choice([b"rsa-sha256", b"ed25519-sha256"])
        key = keys["rsa"].encode() if algorithm == b"rsa-sha256" else keys["ed25519"].encode()
        selector = b"s0" if algorithm == b"rsa-sha256" else b"s1"
        include = [b"from"] + [name for name in (b"to", b"subject", b"date", b"x-one", b"cc") if random.random() < 0.6]
        signature = dkim.sign(
            data, selector, b"x.test", key, canonicalize=(random.choice([b"simple", b"relaxed"]), random.choice([b"simple", b"relaxed"])),
            signature_algorithm=algorithm, include_headers=include, length=random.random() < 0.1)
        data = damaged(signature + data)
        print(json.dumps({"message": base64.b64encode(data).decode(), "valid": valid(data, 0)}))
