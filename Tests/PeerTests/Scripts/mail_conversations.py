# Python's own clients against our servers, inside TLS begun in the middle: prints what they were told, one line for each thing done.
# Arguments: port of submission, port of POP3, file with the authority's certificate. Called by MailConversationPeerTests.swift.
import poplib
import smtplib
import ssl
import sys

submission, pop3, authority = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=authority)

client = smtplib.SMTP("localhost", submission, local_hostname="pc.home.test", timeout=20)
try:
    client.sendmail("alice@home.test", ["bob@home.test"], "x")
except smtplib.SMTPSenderRefused as error:
    print("before TLS", error.smtp_code)
client.starttls(context=context)
try:
    client.login("alice", "guess")
except smtplib.SMTPAuthenticationError as error:
    print("wrong password", error.smtp_code)
print("login", client.login("alice", "secret")[0])
refused = client.sendmail("alice@home.test", ["bob@home.test", "nobody@home.test"], "Subject: dots\n\n.one\n..\n.\nlast")
print("refused", {name: reply[0] for name, reply in refused.items()})
print("long", client.sendmail("alice@home.test", ["bob@home.test"], b"Subject: long\r\n\r\n" + (b"." * 998 + b"\r\n") * 1_000))
print("quit", client.quit()[0])

client = smtplib.SMTP("localhost", submission, local_hostname="pc.home.test", timeout=20)
client.starttls(context=context)
client.ehlo()
client.user, client.password = "alice", "secret"
print("step by step", client.auth("LOGIN", client.auth_login, initial_response_ok=False)[0])
client.quit()

box = poplib.POP3("localhost", pop3, timeout=20)
print("before TLS", sorted(box.capa()))
box.stls(context=context)
print("inside TLS", "USER" in box.capa())
print(box.user("alice").decode(), box.pass_("secret").decode())
print("status", *box.stat())
print("list", *[line.decode() for line in box.list()[1]])
print("names", *[line.decode() for line in box.uidl()[1]])
print("fetched", box.retr(1)[1])
print("top", box.top(2, 1)[1])
print("deleted", box.dele(1).decode())
print("quit", box.quit().decode())
