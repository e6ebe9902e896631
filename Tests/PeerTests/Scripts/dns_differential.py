#!/usr/bin/python3
# What dnspython makes of DNS messages, for comparison with ours.
#
# Without arguments: reads one message in hexadecimal per line, and prints for each either `error` or the message in the
# canonical form below, or `skip` when the two are known to differ, on one line. With `make SEED COUNT`: prints COUNT random messages that dnspython wrote, each as
# hexadecimal, a blank, and its canonical form.
#
# Canonical form: words joined by blanks.
#   id=N flags=N                      the header's first four bytes
#   q=NAME,TYPE,CLASS                 for each question
#   e=SIZE,TTL,CODE:DATA,...          for the OPT record, the TTL field as one number
#   an= au= ad= NAME,TYPE,CLASS,TTL,DATA   for each record, without OPT
# Names and data are hexadecimal, names uncompressed.
import random
import sys

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

KNOWN = {"A", "AAAA", "NS", "CNAME", "PTR", "DNAME", "MX", "SOA", "TXT", "SRV", "CERT", "CAA", "HINFO"}
OPT = 41
# Older types whose names we uncompress, and TSIG, which dnspython verifies.
COMPRESSED = {3, 4, 7, 8, 9, 14, 17, 18, 21, 24, 26, 30, 35, 36, 250}


def rdata_bytes(rdata):
    return rdata.to_wire(origin=dns.name.root).hex()


def name_hex(name):
    return name.to_wire().hex()


def record_words(key, sets):
    words = []
    for rrset in sets:
        for rdata in rrset:
            # RFC 1035 §3.3.14: one or more strings. dnspython also takes none.
            if rrset.rdtype == dns.rdatatype.TXT and not rdata.to_wire():
                raise Skip
            words.append(f"{key}={name_hex(rrset.name)},{int(rrset.rdtype)},{int(rrset.rdclass)},{rrset.ttl},{rdata_bytes(rdata)}")
    return words


def canonical(message):
    words = [f"id={message.id}", f"flags={message.flags}"]
    for question in message.question:
        words.append(f"q={name_hex(question.name)},{int(question.rdtype)},{int(question.rdclass)}")
    if message.opt is not None:
        options = "".join(f",{int(o.otype)}:{o.to_wire().hex()}" for o in message.options)
        words.append(f"e={message.payload},{message.ednsflags}{options}")
    words += record_words("an", message.answer)
    words += record_words("au", message.authority)
    words += record_words("ad", message.additional)
    return " ".join(words)



class Skip(Exception):
    """Something in the message that the two sides are known to see differently."""


def read(wire):
    return dns.message.from_wire(wire, one_rr_per_rrset=True)


def bare_reader():
    """Makes dnspython read as we do: every opcode alike, types that are not in KNOWN as bytes, options as bytes."""
    original = dns.rdata.get_rdata_class

    def limited(rdclass, rdtype):
        if rdtype == OPT:
            return original(rdclass, rdtype)
        # Empty data in updates is read by us, and by dnspython only in messages it knows to be updates.
        if rdtype in COMPRESSED or rdclass in (254, 255):
            raise Skip
        if dns.rdatatype.to_text(rdtype) in KNOWN and (rdclass == dns.rdataclass.IN or rdtype not in (1, 28, 33)):
            return original(rdclass, rdtype)
        return dns.rdata.GenericRdata

    dns.rdata.get_rdata_class = limited
    dns.opcode.from_flags = lambda flags: 0
    dns.message._message_factory_from_opcode = lambda opcode: dns.message.Message
    dns.edns._type_to_class.clear()


def random_name(rng):
    labels = ["www", "ns1", "Mail", "a", "_sip", "x--y", "*", "long" * 15]
    endings = ["", "test", "garnet.test", "Garnet.Test", "deep.deeper.deepest.test"]
    name = dns.name.from_text(rng.choice(endings) + ".")
    for _ in range(rng.randrange(4)):
        label = rng.choice(labels).encode() if rng.randrange(8) else rng.randbytes(rng.randrange(1, 20))
        name = dns.name.Name((label,) + name.labels)
    return name


def random_rdata(rng):
    def text():
        return "".join(f"\\{b:03d}" for b in rng.randbytes(rng.randrange(30)))

    kind = rng.choice(sorted(KNOWN) + ["TYPE65280"])
    n8, n16, n32 = rng.randrange(2**8), rng.randrange(2**16), rng.randrange(2**32)
    name = random_name(rng).to_text()
    words = {
        "A": ".".join(str(b) for b in rng.randbytes(4)),
        "AAAA": ":".join(f"{rng.randrange(2**16):x}" for _ in range(8)),
        "NS": name, "CNAME": name, "PTR": name, "DNAME": name,
        "MX": f"{n16} {name}",
        "SOA": f"{name} {random_name(rng).to_text()} {n32} 1 2 3 4",
        "TXT": " ".join(f'"{text()}"' for _ in range(rng.randrange(1, 4))),
        "SRV": f"{n16} 1 2 {name}",
        "CERT": f"{n16} 1 {n8} AQIDBA==",
        "CAA": f'{n8} issue "{text()}"',
        "HINFO": f'"{text()}" "{text()}"',
        "TYPE65280": "\\# 3 010203",
    }[kind]
    return dns.rdata.from_text("IN", kind, words)


def random_message(rng):
    message = dns.message.Message(id=rng.randrange(2**16))
    message.flags = rng.choice([0x0100, 0x8400, 0x8583, 0x8180])
    message.question.append(dns.rrset.RRset(random_name(rng), dns.rdataclass.IN, dns.rdatatype.from_text(rng.choice(sorted(KNOWN)))))
    for section in (message.answer, message.authority, message.additional):
        for _ in range(rng.randrange(5)):
            section.append(dns.rrset.from_rdata(random_name(rng), rng.randrange(2**31), random_rdata(rng)))
    if rng.randrange(2):
        options = [dns.edns.GenericOption(65001 + rng.randrange(9), rng.randbytes(rng.randrange(20))) for _ in range(rng.randrange(3))]
        message.use_edns(0, rng.choice([0, dns.flags.DO]), rng.randrange(512, 5000), options=options)
    return message


def main():
    bare_reader()
    if len(sys.argv) == 4 and sys.argv[1] == "make":
        rng = random.Random(int(sys.argv[2]))
        for _ in range(int(sys.argv[3])):
            wire = random_message(rng).to_wire(max_size=65535)
            print(wire.hex(), canonical(read(wire)))
        return
    for line in sys.stdin:
        try:
            print(canonical(read(bytes.fromhex(line.strip()))))
        except (Skip, dns.message.UnknownTSIGKey, dns.message.BadTSIG):
            print("skip")
        except Exception as error:
            # RFC 8659 §4.1: a bad tag is the issuer's business to us, not a reason to refuse the whole message.
            if "alphanumeric" in str(error):
                print("skip")
                continue
            print("error", type(error).__name__, str(error).replace("\n", " "))


main()
