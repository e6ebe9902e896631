// The lessons about the way of letters and what they bring along of it, as the YAML that `netstead lab lesson M2 --print` prints.
// Not here: letters that lie (ForgedMailLessons), mailboxes (MailboxLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons M2 and M5.
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
    version: 2
    title: Where a letter comes from
    chapter: Mail
    minutes: 20
    text: |
      Each server writes its stamp above those of the servers before it. So a letter is read upward, and the stamps below the first honest server can be
      anything: whoever sends a letter may write as many of them as it likes. What a server saw for itself is the address in brackets.
    world:
      hosts: [pc, pc2, forger, resolver, mail.garnet.test, mail.cobalt.test, mail.opal.test]
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
        last: 100..199
        password: word
        key: word
      more: |
        hosts:
          forger: {role: client, addresses: [203.0.113.{last}]}
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
        text: forger sends a letter to the club, calls itself {name}, and has put stamps of servers under it that never saw the letter.
        steps:
          - {do: 'forger sends writer@garnet.test {club}@opal.test "{bait}" "Send me your stones." hello {name} {lines} at mail.opal.test', at: 2500s}
          - {do: 'pc2 reads reader@cobalt.test {key} by pop3 "RETR 2"', at: 2520s}
          - {do: "pc2 asks resolver {last}.113.0.203.in-addr.arpa PTR", at: 2530s}
    guards:
      - id: own
        title: Only one's own stamp
        text: The same letter straight to the reader. The uppermost stamp is that of the reader's own server, and it is enough.
        against: forged
        steps:
          - {do: 'forger sends writer@garnet.test reader@cobalt.test "{bait}" "Send me your stones." hello {name} {lines} at mail.cobalt.test', at: 2500s}
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
        key: first(smtp.letter where from == "forger").to
        read: last(fetched)
      - id: origin
        ask: From which address did that server see the letter come?
        kind: text
        run: forged
        key: (last(fetched).stamp where by == first(smtp.letter where from == "forger").to)[0].address
        read: last(fetched)
      - id: claim
        ask: As what did the sender greet it?
        kind: text
        run: forged
        key: (last(fetched).stamp where by == first(smtp.letter where from == "forger").to)[0].from
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
        key: (smtp.command where from == "forger" and verb == "EHLO")[0]
        read: (smtp.command where from == "forger")[0]
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
}
