# Makes up sender policies from a seed, with the zones they need, and prints what pyspf says: one JSON object per line.
# Left out is where pyspf parts with RFC 7208: void look-ups (it counts those of ptr too), policies that include themselves (it looks at
# more than is weighed), other modifiers given twice, and silent servers of hosts that need not be asked or that ptr passes over.
import json
import random
import socket
import sys

import spf

seed, count = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
CLIENTS = ["192.0.2.1", "192.0.2.130", "198.51.100.7", "2001:db8::1", "2001:db8:1::25"]
HOSTS = ["a.test", "b.test", "c.a.test", "mail.x.test", "y.test"]
zone = {}


def lookup(name, qtype, strict=True, timeout=None, level=0):
    types = zone.get(name.lower().rstrip("."))
    if types is None:
        return
    data = types.get(qtype)
    if data is None:
        if "TIMEOUT" in types:
            raise spf.TempError("DNS timeout")
        return
    for value in data:
        if value == "TIMEOUT":
            raise spf.TempError("DNS timeout")
        if qtype == "TXT":
            value = tuple(text.encode() for text in value)
        elif qtype == "AAAA":
            value = socket.inet_pton(socket.AF_INET6, value)
        elif qtype == "MX":
            value = tuple(value)
        yield ((name, qtype), value)


spf.DNSLookup = lookup


def domain(depth):
    return random.choice(
        HOSTS + ["%{d}", "z%{l}.test", "%{ir}.a.test", "%{d2}", "%{l1r-}.%{d}", "a.test", "b.test", "p%{i}.test", "x.test."]
        + ["none.test", "%{h}", "q.%{o}", "a..test", "bad", "%{x}.test"][: 6 if random.random() < 0.15 else 1]
    )


def prefix():
    return random.choice(["", "", "", "/24", "//48", "/25//64", "/0", "/32", "//0"] + (["/33", "/", "//129"] if random.random() < 0.1 else []))


def term(depth):
    kind = random.choice(["all", "ip4", "ip4", "ip6", "ip6", "a", "a", "mx", "mx", "ptr", "exists", "include", "include", "other"])
    sign = random.choice(["", "", "", "+", "-", "~", "?"])
    if kind == "all":
        return sign + "all" if random.random() < 0.4 else sign + "a:b.test"
    if kind == "ip4":
        return sign + "ip4:" + random.choice(["192.0.2.1", "192.0.2.128/25", "198.51.100.0/24", "203.0.113.1", "0.0.0.0/1"] + (["192.0.2", "1.2.3.4/40"] if random.random() < 0.05 else []))
    if kind == "ip6":
        return sign + "ip6:" + random.choice(["2001:db8::/33", "2001:db8:1::/48", "2001:db8::1", "::/0", "fe80::/10"] + (["2001:db8", "::1/200"] if random.random() < 0.05 else []))
    if kind in ("a", "mx"):
        return sign + kind + (":" + domain(depth) if random.random() < 0.7 else "") + prefix()
    if kind == "ptr":
        return sign + kind + (":" + domain(depth) if random.random() < 0.5 else "")
    if kind == "exists":
        return sign + kind + ":" + domain(depth)
    if kind == "include":
        return sign + kind + ":" + random.choice(["i%d.test" % n for n in range(depth + 1, 4)] + (["none.test", "slow.test"] if depth == 3 or random.random() < 0.2 else []))
    return random.choice(["m%d=bar" % random.randrange(10**9), "exp=e.test"] + (["foo:bar.test", "foo", "x=%", "exp=e.test exp=e.test"] if random.random() < 0.3 else []))


def policy(depth):
    terms = [term(depth) for _ in range(random.randint(0, 4))]
    ending = random.random()
    if ending < 0.45:
        terms.append(random.choice("-~?+") + "all")
    elif ending < 0.6:
        terms.append("redirect=" + random.choice(["i%d.test" % n for n in range(depth + 1, 4)] + ["none.test"]))
    text = " ".join(["v=spf1"] + terms)
    cut = random.randint(0, len(text))
    return [text] if random.random() < 0.8 else [text[:cut], text[cut:]]


def some(values, most):
    return random.sample(values, random.randint(0, most))


def world():
    zone.clear()
    for depth, name in enumerate(("x.test", "i1.test", "i2.test", "i3.test")):
        zone[name] = {"TXT": [policy(depth)]}
        if random.random() < 0.05:
            zone[name]["TXT"].append(["some other text"])
        if random.random() < 0.03:
            zone[name]["TXT"].append(policy(depth))
        if random.random() < 0.03:
            zone[name] = {"TIMEOUT": []}
        if random.random() < 0.05:
            zone[name].pop("TXT", None)
    zone["slow.test"] = {"TIMEOUT": []}
    zone["e.test"] = {"TXT": [["go away"]]}
    four = [c for c in CLIENTS if ":" not in c] + ["203.0.113.9", "192.0.2.99"]
    six = [c for c in CLIENTS if ":" in c] + ["2001:db8::99"]
    for name in HOSTS + ["x.test", "zjoe.test", "joe.x.test", "q.x.test", "helo.test", "1.2.0.192.a.test", "m1.test", "m2.test"]:
        entry = zone.setdefault(name, {})
        # No void look-ups here: each name has addresses of both families and a mail exchanger.
        entry["A"] = some(four, 3) or ["203.0.113.80"]
        entry["AAAA"] = some(six, 2) or ["2001:db8:ffff::1"]
        entry["MX"] = [[n, host] for n, host in enumerate(some(["m1.test", "m2.test", "a.test", "mail.x.test"], 3) or ["m1.test"])]
        if random.random() < 0.2 and name in ("zjoe.test", "joe.x.test", "q.x.test"):
            entry["A"] = ["TIMEOUT"]
    for client in CLIENTS:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in client else socket.AF_INET, client)
        if ":" in client:
            reverse = ".".join(reversed(packed.hex())) + ".ip6.arpa"
        else:
            reverse = ".".join(str(byte) for byte in reversed(packed)) + ".in-addr.arpa"
        zone[reverse] = {"PTR": some(HOSTS + ["x.test"], 3) or ["a.test"]}


made = 0
while made < count:
    world()
    client = random.choice(CLIENTS)
    sender = "joe@" + random.choice(["x.test"] * 12 + ["none.test", "y.test", "bad"])
    query = spf.query(i=client, s=sender, h="helo.test", receiver="receiver.test", strict=True, timeout=60)
    result = query.check()[0]
    if query.void_lookups > 0:
        continue
    made += 1
    print(json.dumps({"zone": zone, "client": client, "sender": sender, "result": result}))
