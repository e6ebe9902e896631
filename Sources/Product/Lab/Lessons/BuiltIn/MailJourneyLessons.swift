// The lessons about the way of letters and what can be believed of them, as the YAML that `netstead lab lesson M2 --print` prints.
// Not here: mailboxes (MailboxLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons M2, M5, M6 and M7.
enum MailJourneyLessons {
  static let journey = #"""
    schema: 1
    id: M2
    version: 1
    title: A letter's journey
    chapter: Mail
    minutes: 20
    text: |
      A letter goes from the writer's computer to the writer's own server, waits in a queue, and is handed on to the server that the recipient's
      domain names for its mail. Each of them writes a stamp on top. The last stretch is another one: the reader comes and fetches.
    world:
      hosts: [pc, pc2, resolver, mail.garnet.test, mail.cobalt.test, mail.opal.test]
      draw: {subject: word, stone: 20..90, letters: 1..3, penalty: 20..90, password: word, key: word, back: 100s..280s}
      records: {cobalt.test: "@ MX {penalty} mail.opal.test."}
      mail:
        opal.test: {backup-for: [cobalt.test]}
      members:
        garnet.test: {user: writer, password: "{password}"}
        cobalt.test: {user: reader, password: "{key}"}
    steps:
      - do: 'pc sends writer@garnet.test reader@cobalt.test "{subject}" "Stone number {stone} is red." password {password}'
        times: "{letters}"
        text: The writer hands a letter to the server of garnet. Who opens the next connection, and what was asked before?
      - do: 'pc2 reads reader@cobalt.test {key} by pop3 "LIST; take"'
        text: The reader's computer fetches what has come. Read the letter's head from below.
        at: 20s
    faults:
      - id: down
        title: The exchanger is down
        text: And there is no other one, as in many a small domain. The letter waits where it is, and is tried again.
        steps:
          - {do: 'zone cobalt.test sets @ 60 MX 10 mail.cobalt.test.', at: 0s}
          - {do: host mail.cobalt.test down, at: 0s}
          - {do: host mail.cobalt.test up, at: "{back}"}
          - {do: 'pc2 reads reader@cobalt.test {key} by pop3 "LIST; take"', at: 2400s}
      - id: gone
        title: All exchangers are gone
        text: For good. The server tells the writer that the letter is late, goes on, and gives up after days. What it then writes has no sender.
        steps:
          - {do: host mail.cobalt.test down, at: 0s}
          - {do: host mail.opal.test down, at: 0s}
          - {do: 'pc reads writer@garnet.test {password} by pop3 "LIST; take"', at: 6d}
    guards:
      - id: second
        title: The next exchanger
        text: The same, but the domain names a second exchanger, which takes the letter and passes it on when the first one is back.
        against: down
        steps:
          - {do: host mail.cobalt.test down, at: 0s}
          - {do: host mail.cobalt.test up, at: "{back}"}
          - {do: 'pc2 reads reader@cobalt.test {key} by pop3 "LIST; take"', at: 2400s}
    questions:
      - id: connections
        ask: Over how many connections of SMTP do the letters travel, all stretches together?
        kind: number
        key: count(tcp.connection where protocol == "smtp")
        read: tcp.connection where protocol == "smtp"
      - id: opener
        ask: Which host opens the connection to mail.cobalt.test over which the first letter comes there?
        kind: text
        key: (tcp.connection where protocol == "smtp" and server == "mail.cobalt.test")[0].client
        read: (tcp.connection where protocol == "smtp" and server == "mail.cobalt.test")[0]
      - id: port
        ask: To which port does the writer's computer hand it?
        kind: number
        key: (tcp.connection where protocol == "smtp")[0].serverPort
        read: smtp.command[0]
      - id: type
        ask: Records of which type does the server of garnet ask for, to learn where mail for cobalt.test goes?
        kind: text
        key: (dns.query where from == "mail.garnet.test" and name == "cobalt.test")[0].type
        read: (dns.query where from == "mail.garnet.test" and name == "cobalt.test")[0]
      - id: order
        ask: In which order are the exchangers to be tried? Give their names.
        kind: order
        key: >-
          if(number((dns.response where to == "mail.garnet.test" and type == "MX")[0].answer[0].data) < number((dns.response where to == "mail.garnet.test" and type == "MX")[0].answer[1].data),
          [word((dns.response where to == "mail.garnet.test" and type == "MX")[0].answer[0].data, 1), word((dns.response where to == "mail.garnet.test" and type == "MX")[0].answer[1].data, 1)],
          [word((dns.response where to == "mail.garnet.test" and type == "MX")[0].answer[1].data, 1), word((dns.response where to == "mail.garnet.test" and type == "MX")[0].answer[0].data, 1)])
        read: (dns.response where to == "mail.garnet.test" and type == "MX")[0]
      - id: push
        ask: Is a letter pushed or pulled on its last stretch, into the reader's computer?
        kind: choice
        options: [pushed, pulled]
        key: 'if((tcp.connection where protocol == "pop3")[0].client == "pc2", "pulled", "pushed")'
        read: pop3.command[0]
      - id: each
        ask: How many letters pass over one connection between the two servers?
        kind: number
        key: count(smtp.letter where to == "mail.cobalt.test") / count(tcp.connection where protocol == "smtp" and server == "mail.cobalt.test")
        read: smtp.letter where to == "mail.cobalt.test"
      - id: stamps
        ask: How many stamps (Received fields) has the first letter when the reader gets it?
        kind: number
        key: count(fetched[0].stamp)
        read: fetched[0]
      - id: lowest
        ask: Which server wrote the lowest of them?
        kind: text
        key: last(fetched[0].stamp).by
        read: fetched[0]
      - id: manner
        ask: And by which protocol did it say the letter came, in one word?
        kind: text
        key: last(fetched[0].stamp).with
        read: fetched[0]
        hint: The word says whether somebody logged in.
      - id: growth
        ask: By how many bytes has the first letter grown since the writer's computer sent it?
        kind: number
        key: fetched[0].bytes - smtp.letter[0].contentBytes
        read: smtp.letter[0]
      - id: waited
        ask: While the only exchanger is down, how long does the letter that comes first wait in the queue? (From the moment its writer sent the first one.)
        kind: number
        run: down
        unit: s
        tolerance: 1
        key: (smtp.letter where to == "mail.cobalt.test")[0].time - smtp.letter[0].time
        read: (smtp.letter where to == "mail.cobalt.test")[0]
      - id: stand-in
        ask: With a second exchanger, which server takes the letters first?
        kind: text
        run: second
        key: (smtp.letter where from == "mail.garnet.test")[0].to
        read: (smtp.letter where from == "mail.garnet.test")[0]
      - id: hops
        ask: How many stamps has the letter then that the reader fetches first?
        kind: number
        run: second
        key: count(fetched[0].stamp)
        read: fetched[0]
      - id: attempts
        ask: When all are gone, how often does the server of garnet ask for the way to cobalt.test, and so try?
        kind: number
        run: gone
        key: count(dns.query where from == "mail.garnet.test" and type == "MX")
        read: last(dns.query where from == "mail.garnet.test" and type == "MX")
      - id: days
        ask: After how many days does it try for the last time?
        kind: number
        run: gone
        unit: d
        tolerance: 2%
        key: last(dns.query where from == "mail.garnet.test" and type == "MX").time
        read: last(dns.query where from == "mail.garnet.test" and type == "MX")
      - id: reports
        ask: How many reports does the writer find in the mailbox?
        kind: number
        run: gone
        key: count(fetched)
        read: last(fetched)
      - id: nobody
        ask: What stands in the Return-Path of the last of them? Copy it.
        kind: text
        run: gone
        key: last(fetched).returnPath
        read: last(fetched)
      - id: last
        ask: What is its subject?
        kind: text
        run: gone
        key: last(fetched).subject
        read: last(fetched)
    """#

  static let stamps = #"""
    schema: 1
    id: M5
    version: 1
    title: Where a letter comes from
    chapter: Mail
    minutes: 20
    text: |
      Each server writes its stamp above those of the servers before it. So a letter is read upward, and the stamps below the first honest server can be
      anything: whoever sends a letter may write as many of them as it likes. What a server saw for itself is the address in brackets.
    world:
      hosts: [pc, pc2, rogue, resolver, mail.garnet.test, mail.cobalt.test, mail.opal.test]
      draw:
        subject: word
        bait: word
        club: word
        name: [mail.garnet.test, pc.test, www.cobalt.test, mail.example.test]
        lines:
          - 'with "Received: from pc.garnet.test ([203.0.113.10]) by mail.garnet.test with ESMTPSA id 7a1; Wed, 31 Dec 2025 23:58:10 +0000"'
          - 'with "Received: from mx.garnet.test ([198.51.100.15]) by relay.example.test with ESMTPS id 7a2; Wed, 31 Dec 2025 23:59:20 +0000" with "Received: from pc.garnet.test ([203.0.113.10]) by mail.garnet.test with ESMTPSA id 7a1; Wed, 31 Dec 2025 23:58:40 +0000"'
          - 'with "Received: from relay.example.test ([192.0.2.77]) by gate.example.test with ESMTPS id 7a3; Wed, 31 Dec 2025 23:59:50 +0000" with "Received: from mx.garnet.test ([198.51.100.15]) by relay.example.test with ESMTPS id 7a2; Wed, 31 Dec 2025 23:59:30 +0000" with "Received: from pc.garnet.test ([203.0.113.10]) by mail.garnet.test with ESMTPSA id 7a1; Wed, 31 Dec 2025 23:58:00 +0000"'
        back: 100s..280s
        password: word
        key: word
      mail:
        cobalt.test: {care: marking}
        opal.test: {aliases: {"{club}": [reader@cobalt.test]}}
      members:
        garnet.test: {user: writer, password: "{password}"}
        cobalt.test: {user: reader, password: "{key}"}
    steps:
      - do: host mail.cobalt.test down
        text: The server of cobalt is away for some minutes, so there is a delay to be found.
      - do: 'pc sends writer@garnet.test {club}@opal.test "{subject}" "The stones are here." password {password}'
        text: An honest letter to a club at opal, which passes everything on to the reader at cobalt.
      - do: host mail.cobalt.test up
        at: "{back}"
      - do: 'pc2 reads reader@cobalt.test {key} by pop3 "take"'
        text: Read the letter as it came, the head from below.
        at: 2400s
      - do: pc2 asks resolver 5.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa PTR
        text: Whose address is it that the server of opal saw?
        at: 2410s
    faults:
      - id: forged
        title: Stamps that nobody wrote
        text: rogue sends a letter to the club, calls itself {name}, and has put stamps of servers under it that never saw the letter.
        steps:
          - {do: 'rogue sends writer@garnet.test {club}@opal.test "{bait}" "Send me your stones." hello {name} {lines} at mail.opal.test', at: 2500s}
          - {do: 'pc2 reads reader@cobalt.test {key} by pop3 "RETR 2"', at: 2520s}
          - {do: pc2 asks resolver 66.113.0.203.in-addr.arpa PTR, at: 2530s}
    guards:
      - id: own
        title: Only one's own stamp
        text: The same letter straight to the reader. The uppermost stamp is that of the reader's own server, and it is enough.
        against: forged
        steps:
          - {do: 'rogue sends writer@garnet.test reader@cobalt.test "{bait}" "Send me your stones." hello {name} {lines} at mail.cobalt.test', at: 2500s}
          - {do: 'pc2 reads reader@cobalt.test {key} by pop3 "RETR 2"', at: 2520s}
    questions:
      - id: stamps
        ask: How many stamps has the honest letter?
        kind: number
        key: count(fetched[0].stamp)
        read: fetched[0]
      - id: way
        ask: Which servers wrote them? Give them in the order in which the letter passed them.
        kind: order
        key: reversed(fetched[0].stamp.by)
        read: fetched[0]
      - id: delay
        ask: How many seconds lie between the stamps of opal and cobalt?
        kind: number
        unit: s
        key: fetched[0].stamp[0].time - fetched[0].stamp[1].time
        read: fetched[0]
      - id: saw
        ask: From which address did opal see the honest letter come?
        kind: text
        key: fetched[0].stamp[1].address
        read: fetched[0]
      - id: pointer
        ask: And which name does the DNS give for that address?
        kind: text
        key: (dns.response where to == "pc2" and type == "PTR")[0].answer[0].data
        read: (dns.response where to == "pc2" and type == "PTR")[0]
      - id: many
        ask: How many stamps has the other letter, true and false ones together?
        kind: number
        run: forged
        key: count(last(fetched).stamp)
        read: last(fetched)
      - id: false
        ask: How many of them did no server write?
        kind: number
        run: forged
        key: count(last(fetched).stamp) - count(smtp.letter where field["subject"] == draw["bait"])
        read: last(fetched)
      - id: trusted
        ask: Which server wrote the lowest stamp that can be believed?
        kind: text
        run: forged
        key: first(smtp.letter where from == "rogue").to
        read: last(fetched)
      - id: origin
        ask: From which address did that server see the letter come?
        kind: text
        run: forged
        key: (last(fetched).stamp where by == first(smtp.letter where from == "rogue").to)[0].address
        read: last(fetched)
      - id: claim
        ask: As what did the sender greet it?
        kind: text
        run: forged
        key: (last(fetched).stamp where by == first(smtp.letter where from == "rogue").to)[0].from
        read: last(fetched)
      - id: owner
        ask: And which name does the DNS give for that address?
        kind: text
        run: forged
        key: last(dns.response where to == "pc2" and type == "PTR").answer[0].data
        read: last(dns.response where to == "pc2" and type == "PTR")
      - id: lie
        ask: Mark the message in which the sender says who it claims to be.
        kind: mark
        run: forged
        key: (smtp.command where from == "rogue" and verb == "EHLO")[0]
        read: (smtp.command where from == "rogue")[0]
      - id: enough
        ask: In the letter that came straight to cobalt, how many stamps have to be read to know where it came from?
        kind: number
        run: own
        key: count(smtp.letter where field["subject"] == draw["bait"])
        read: last(fetched)
      - id: proof
        ask: Which address stands in it?
        kind: text
        run: own
        key: last(fetched).stamp[0].address
        read: last(fetched)
      - id: verdict
        ask: And what does the server of cobalt say there of the envelope's sender, by SPF? Copy the word.
        kind: text
        run: own
        key: (last(fetched).verdict where method == "spf")[0].result
        read: last(fetched)
    """#

  static let forged = #"""
    schema: 1
    id: M6
    version: 1
    title: Forged mail
    chapter: Mail
    minutes: 25
    text: |
      Anybody can write any sender on a letter. A domain can say in the DNS from where its mail comes (SPF), and sign what it sends (DKIM). A server that
      looks writes down what it found, in a field of its own: Authentication-Results. What becomes of the letter is its own decision.
    world:
      hosts: [pc, pc2, rogue, resolver, mail.garnet.test, mail.cobalt.test, mail.opal.test]
      draw: {subject: word, bait: word, stranger: word, club: word, password: word, key: word, pass: word}
      mail:
        cobalt.test: {care: sorting}
        opal.test: {aliases: {"{club}": [reader@cobalt.test]}}
      members:
        garnet.test: {user: writer, password: "{password}"}
        cobalt.test: {user: reader, password: "{key}"}
        opal.test: {user: guest, password: "{pass}"}
    steps:
      - do: 'pc sends writer@garnet.test reader@cobalt.test "{subject}" "The stones are here." password {password}'
        text: An honest letter, from garnet's own server.
      - do: 'rogue sends writer@garnet.test reader@cobalt.test "{bait}" "Send me your stones." hello mail.garnet.test at mail.cobalt.test'
        text: And a forged one, straight to the server of cobalt. What does it ask the DNS before it decides?
      - do: 'pc2 reads reader@cobalt.test {key} by imap "SELECT INBOX; FETCH 1:* (FLAGS BODY[]); SELECT Junk; FETCH 1:* (FLAGS BODY[])"'
        text: The reader looks into both mailboxes.
        at: 20s
    faults:
      - id: careless
        title: A server that does not look
        text: The server of opal takes everything from everybody and asks nobody.
        steps:
          - {do: 'rogue sends writer@garnet.test guest@opal.test "{bait}" "Send me your stones." hello mail.garnet.test at mail.opal.test', at: 30s}
          - {do: 'pc2 reads guest@opal.test {pass} by imap "SELECT INBOX; FETCH 1:* (BODY[])"', at: 40s}
      - id: envelope
        title: Another sender on the envelope
        text: >-
          rogue writes an address of its own on the envelope, and the writer's inside. SPF looks at the envelope only. The reader sees what is inside.
        steps:
          - {do: 'rogue sends writer@garnet.test reader@cobalt.test "{bait} again" "Send me your stones." envelope {stranger}@rogue.test at mail.cobalt.test', at: 30s}
          - {do: 'pc2 reads reader@cobalt.test {key} by imap "SELECT INBOX; FETCH * (BODY[])"', at: 40s}
      - id: forwarder
        title: A forwarder breaks SPF
        text: A club at opal passes everything on to the reader, as it came. For cobalt it comes from the wrong host.
        steps:
          - {do: 'pc sends writer@garnet.test {club}@opal.test "{subject} for all" "The stones are here." password {password}', at: 30s}
          - {do: 'pc2 reads reader@cobalt.test {key} by imap "SELECT INBOX; FETCH * (BODY[])"', at: 60s}
      - id: list
        title: A list breaks DKIM
        text: >-
          A mailing list at opal writes its name into the subject and sends the letter on under its own envelope. garnet's signature is still there, but
          what it signed is not.
        steps:
          - {do: 'mail.opal.test sends writer@garnet.test reader@cobalt.test "[{club}] {subject}" "The stones are here." envelope {club}@opal.test with "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=garnet.test; s=s1; h=from:subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==" at mail.cobalt.test', at: 30s}
          - {do: 'pc2 reads reader@cobalt.test {key} by imap "SELECT INBOX; FETCH * (BODY[])"', at: 40s}
      - id: relay
        title: Somebody else's server
        text: rogue wants the server of opal to carry its letter to cobalt. An open relay would, and lend its name and address to everybody.
        steps:
          - {do: 'rogue sends {stranger}@rogue.test reader@cobalt.test "{bait}" "Send me your stones." at mail.opal.test', at: 30s}
    guards:
      - id: refusing
        title: A server that refuses
        text: The server of garnet refuses what its sender's domain disowns. Nobody gets it, and whoever is honest hears of it at once.
        against: careless
        steps:
          - {do: 'rogue sends reader@cobalt.test writer@garnet.test "{bait}" "Send me your stones." hello mail.cobalt.test at mail.garnet.test', at: 30s}
    questions:
      - id: spf
        ask: What does SPF say of the honest letter? Copy the word.
        kind: text
        key: (fetched[0].verdict where method == "spf")[0].result
        read: fetched[0]
      - id: signer
        ask: For which domain was it signed, by DKIM's verdict?
        kind: text
        key: (fetched[0].verdict where method == "dkim")[0].domain
        read: fetched[0]
      - id: asked
        ask: Of which name does the server of cobalt ask the DNS for garnet's public key?
        kind: text
        key: (dns.query where from == "mail.cobalt.test" and name contains "_domainkey")[0].name
        read: (dns.query where from == "mail.cobalt.test" and name contains "_domainkey")[0]
      - id: policy
        ask: What does garnet's SPF record say? Copy it with its quotes.
        kind: text
        key: (((dns.response where to == "mail.cobalt.test" and type == "TXT" and name == "garnet.test")[0].answer where data contains "v=spf1")[0].data)
        read: (dns.response where to == "mail.cobalt.test" and type == "TXT" and name == "garnet.test")[0]
      - id: forged
        ask: And what does SPF say of the forged letter?
        kind: text
        key: ((fetched where subject == draw["bait"])[0].verdict where method == "spf")[0].result
        read: (fetched where subject == draw["bait"])[0]
      - id: folder
        ask: In which mailbox does the reader find it?
        kind: choice
        options: [INBOX, Junk]
        key: (fetched where subject == draw["bait"])[0].mailbox
        read: (fetched where subject == draw["bait"])[0]
      - id: junk
        ask: What is the subject of the letter in Junk?
        kind: text
        key: (fetched where mailbox == "Junk")[0].subject
        read: (fetched where mailbox == "Junk")[0]
      - id: from
        ask: From which address did it really come?
        kind: text
        key: (fetched where subject == draw["bait"])[0].stamp[0].address
        read: (fetched where subject == draw["bait"])[0]
      - id: nothing
        ask: How many verdicts does the forged letter bear that the careless server took?
        kind: number
        run: careless
        key: count(last(fetched).verdict)
        read: last(fetched)
      - id: envelope
        ask: With another sender on the envelope, about which domain does SPF say something?
        kind: text
        run: envelope
        key: (last(fetched).verdict where method == "spf")[0].domain
        read: last(fetched)
      - id: aligned
        ask: Is that the domain of the author whom the reader sees?
        kind: choice
        options: ["yes", "no"]
        run: envelope
        key: 'if((last(fetched).verdict where method == "spf")[0].domain == last(fetched).authorDomain, "yes", "no")'
        read: last(fetched)
      - id: slipped
        ask: And in which mailbox does this forged letter lie?
        kind: choice
        options: [INBOX, Junk]
        run: envelope
        key: last(fetched).mailbox
        read: last(fetched)
        hint: An unproven sender is not a disowned one. A rule about the author's domain, such as DMARC, would catch it.
      - id: broken
        ask: What does SPF say of the honest letter that a forwarder passed on?
        kind: text
        run: forwarder
        key: (last(fetched).verdict where method == "spf")[0].result
        read: last(fetched)
      - id: whole
        ask: And DKIM?
        kind: text
        run: forwarder
        key: (last(fetched).verdict where method == "dkim")[0].result
        read: last(fetched)
      - id: delivered
        ask: So where does it lie?
        kind: choice
        options: [INBOX, Junk]
        run: forwarder
        key: last(fetched).mailbox
        read: last(fetched)
      - id: changed
        ask: What does DKIM say of the letter from the mailing list?
        kind: text
        run: list
        key: (last(fetched).verdict where method == "dkim")[0].result
        read: last(fetched)
      - id: vouched
        ask: And for which domain does SPF vouch there?
        kind: text
        run: list
        key: (last(fetched).verdict where method == "spf" and result == "pass")[0].domain
        read: last(fetched)
      - id: returns
        ask: To which address would a report about that letter go?
        kind: text
        run: list
        key: last(smtp.letter where from == "mail.opal.test").sender
        read: last(fetched)
      - id: relay
        ask: With which code does opal refuse to carry rogue's letter to cobalt? (Three digits.)
        kind: number
        run: relay
        key: last(smtp.reply where to == "rogue" and command.verb == "RCPT").code
        read: last(smtp.reply where to == "rogue" and command.verb == "RCPT")
      - id: refused
        ask: With which enhanced code does garnet refuse the forged letter? (Three numbers with dots.)
        kind: text
        run: refusing
        key: last(smtp.letter where from == "rogue").enhanced
        read: last(smtp.reply where to == "rogue" and enhanced == "5.7.1")
    """#

  static let phishing = #"""
    schema: 1
    id: M7
    version: 1
    title: Ten letters
    chapter: Mail
    minutes: 20
    text: |
      Ten letters have come, and some of them are not from whom they seem to be. Judge each by what can be checked: the address behind the name, the domain
      letter by letter, where an answer would go, where a link really leads, and what the reader's own server found out.
    world:
      hosts: [pc, pc2, phone, rogue, resolver, mail.garnet.test, mail.cobalt.test, mail.opal.test]
      draw:
        topic: word
        page: word
        evening: word
        haste: word
        user: word
        lookalike: [gamet.test, garnet-test.test, garnet.example, gaarnet.test, garnett.test]
        reply: word
        trap: word
        copy: word
        t1: 1s..240s
        t2: 1s..240s
        t3: 1s..240s
        t4: 1s..240s
        t5: 1s..240s
        t6: 1s..240s
        t7: 1s..240s
        t8: 1s..240s
        t9: 1s..240s
        t10: 1s..240s
        password: word
        key: word
        pass: word
      mail:
        cobalt.test: {care: marking}
      members:
        garnet.test: {user: writer, password: "{password}"}
        cobalt.test: {user: reader, password: "{key}"}
        opal.test: {user: guest, password: "{pass}"}
    steps:
      - do: 'pc sends writer@garnet.test reader@cobalt.test "{topic}" "The stones for {topic} are packed. They leave on Monday." password {password}'
        at: "{t1}"
        text: The letters come in an order of their own. Judge them in the mailbox, not here.
      - {do: 'pc sends writer@garnet.test reader@cobalt.test "A new page" "Have a look at http://www.garnet.test/{page}.html" named "The writer" password {password}', at: "{t2}"}
      - {do: 'phone sends guest@opal.test reader@cobalt.test "Club evening" "<p>The programme: <a href=\"http://www.cobalt.test/{evening}\">http://www.cobalt.test/{evening}</a></p>" html named "The club" password {pass}', at: "{t3}"}
      - {do: 'pc sends writer@garnet.test reader@cobalt.test "More about {topic}" "One of them is cracked. Shall I send another?" password {password}', at: "{t4}"}
      - {do: 'rogue sends writer@garnet.test reader@cobalt.test "Urgent: {haste}" "I am travelling and cannot be called. Pay the bill today." at mail.cobalt.test', at: "{t5}"}
      - {do: 'rogue sends {user}@rogue.test reader@cobalt.test "Your invoice" "Please pay by tonight." named "writer@garnet.test" at mail.cobalt.test', at: "{t6}"}
      - {do: 'rogue sends writer@{lookalike} reader@cobalt.test "The bill again" "It has not been paid yet." named "The writer" at mail.cobalt.test', at: "{t7}"}
      - {do: 'rogue sends writer@garnet.test reader@cobalt.test "A question" "Which bank do you use? Just answer this letter." envelope {user}@rogue.test with "Reply-To: writer@{reply}.example" at mail.cobalt.test', at: "{t8}"}
      - {do: 'rogue sends help@rogue.test reader@cobalt.test "Your mailbox is full" "<p>Log in: <a href=\"http://{trap}.example/login\">http://mail.cobalt.test/login</a></p>" html named "Cobalt help desk" at mail.cobalt.test', at: "{t9}"}
      - {do: 'rogue sends guest@opal.test reader@cobalt.test "Club evening" "<p>The programme: <a href=\"http://{copy}.example/{evening}\">http://www.cobalt.test/{evening}</a></p>" html named "The club" envelope {user}@rogue.test at mail.cobalt.test', at: "{t10}"}
      - do: 'pc2 reads reader@cobalt.test {key} by pop3 "take"'
        text: The reader fetches them all.
        at: 300s
    faults:
      - id: blind
        title: A server that does not look
        text: The same lie for somebody whose server checks nothing. What is left to go by?
        steps:
          - {do: 'rogue sends writer@garnet.test guest@opal.test "Urgent: {haste}" "I am travelling and cannot be called. Pay the bill today." at mail.opal.test', at: 310s}
          - {do: 'phone reads guest@opal.test {pass} by pop3 "take"', at: 320s}
    guards:
      - id: refused
        title: A server that refuses
        text: And for somebody whose server refuses what its sender's domain disowns. A letter that is not there deceives nobody.
        against: blind
        steps:
          - {do: 'rogue sends reader@cobalt.test writer@garnet.test "Urgent: {haste}" "I am travelling and cannot be called. Pay the bill today." at mail.garnet.test', at: 310s}
          - {do: 'pc reads writer@garnet.test {password} by pop3 "STAT"', at: 320s}
    questions:
      - id: fakes
        ask: Which of the ten are false? Give their numbers in the reader's mailbox.
        kind: set
        points: 4
        key: (fetched where to == "pc2" and last(stamp).address == hosts["rogue"].address).number
        read: fetched where to == "pc2"
        hint: The uppermost stamp is that of the reader's own server. From where did it see the letter come?
      - id: proof
        ask: Mark the letter whose author is disowned by the author's own domain, as the server of cobalt found out.
        kind: mark
        key: (fetched where to == "pc2" and count(verdict where method == "spf" and result == "fail") > 0)[0]
        read: fetched where to == "pc2"
      - id: lookalike
        ask: In one letter the author's domain only looks like garnet's. What is it, letter by letter?
        kind: text
        key: (fetched where to == "pc2" and authorDomain == draw["lookalike"])[0].authorDomain
        read: (fetched where to == "pc2" and authorDomain == draw["lookalike"])[0]
      - id: name
        ask: In one letter the author's name is somebody else's address. Which address has the author?
        kind: text
        key: (fetched where to == "pc2" and authorName contains "@")[0].author
        read: (fetched where to == "pc2" and authorName contains "@")[0]
      - id: reply
        ask: To which address would an answer go that the author's address does not tell of?
        kind: text
        key: (fetched where to == "pc2" and exists(replyTo))[0].replyTo
        read: (fetched where to == "pc2" and exists(replyTo))[0]
      - id: desk
        ask: To which host does the link of the help desk lead?
        kind: text
        key: (fetched where to == "pc2" and subject == "Your mailbox is full")[0].link[0].host
        read: (fetched where to == "pc2" and subject == "Your mailbox is full")[0]
      - id: clone
        ask: Two letters are about the club evening. Which number has the copy?
        kind: number
        key: (fetched where to == "pc2" and subject == "Club evening" and last(stamp).address == hosts["rogue"].address)[0].number
        read: fetched where to == "pc2" and subject == "Club evening"
      - id: signed
        ask: How many of the ten does a signature vouch for, of the domain that the author's address has?
        kind: number
        key: count(fetched where to == "pc2" and count(verdict where method == "dkim" and result == "pass") > 0)
        read: fetched where to == "pc2"
      - id: unproven
        ask: What does SPF say of the letter of the help desk?
        kind: text
        key: ((fetched where to == "pc2" and subject == "Your mailbox is full")[0].verdict where method == "spf")[0].result
        read: (fetched where to == "pc2" and subject == "Your mailbox is full")[0]
        hint: A verdict about a stranger's domain says nothing about whether the stranger is honest.
      - id: blind
        ask: How many verdicts can the guest read in the false letter?
        kind: number
        run: blind
        key: count(last(fetched).verdict)
        read: last(fetched)
      - id: refused
        ask: And how many letters does the writer find whose server refuses?
        kind: number
        run: refused
        key: number(last(pop3.reply where command.keyword == "STAT").text)
        read: last(pop3.reply where command.keyword == "STAT")
    """#
}
