"""A mail host under test, for the scripts beside this one: its settings, its start, how users come in, and what waits in its queue.

Ada and Bob live at home.test, with the password `ruby`.
"""
import re
import smtplib
import sqlite3
import ssl
import subprocess
import sys

secure = ssl.create_default_context()
secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE


def settle(folder, smart_host):
    """Writes the settings: everything at free ports, all mail for elsewhere to `smart_host`."""
    with open(f"{folder}/netstead.yaml", "w") as file:
        file.write(f"""
domain: home.test
data: {folder}/data
ports: {{dns: 0, http: 0, https: 0, console: 0, smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: 0, imaps: 0}}
trace: {{on: false}}
mail:
  smart-host: {smart_host}
  care: careless
  users:
    ada: '$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'
    bob: '$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'
""")


def start(program, folder):
    """The host, and the port of each of its services."""
    host = subprocess.Popen([program, "up", "--settings", f"{folder}/netstead.yaml"], stderr=subprocess.PIPE, text=True)
    ports = {}
    for line in host.stderr:
        if found := re.match(r"  (\S+) at .*:(\d+)$", line):
            ports[found[1]] = int(found[2])
        if "stop by" in line:
            return host, ports
    sys.exit("the host did not start")


def submission(port):
    """Ada, logged in."""
    client = smtplib.SMTP_SSL("127.0.0.1", port, context=secure, local_hostname="pc.test", timeout=30)
    client.login("ada", "ruby")
    return client


def rows(folder):
    """How many letters wait in the queue."""
    with sqlite3.connect(f"file:{folder}/data/mail/records.sqlite?mode=ro", uri=True) as records:
        return records.execute("SELECT count(*) FROM record WHERE tab = 'mail-queue'").fetchone()[0]
