// The lessons about letters that lie and what can be believed of them, as the YAML that `netstead lab lesson M6 --print` prints.
// Not here: the way of letters (MailJourneyLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons M6 and M7.
enum ForgedMailLessons {
  static let forged = #"""
    schema: 1
    id: M6
    version: 2
    title: Forged mail
    chapter: Mail
    minutes: 25
    text: |
      Anybody can write any sender on a letter. A domain can say in the DNS from where its mail comes (SPF), and sign what it sends (DKIM). A server that
      looks writes down what it found, in a field of its own: Authentication-Results. What becomes of the letter is its own decision.
    world:
      hosts: [pc, pc2, forger, resolver, mail.garnet.test, mail.cobalt.test, mail.opal.test]
      draw: {subject: word, bait: word, author: word, last: 100..199, stranger: word, shop: word, club: word, password: word, key: word, pass: word}
      more: |
        hosts:
          forger: {role: client, addresses: [203.0.113.{last}]}
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
      - do: 'forger sends writer@garnet.test reader@cobalt.test "{bait}" "Send me your stones." hello mail.garnet.test at mail.cobalt.test'
        text: And a forged one, straight to the server of cobalt. What does it ask the DNS before it decides?
      - do: 'pc2 reads reader@cobalt.test {key} by imap "SELECT INBOX; FETCH 1:* (FLAGS BODY[]); SELECT Junk; FETCH 1:* (FLAGS BODY[])"'
        text: The reader looks into both mailboxes.
        at: 20s
    faults:
      - id: careless
        title: A server that does not look
        text: The server of opal takes everything from everybody and asks nobody.
        steps:
          - {do: 'forger sends writer@garnet.test guest@opal.test "{bait}" "Send me your stones." hello mail.garnet.test at mail.opal.test', at: 30s}
          - {do: 'pc2 reads guest@opal.test {pass} by imap "SELECT INBOX; FETCH 1:* (BODY[])"', at: 40s}
      - id: envelope
        title: Another sender on the envelope
        text: >-
          forger writes an address of its own on the envelope, and one of garnet's inside. SPF looks at the envelope only. The reader sees what is inside.
        steps:
          - {do: 'forger sends {author}@garnet.test reader@cobalt.test "{bait} again" "Send me your stones." envelope {stranger}@{shop}.example at mail.cobalt.test', at: 30s}
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
        text: forger wants the server of opal to carry its letter to cobalt. An open relay would, and lend its name and address to everybody.
        steps:
          - {do: 'forger sends {stranger}@{shop}.example reader@cobalt.test "{bait}" "Send me your stones." at mail.opal.test', at: 30s}
    guards:
      - id: refusing
        title: A server that refuses
        text: The server of garnet refuses what its sender's domain disowns. Nobody gets it, and whoever is honest hears of it at once.
        against: careless
        steps:
          - {do: 'forger sends reader@cobalt.test writer@garnet.test "{bait}" "Send me your stones." hello mail.cobalt.test at mail.garnet.test', at: 30s}
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
      - id: seen
        ask: And which author does the reader see?
        kind: text
        run: envelope
        key: last(fetched).author
        read: last(fetched)
      - id: aligned
        ask: Is the author's domain the one that SPF speaks of?
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
        ask: With which code does opal refuse to carry forger's letter to cobalt? (Three digits.)
        kind: number
        run: relay
        key: last(smtp.reply where to == "forger" and command.verb == "RCPT").code
        read: last(smtp.reply where to == "forger" and command.verb == "RCPT")
      - id: refused
        ask: With which enhanced code does garnet refuse the forged letter? (Three numbers with dots.)
        kind: text
        run: refusing
        key: last(smtp.letter where from == "forger").enhanced
        read: last(smtp.reply where to == "forger" and enhanced == "5.7.1")
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
