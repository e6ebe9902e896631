"""A suite of tests as the owner of a service would write it: mail by smtplib and imaplib, names by dnspython, pages by requests.

Where the servers are it learns from its environment. Usage: ci_suite.py Service (it passes), ci_suite.py Wrong (it fails).
"""
import email.message
import imaplib
import os
import smtplib
import socket
import ssl
import sys
import time
import unittest

import dns.resolver
import requests

API = os.environ["NETSTEAD_API"]


def place(name):
    host, port = os.environ[name].rsplit(":", 1)
    return host, int(port)


def resolver():
    own = dns.resolver.Resolver(configure=False)
    own.nameservers, own.port = [place("NETSTEAD_RESOLVER")[0]], place("NETSTEAD_RESOLVER")[1]
    own.lifetime = 5
    return own


def letter(subject, to="reader@cobalt.test"):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@garnet.test", to, subject
    message.set_content("Press here: http://www.garnet.test/confirm?token=4711\n")
    return message


class Service(unittest.TestCase):
    def setUp(self):
        requests.delete(API + "/messages").raise_for_status()
        for address in ("ada@garnet.test", "bob@garnet.test"):
            made = requests.post(API + "/accounts", json={"address": address, "password": "jade"})
            self.assertIn(made.status_code, (200, 201), made.text)

    def submit(self, message):
        with smtplib.SMTP(*place("NETSTEAD_SUBMISSION"), timeout=20) as connection:
            connection.starttls(context=ssl.create_default_context())
            connection.login("ada@garnet.test", "jade")
            connection.send_message(message)

    def test_a_letter_arrives_elsewhere_with_its_verdicts(self):
        self.submit(letter("Please confirm"))
        found = requests.get(API + "/messages", params={"to": "reader@cobalt.test", "subject": "confirm", "wait": "20s"}).json()["messages"]
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["from"], "ada@garnet.test")
        self.assertEqual(found[0]["host"], "mail.cobalt.test")
        self.assertEqual(found[0]["verdicts"], {"spf": "pass", "dkim": "pass", "dmarc": "none"})
        self.assertIn("token=4711", found[0]["text"])
        raw = requests.get(f"{API}/messages/{found[0]['id']}")
        self.assertEqual(raw.headers["Content-Type"], "message/rfc822")
        self.assertIn(b"DKIM-Signature:", raw.content)

    def test_a_letter_is_read_by_imap(self):
        self.submit(letter("For Bob", to="bob@garnet.test"))
        with imaplib.IMAP4(*place("NETSTEAD_IMAP")) as box:
            box.starttls(ssl.create_default_context())
            box.login("bob@garnet.test", "jade")
            self.assertEqual(box.select(), ("OK", [b"1"]))
            self.assertIn(b"Subject: For Bob", box.fetch("1", "(RFC822)")[1][0][1])

    def test_nobody_is_told_of_letters_that_do_not_come(self):
        self.assertEqual(requests.get(API + "/messages", params={"to": "bob@garnet.test", "wait": "100ms"}).json(), {"messages": []})

    def test_a_name_changes_when_its_time_is_over(self):
        def address():
            return [str(record) for record in resolver().resolve("app.cobalt.test", "A")]

        for data, seen in (("127.51.100.77", "127.51.100.77"), ("127.51.100.78", "127.51.100.77")):
            requests.post(API + "/records", json={"name": "app.cobalt.test", "type": "A", "ttl": 300, "data": data}).raise_for_status()
            self.assertEqual(address(), [seen])
        requests.post(API + "/clock/advance", json={"by": "10m"}).raise_for_status()
        self.assertEqual(address(), ["127.51.100.78"])
        requests.delete(API + "/records", params={"name": "app.cobalt.test", "type": "A"}).raise_for_status()

    def test_a_mail_waits_until_its_server_is_back(self):
        requests.post(API + "/faults", json={"host": "mail.cobalt.test", "cut": True}).raise_for_status()
        self.submit(letter("Late"))
        self.assertEqual(requests.get(API + "/messages", params={"subject": "Late", "wait": "300ms"}).json(), {"messages": []})
        self.assertEqual(requests.delete(API + "/faults").json(), {"removed": 1})
        for _ in range(12):
            requests.post(API + "/clock/advance", json={"by": "1h"}).raise_for_status()
            if requests.get(API + "/messages", params={"subject": "Late", "wait": "1s"}).json()["messages"]:
                return
        self.fail("the letter was never tried again")

    def test_what_was_said_is_there_to_be_looked_at(self):
        page = requests.get(os.environ["NETSTEAD_HTTP"] + "/notes.txt", timeout=10)
        self.assertEqual(page.status_code, 200)
        lines = requests.get(API + "/events", params={"proto": "http", "host": "www.garnet.test", "wait": "5s"}).text.splitlines()
        self.assertTrue(any("GET /notes.txt" in line for line in lines))

    def test_recipients_that_fail_on_purpose(self):
        def codes(*names):
            with smtplib.SMTP(*place("NETSTEAD_SMTP"), timeout=20) as connection:
                connection.ehlo("shop.example")
                connection.mail("shop@shop.example")
                return [connection.rcpt(name + "@garnet.test")[0] for name in names]

        self.assertEqual(codes("temperror", "permerror", "452", "full", "greylist"), [451, 550, 452, 452, 451])
        requests.post(API + "/clock/advance", json={"by": "6m"}).raise_for_status()
        self.assertEqual(codes("greylist"), [250])
        with smtplib.SMTP(*place("NETSTEAD_SMTP"), timeout=20) as connection:
            with self.assertRaises(smtplib.SMTPDataError) as refused:
                connection.sendmail("shop@shop.example", ["data-permerror@garnet.test"], b"Subject: x\r\n\r\nx\r\n")
            self.assertEqual(refused.exception.smtp_code, 550)

    def test_mail_that_comes_back_later(self):
        self.submit(letter("There and back", to="bounce-later@garnet.test"))
        with imaplib.IMAP4(*place("NETSTEAD_IMAP")) as box:
            box.starttls(ssl.create_default_context())
            box.login("ada@garnet.test", "jade")
            for _ in range(200):
                if box.select()[1] != [b"0"]:
                    break
                time.sleep(0.1)
            self.assertIn(b"Undelivered mail", box.fetch("1", "(RFC822)")[1][0][1])

    def test_sites_and_names_that_fail_on_purpose(self):
        def get(host):
            return requests.get(f"http://{host}.fail.test/x", timeout=3)

        self.assertEqual(get("status-503").status_code, 503)
        self.assertEqual(get("retry-after-30").headers["Retry-After"], "30")
        for host, error in (
            ("redirect-loop", requests.TooManyRedirects), ("bad-chunk", requests.exceptions.ChunkedEncodingError), ("reset", requests.ConnectionError),
            ("slow-headers", requests.Timeout), ("stall-1k", requests.ConnectionError),
        ):
            with self.assertRaises(error, msg=host):
                get(host)
        for host, why in (
            ("expired-cert", "expired"), ("wrong-name", "doesn't match|not valid for"), ("self-signed", "self.signed certificate"), ("unknown-root", "unable to get local issuer"),
        ):
            with self.assertRaisesRegex(requests.exceptions.SSLError, why, msg=host):
                requests.get(f"https://{host}.fail.test/", timeout=5)
        with socket.create_connection(("early-hints.fail.test", 80), timeout=5) as hinted:
            hinted.sendall(b"GET / HTTP/1.1\r\nHost: early-hints.fail.test\r\nConnection: close\r\n\r\n")
            self.assertRegex(b"".join(iter(lambda: hinted.recv(4096), b"")), rb"(?s)^HTTP/1.1 103 .*Link: .*HTTP/1.1 200 ")
        for name, error in (("nxdomain", dns.resolver.NXDOMAIN), ("nodata", dns.resolver.NoAnswer), ("servfail", dns.resolver.NoNameservers), ("lame", dns.resolver.NoNameservers)):
            with self.assertRaises(error, msg=name):
                resolver().resolve(name + ".fail.test", "A")
        self.assertEqual(resolver().resolve("truncated.fail.test", "A").rrset.ttl, 60)
        self.assertEqual(resolver().resolve("ttl-1.fail.test", "A").rrset.ttl, 1)


class Wrong(unittest.TestCase):
    def test_that_fails(self):
        requests.post(API + "/faults", json={"between": ["pc", "www.garnet.test"], "delay": "20ms"}).raise_for_status()
        requests.post(API + "/accounts", json={"address": "eve@garnet.test", "password": "never-shown"}).raise_for_status()
        page = requests.get(os.environ["NETSTEAD_HTTP"] + "/", timeout=10)
        self.assertIn("Emerald", page.text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "--verbose"] + sys.argv[1:])
