# Python's mail clients against our servers. First argument: what to do; see the end.
import email, email.header, email.message, imaplib, poplib, smtplib, ssl, sys, time

def context(authority):
    made = ssl.create_default_context(cafile=authority)
    return made

def imap(port, authority, user, password):
    client = imaplib.IMAP4('localhost', int(port))
    client.starttls(context(authority))
    client.login(user, password)
    return client

def count(port, authority, user, password):
    client = imap(port, authority, user, password)
    print(int(client.select('INBOX')[1][0]))
    client.logout()

def fill(port, authority, number):
    client = smtplib.SMTP('localhost', int(port), local_hostname='pc.test')
    client.starttls(context=context(authority))
    client.login('ada', 'ruby')
    for index in range(int(number)):
        client.sendmail('ada@home.test', ['bob@home.test'], f'From: ada@home.test\r\nTo: bob@home.test\r\nSubject: number {index}\r\n\r\n.dots\r\n..and more\r\n{index}\r\n')
    client.quit()

def look(port, authority, user, password):
    client = imap(port, authority, user, password)
    total = int(client.select('INBOX')[1][0])
    seen = len(client.search(None, 'SEEN')[1][0].split())
    print(f'INBOX {total} seen {seen}')
    total = int(client.select('Stones')[1][0])
    subject = email.message_from_bytes(client.fetch('1', '(BODY.PEEK[])')[1][0][1])['subject']
    print(f'Stones {total} {subject}')
    client.logout()

def parts(port, authority, user, password):
    client = imap(port, authority, user, password)
    client.select('INBOX')
    message = email.message_from_bytes(client.fetch('1', '(BODY.PEEK[])')[1][0][1])
    print(email.header.make_header(email.header.decode_header(message['subject'])))
    for part in message.walk():
        print(part.get_content_type(), part.get_filename(), (part.get_payload(decode=True) or b'').decode('utf-8', 'replace'))
    print(client.fetch('1', '(BODYSTRUCTURE ENVELOPE)'))
    client.logout()

def put(port, user, password):
    client = imaplib.IMAP4('127.0.0.1', int(port))
    client.login(user, password)
    print(client.append('INBOX', None, None, b'Subject: put here\r\n\r\n.one\r\n..two\r\n')[0])
    client.logout()

def wide(port, authority):
    """Sends a letter of eight bits, and says so."""
    client = smtplib.SMTP('localhost', int(port), local_hostname='pc.test')
    client.starttls(context=context(authority))
    client.login('ada', 'ruby')
    text = 'From: ada@home.test\r\nSubject: wide\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe aus Granat\r\n'
    client.sendmail('ada@home.test', ['eve@elsewhere.test'], text.encode(), mail_options=['BODY=8BITMIME'])
    client.quit()

def narrow(box, dns_port):
    """Reads the first letter of a box, which has seven bits only, and checks its signatures by the keys that our name server has."""
    import dkim, dns.message, dns.query
    letter = open(box, 'rb').read().split(b'\n', 1)[1]
    must('seven bits', all(byte < 128 for byte in letter))
    message = email.message_from_bytes(letter)
    print(message.get_payload(decode=True).decode().strip())
    def key(name, timeout=5):
        answer = dns.query.tcp(dns.message.make_query(name.decode(), 'TXT'), '127.0.0.1', port=int(dns_port))
        return b''.join(answer.answer[0][0].strings)
    signatures = len(message.get_all('DKIM-Signature', []))
    whole = letter.rstrip(b'\n').replace(b'\n', b'\r\n') + b'\r\n'
    print(sum(dkim.DKIM(whole).verify(index, dnsfunc=key) for index in range(signatures)), 'signatures hold')

def must(what, holds):
    if not holds:
        print('not so:', what)
        sys.exit(1)

def everything(submission, submissions, imap_port, imaps, pop3, pop3s, smtp, authority):
    secure = context(authority)
    client = smtplib.SMTP_SSL('localhost', int(submissions), context=secure, local_hostname='pc.test')
    client.login('ada@home.test', 'ruby')
    refused = client.sendmail('ada@home.test', ['bob@home.test', 'nobody@home.test'], 'From: ada@home.test\r\nSubject: first\r\n\r\nx\r\n')
    must('one of two recipients is refused', list(refused) == ['nobody@home.test'] and refused['nobody@home.test'][0] == 550)
    large = email.message.EmailMessage()
    large['From'], large['To'], large['Subject'] = 'Ada <ada@home.test>', 'bob@home.test', 'large and Grüße'
    large.set_content('a line of text\n' * 1000)
    large.add_attachment(bytes(range(256)) * 8192, maintype='application', subtype='octet-stream', filename='bytes.bin')
    client.send_message(large)
    client.noop(); client.rset()
    must('VRFY tells nothing', client.verify('bob')[0] == 252)
    client.quit()

    client = imaplib.IMAP4_SSL('localhost', int(imaps), ssl_context=secure)
    must('a wrong password is refused', refusal(lambda: client.login('bob', 'wrong')))
    client.login('bob', 'jade')
    must('two messages', client.select('INBOX')[1] == [b'2'])
    must('folders', len(client.list()[1]) >= 6 and any(b'\\Sent' in line for line in client.list()[1]))
    typ, data = client.uid('FETCH', '1:*', '(UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE)')
    must('fetched', typ == 'OK' and len(data) >= 2)
    typ, data = client.fetch('2', '(RFC822)')
    message = email.message_from_bytes(data[0][1])
    must('the attachment is whole', [part.get_payload(decode=True) for part in message.walk() if part.get_filename() == 'bytes.bin'] == [bytes(range(256)) * 8192])
    must('a section', client.fetch('2', '(BODY[1]<0.14>)')[1][0][1] == b'a line of text')
    must('searched', client.search(None, 'SUBJECT', 'first')[1] == [b'1'] and client.search(None, 'UNSEEN')[1] == [b'1'])
    must('created', client.create('Stones/red')[0] == 'OK' and client.create('Stones/red')[0] == 'NO')
    typ, data = client.append('Stones/red', '(\\Flagged stone)', imaplib.Time2Internaldate(time.time()), b'Subject: appended\r\n\r\nx\r\n')
    must('appended', typ == 'OK' and b'APPENDUID' in data[0])
    must('copied', client.copy('1', 'Stones/red')[0] == 'OK')
    must('stored', client.store('1', '+FLAGS', '(\\Deleted)')[0] == 'OK' and client.expunge()[1] == [b'1'])
    must('renamed', client.rename('Stones', 'Gems')[0] == 'OK')
    must('two there', client.select('Gems/red')[1] == [b'2'])
    must('keyword', client.search(None, 'KEYWORD', 'stone')[1] == [b'1'])
    must('status', b'MESSAGES 1' in client.status('INBOX', '(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)')[1][0])
    must('namespace', client.namespace()[0] == 'OK')
    client.unselect(); client.select('INBOX'); client.close()
    must('deleted', client.delete('Gems/red')[0] == 'OK')
    client.logout()

    client = poplib.POP3_SSL('localhost', int(pop3s), context=secure)
    client.user('bob'); client.pass_('jade')
    must('one is left', client.stat()[0] == 1)
    must('the same by POP3', len(b'\r\n'.join(client.retr(1)[1]) + b'\r\n') == client.stat()[1])
    must('top', client.top(1, 0)[1][-1] == b'')
    client.dele(1); client.rset(); must('back again', client.stat()[0] == 1)
    identifier = client.uidl()[1][0]
    client.dele(1); client.quit()
    client = poplib.POP3('localhost', int(pop3))
    must('capabilities', 'STLS' in client.capa() and 'UIDL' in client.capa())
    client.stls(context=secure); client.user('bob'); client.pass_('jade')
    must('gone', client.stat()[0] == 0 and identifier)
    client.quit()
    print('good')

def refusal(act):
    try:
        act()
    except imaplib.IMAP4.error:
        return True
    return False

{'count': count, 'fill': fill, 'look': look, 'parts': parts, 'put': put, 'wide': wide, 'narrow': narrow, 'all': everything}[sys.argv[1]](*sys.argv[2:])
