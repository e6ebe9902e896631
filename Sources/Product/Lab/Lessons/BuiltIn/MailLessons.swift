// The lessons about how a letter is handed over, as the YAML that `netstead lab lesson M1 --print` prints. A test runs each of them to its end.
// Not here: a letter's whole way and what becomes of it, the form (LessonReader), the list (BuiltInLessons).

/// Lessons M1, M3 and M4.
enum MailLessons {
  static let hand = #"""
    schema: 1
    id: M1
    version: 2
    title: A letter by hand
    chapter: Mail
    minutes: 20
    text: |
      A mail server can be talked to with a keyboard: who you are, who sends, who shall get it, the letter, a dot. What stands on the envelope and what
      stands in the letter are two things, and nobody compares them here. Then look closely at how a letter ends, and at who would like it to end earlier.
    world:
      hosts: [pc, resolver, mail.garnet.test, mail.cobalt.test]
      draw:
        sender: word
        claimed: word
        party: word
        reader: word
        post: word
        subject: word
        nobody: word
        first: word
        second: word
        boss: word
        user: word
        password: word
        key: word
        dotted: ['..one\r\n', '..one\r\n...two\r\n', '..one\r\n...two\r\n..three\r\n', '..one\r\n...two\r\n..three\r\n.....four\r\n']
      members:
        garnet.test: {user: "{user}", password: "{password}"}
        cobalt.test: {user: "{reader}", password: "{key}"}
      mail:
        cobalt.test: {aliases: {"{post}": [reader@cobalt.test]}}
    steps:
      - do: 'pc types mail.cobalt.test 25 "EHLO pc.test\r\nMAIL FROM:<{sender}@pc.test>\r\nRCPT TO:<{reader}@cobalt.test>\r\nDATA\r\nFrom: {claimed}@garnet.test\r\nTo: {party}@cobalt.test\r\nSubject: {subject}\r\n\r\nLines that begin with a dot:\r\n{dotted}.\r\nQUIT\r\n" line by line'
        text: Each line is typed when the one before is answered. Compare envelope and letter, and count the dots.
      - do: 'pc types mail.cobalt.test 25 "EHLO pc.test\r\nMAIL FROM:<{sender}@pc.test>\r\nRCPT TO:<{nobody}@cobalt.test>\r\nRCPT TO:<{post}@cobalt.test>\r\nRCPT TO:<guest@opal.test>\r\nDATA\r\nSubject: {subject}\r\n\r\nAgain {first}.\r\n.\r\nQUIT\r\n" line by line'
        at: 12s
        text: Three recipients. One is not there, one is somebody else by another name, one lives elsewhere.
    faults:
      - id: bare
        title: A dot behind half a line end
        text: |
          What comes behind the dot are commands, if a server takes LF as the end of a line. A careless server before it would have passed all this on as
          one letter: then two servers see different letters, and the second one comes from a host that is trusted.
        steps:
          - {do: 'pc types mail.cobalt.test 25 "EHLO pc.test\r\nMAIL FROM:<{sender}@pc.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nSubject: {subject}\r\n\r\n{first}\n.\r\nMAIL FROM:<{boss}@garnet.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nFrom: {boss}@garnet.test\r\n\r\n{second}\r\n.\r\nQUIT\r\n" line by line', at: 30s}
    guards:
      - id: stuffed
        title: One dot more
        text: What an honest program makes of the same letter. A line that begins with a dot gets another one, so nothing in it is the end.
        against: bare
        steps:
          - {do: 'pc types mail.cobalt.test 25 "EHLO pc.test\r\nMAIL FROM:<{sender}@pc.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nSubject: {subject}\r\n\r\n{first}\r\n..\r\nMAIL FROM:<{boss}@garnet.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nFrom: {boss}@garnet.test\r\n\r\n{second}\r\n.\r\nQUIT\r\n" line by line', at: 30s}
      - id: completed
        title: Whole line ends before it goes on
        text: Given to the own server at port 587, which forgives users' programs. Look at what it passes on to mail.cobalt.test.
        against: bare
        steps:
          - {do: 'pc types mail.garnet.test 587 "EHLO pc.test\r\nAUTH LOGIN\r\n{user:base64}\r\n{password:base64}\r\nMAIL FROM:<{user}@garnet.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nFrom: {user}@garnet.test\r\nSubject: {subject}\r\n\r\n{first}\n.\r\nMAIL FROM:<{boss}@garnet.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nFrom: {boss}@garnet.test\r\n\r\n{second}\r\n.\r\nQUIT\r\n" line by line for 5s', at: 30s}
    questions:
      - id: guess
        ask: "Before the run: how many dots will the server take out of the first letter?"
        kind: predict
        key: smtp.letter[0].bytes - smtp.letter[0].contentBytes - 3
        read: smtp.letter[0]
      - id: greeting
        ask: Which code does the server greet with?
        kind: number
        key: smtp.reply[0].code
      - id: verbs
        ask: Which commands make up the first session, in their order? Their first words are enough.
        kind: order
        key: (smtp.command where time < 11s and verb != ".").verb
        read: smtp.command where time < 11s
      - id: invites
        ask: Which code invites the letter?
        kind: number
        key: (smtp.command where verb == "DATA")[0].code
      - id: envelope
        ask: Who sends the first letter, by its envelope?
        kind: text
        key: smtp.letter[0].sender
        read: (smtp.command where verb == "MAIL")[0]
      - id: from
        ask: And who, by the letter itself?
        kind: text
        key: smtp.letter[0].field["from"]
        read: smtp.letter[0]
      - id: gets
        ask: In whose mailbox does it end up?
        kind: text
        key: smtp.letter[0].recipients[0]
        read: (smtp.command where verb == "RCPT")[0]
      - id: end
        ask: Which message ends the first letter? Mark it by its number.
        kind: mark
        key: (smtp.command where verb == ".")[0]
      - id: own
        ask: How many bytes has the first letter itself, without what was only there for the way?
        kind: number
        key: smtp.letter[0].contentBytes
        read: smtp.letter[0]
      - id: dots
        ask: How many bytes more passed?
        kind: number
        key: smtp.letter[0].bytes - smtp.letter[0].contentBytes
        read: smtp.letter[0]
        hint: A dot in each line that begins with one, and a line of a dot with its end.
      - id: nobody
        ask: Which code does a recipient get who is not there?
        kind: number
        key: '(smtp.command where verb == "RCPT" and code >= 500)[0].code'
      - id: relay
        ask: And which enhanced code, the one with points, one who lives elsewhere?
        kind: text
        key: '(smtp.reply where command.verb == "RCPT" and command.address contains "opal")[0].enhanced'
        read: 'smtp.command where verb == "RCPT" and address contains "opal"'
      - id: taken
        ask: Which recipients are left of the three?
        kind: set
        key: smtp.letter[1].recipients
        read: smtp.command where verb == "RCPT" and time > 11s
      - id: bare
        ask: With the dot behind half a line end, which code does the whole get?
        kind: number
        run: bare
        key: last(smtp.letter).code
      - id: smuggled
        ask: A server that took LF for an end would have seen a second letter. From whom, by its envelope?
        kind: text
        run: bare
        key: 'draw["boss"] + "@garnet.test"'
        read: last(smtp.letter)
      - id: ends
        ask: How many lines of it end in LF alone?
        kind: number
        run: bare
        key: last(smtp.letter).bareLines
      - id: stuffed
        ask: With one dot more, how many letters are delivered in this run after 20 seconds?
        kind: number
        run: stuffed
        key: count(smtp.letter where time > 20s and code == 250)
        read: smtp.letter where time > 20s
      - id: inside
        ask: What is the line with MAIL FROM in it then?
        kind: choice
        options: [a command, a line of the letter]
        run: stuffed
        key: 'if(last(smtp.letter).body contains "MAIL FROM", "a line of the letter", "a command")'
        read: last(smtp.letter)
      - id: passed
        ask: When the own server passes the letter on, how many letters does mail.cobalt.test get from it?
        kind: number
        run: completed
        key: count(smtp.letter where from == "mail.garnet.test")
        read: smtp.letter where from == "mail.garnet.test"
      - id: whole
        ask: How many of its lines end in LF alone now?
        kind: number
        run: completed
        key: last(smtp.letter where from == "mail.garnet.test").bareLines
    """#

  static let login = #"""
    schema: 1
    id: M3
    version: 2
    title: STARTTLS and a login
    chapter: Mail
    minutes: 15
    text: |
      Users give their letters to their own server, at port 587, and say who they are. What they say is encoded, not hidden: that is what STARTTLS is for,
      which turns the connection they have into a protected one. Its weakness is its beginning, which anybody on the way can change.
      Letters in the simulator do without TLS: what you see is what is left when somebody has cut the offer out.
    world:
      hosts: [pc, rogue, resolver, mail.garnet.test, mail.cobalt.test]
      draw: {user: word, password: word, subject: word, text: word, forged: word, wrong: word, policy: 100000000..999999999, print: 10000000..99999999}
      members:
        garnet.test: {user: "{user}", password: "{password}"}
      records:
        garnet.test: |
          _mta-sts      TXT  "v=STSv1; id={policy};"
          _25._tcp.mail TLSA 3 1 1 {print}887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d
    steps:
      - do: 'pc types mail.garnet.test 587 "EHLO pc.test\r\nMAIL FROM:<{user}@garnet.test>\r\nQUIT\r\n" line by line'
        text: What does the server offer? What does it want first?
      - do: 'pc types mail.garnet.test 587 "EHLO pc.test\r\nAUTH LOGIN\r\n{user:base64}\r\n{wrong:base64}\r\nQUIT\r\n" line by line'
        at: 6s
        text: A wrong password.
      - do: 'pc types mail.garnet.test 587 "EHLO pc.test\r\nAUTH LOGIN\r\n{user:base64}\r\n{password:base64}\r\nMAIL FROM:<{user}@garnet.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nFrom: {user}@garnet.test\r\nTo: reader@cobalt.test\r\nSubject: {subject}\r\n\r\n{text}\r\n.\r\nQUIT\r\n" line by line for 5s'
        at: 12s
        text: The right one, and a letter. Decode what goes to and fro.
    faults:
      - id: tap
        title: Somebody on the way
        text: rogue has cut STARTTLS out of the offer, so the program of pc logged in without it. rogue read the lines, and uses them.
        steps:
          - {do: 'rogue types mail.garnet.test 587 "EHLO rogue.test\r\nAUTH LOGIN\r\n{user:base64}\r\n{password:base64}\r\nMAIL FROM:<{user}@garnet.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nFrom: {user}@garnet.test\r\nSubject: {forged}\r\n\r\nPlease pay.\r\n.\r\nQUIT\r\n" line by line for 5s', at: 40s}
      - id: injected
        title: More than one line at once
        text: |
          Somebody on the way adds a command behind one that has to be waited for. Behind STARTTLS it would have been said in the clear and obeyed inside TLS,
          as if the user had said it there.
        steps:
          - {do: 'rogue types mail.garnet.test 587 "EHLO pc.test\r\nMAIL FROM:<{forged}@garnet.test>\r\n" for 2s', at: 40s}
    guards:
      - id: insist
        title: Not without TLS
        text: A program that wants TLS or nothing. It asks although nothing was offered, hears no, and leaves without a word about the user.
        against: tap
        steps:
          - {do: 'pc types mail.garnet.test 587 "EHLO pc.test\r\nSTARTTLS\r\nQUIT\r\n" line by line', at: 40s}
      - id: policy
        title: What is known beforehand
        text: |
          Servers that have never met cannot insist, unless the domain says so where it cannot be cut out: by MTA-STS, whose record names a policy that is
          fetched by HTTPS and remembered, or by DANE, whose record holds the hash of the server's key and is signed.
        against: tap
        steps:
          - {do: pc asks resolver _mta-sts.garnet.test TXT, at: 40s}
          - {do: pc asks resolver _25._tcp.mail.garnet.test TLSA, at: 42s}
    questions:
      - id: offered
        ask: Does the server offer STARTTLS here?
        kind: choice
        options: ["yes", "no"]
        key: 'if(smtp.command[0].reply contains "STARTTLS", "yes", "no")'
        read: smtp.reply[1]
      - id: lines
        ask: How many lines has its answer to the first EHLO?
        kind: number
        key: count(smtp.reply[1].lines)
        read: smtp.reply[1]
      - id: first
        ask: Which code says that somebody has to log in before mail is taken?
        kind: number
        key: '(smtp.command where verb == "MAIL" and code >= 500)[0].code'
      - id: asks
        ask: "What does the server ask for first? Decode the word behind 334."
        kind: text
        key: decodeBase64((smtp.reply where code == 334)[0].text)
        read: (smtp.reply where code == 334)[0]
      - id: wrong
        ask: Which code does a wrong password get?
        kind: number
        key: '(smtp.command where verb == "response" and code >= 500)[0].code'
      - id: user
        ask: Who logs in in the third session? Decode it.
        kind: text
        key: 'decodeBase64((smtp.command where verb == "response" and time > 12s)[0].argument)'
        read: '(smtp.command where verb == "response" and time > 12s)[0]'
      - id: password
        ask: And with which password?
        kind: text
        key: 'decodeBase64((smtp.command where verb == "response" and time > 12s)[1].argument)'
        read: '(smtp.command where verb == "response" and time > 12s)[1]'
      - id: welcome
        ask: Which code says that it was right?
        kind: number
        key: '(smtp.command where verb == "response" and time > 12s)[1].code'
      - id: onward
        ask: Who hands the letter to mail.cobalt.test?
        kind: choice
        options: [pc, mail.garnet.test, rogue]
        key: (smtp.letter where to == "mail.cobalt.test")[0].from
      - id: again
        ask: Does anybody say a password on that connection?
        kind: choice
        options: ["yes", "no"]
        key: 'if(count(smtp.command where to == "mail.cobalt.test" and verb == "AUTH") > 0, "yes", "no")'
        read: smtp.command where to == "mail.cobalt.test"
      - id: tapped
        ask: With what it has read, which code does rogue get for its letter?
        kind: number
        run: tap
        key: last(smtp.letter where from == "rogue").code
      - id: shown
        ask: In whose name does mail.cobalt.test get rogue's letter, by its envelope?
        kind: text
        run: tap
        key: last(smtp.letter where to == "mail.cobalt.test").sender
        read: last(smtp.letter where to == "mail.cobalt.test")
      - id: injected
        ask: Which code does the server have for a client that goes on talking?
        kind: number
        run: injected
        key: last(smtp.reply).code
      - id: insists
        ask: A program that insists on TLS asks for it. Which code is it refused with?
        kind: number
        run: insist
        key: last(smtp.command where verb == "STARTTLS").code
      - id: silent
        ask: How many words about the user does it say after 30 seconds?
        kind: number
        run: insist
        key: 'count(smtp.command where time > 30s and (verb == "AUTH" or verb == "response"))'
        read: smtp.command where time > 30s
      - id: policy
        ask: Which policy does garnet.test announce? Copy the number behind `id=`.
        kind: number
        run: policy
        key: draw["policy"]
        read: 'last(dns.response where type == "TXT" and to == "pc")'
      - id: dane
        ask: Which hash may the server's key have? Copy it.
        kind: text
        run: policy
        key: 'word((dns.response where type == "TLSA" and to == "pc")[0].answer[0].data, 3)'
        read: 'last(dns.response where type == "TLSA" and to == "pc")'
    """#

  static let parts = #"""
    schema: 1
    id: M4
    version: 1
    title: A letter with parts
    chapter: Mail
    minutes: 20
    text: |
      Mail is text: lines of seven bits. Everything else is written as such text, and says so: which type it is, how it was made fit for the way, where a
      part ends. Take a letter with two files apart, count what the way costs, and look what happens to bytes that nobody made fit.
    world:
      hosts: [pc, resolver, mail.garnet.test, mail.cobalt.test]
      draw: {user: word, password: word, subject: word, greeting: [Grüße, Übrigens, Später, Schön, Café, Olé], picture: word, size: 700..4000, note: word, secret: word, dish: [Köln, Käse, Café, Höhle, Müll, Züge, Küche, Möwe]}
      members:
        garnet.test: {user: "{user}", password: "{password}"}
    steps:
      - do: 'pc sends {user}@garnet.test reader@cobalt.test "{greeting} {subject}" "Two files go with this letter." password {password} attaching {picture}.png image/png {size} attaching {note}.txt text/plain "{secret}"'
        text: A text and two files. Look for the line that stands between them.
      - do: 'pc sends {user}@garnet.test reader@cobalt.test "{subject}" "{dish} is one word that has a letter which is not in the alphabet of seven bits." password {password}'
        at: 8s
        text: One letter of the text does not fit. How does it pass?
    faults:
      - id: eight
        title: As it is
        text: |
          A program types the bytes as they are. mail.cobalt.test said that it takes eight bits, so they arrive. Elsewhere there was, and may be, a hop that
          clears the top bit of each byte. No server of this world does; work out what it would make of it.
        steps:
          - {do: 'pc types mail.cobalt.test 25 "EHLO pc.test\r\nMAIL FROM:<{user}@pc.test> BODY=8BITMIME\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{dish} {subject}\r\n.\r\nQUIT\r\n" line by line', at: 20s}
    guards:
      - id: base64
        title: Made fit
        text: The same word in letters that every hop leaves alone.
        against: eight
        steps:
          - {do: 'pc types mail.cobalt.test 25 "EHLO pc.test\r\nMAIL FROM:<{user}@pc.test>\r\nRCPT TO:<reader@cobalt.test>\r\nDATA\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{dish:base64}\r\n.\r\nQUIT\r\n" line by line', at: 20s}
    questions:
      - id: guess
        ask: "Before the run: base64 writes three bytes as four letters, in lines of 76 with two bytes of line end. How many bytes does a file of {size} take?"
        kind: predict
        tolerance: 4
        key: smtp.letter[0].part[1].bytes
        read: smtp.letter[0]
      - id: type
        ask: Which type has the first letter as a whole?
        kind: text
        key: smtp.letter[0].type
        read: smtp.letter[0]
      - id: boundary
        ask: What stands between its parts? Copy it, without the hyphens before it.
        kind: text
        key: smtp.letter[0].boundary
        read: smtp.letter[0]
      - id: parts
        ask: How many parts has it?
        kind: number
        key: count(smtp.letter[0].part)
        read: smtp.letter[0]
      - id: types
        ask: Of which types are they, in their order?
        kind: order
        key: smtp.letter[0].part.type
        read: smtp.letter[0]
      - id: name
        ask: What is the last part's file called?
        kind: text
        key: smtp.letter[0].part[2].name
        read: smtp.letter[0]
      - id: growth
        ask: By how many per cent is the picture larger on its way than it is?
        kind: number
        tolerance: 0.6
        key: 100 * smtp.letter[0].part[1].bytes / smtp.letter[0].part[1].decodedBytes - 100
        read: smtp.letter[0]
      - id: secret
        ask: Decode the last part. What stands in the file?
        kind: text
        key: smtp.letter[0].part[2].text
        read: smtp.letter[0]
      - id: hash
        ask: "Which SHA-256 hash has that file? `base64 -d | sha256sum` says it."
        kind: text
        key: smtp.letter[0].part[2].sha256
        read: smtp.letter[0]
      - id: subject
        ask: How does the word {greeting} of the subject pass? Copy the whole value of the field.
        kind: text
        key: smtp.letter[0].field["subject"]
        read: smtp.letter[0]
      - id: encoding
        ask: Which encoding has the text of the second letter?
        kind: text
        key: (smtp.letter where from == "pc")[1].part[0].encoding
        read: (smtp.letter where from == "pc")[1]
      - id: word
        ask: And how does its first word pass?
        kind: text
        key: word((smtp.letter where from == "pc")[1].part[0].content, 0)
        read: (smtp.letter where from == "pc")[1]
      - id: same
        ask: Does mail.garnet.test change the parts when it passes the first letter on?
        kind: choice
        options: ["yes", "no"]
        key: 'if((smtp.letter where from == "mail.garnet.test")[0].body == smtp.letter[0].body, "no", "yes")'
        read: (smtp.letter where from == "mail.garnet.test")[0]
      - id: declared
        ask: With bytes as they are, what does the client say behind the sender?
        kind: text
        run: eight
        key: 'word(last(smtp.command where verb == "MAIL" and from == "pc").argument, 1)'
        read: 'last(smtp.command where verb == "MAIL" and from == "pc")'
      - id: bytes
        ask: How many bytes does the first word of the text take?
        kind: number
        run: eight
        key: length(word(last(smtp.letter where from == "pc").part[0].content, 0))
        read: last(smtp.letter where from == "pc")
        hint: "In UTF-8 a letter beyond the alphabet of seven bits takes two bytes, both of them with the top bit."
      - id: cleared
        ask: What would be left of the first word if a hop cleared the top bit of each byte?
        kind: text
        run: eight
        key: word(last(smtp.letter where from == "pc").part[0].sevenBit, 0)
        read: last(smtp.letter where from == "pc")
        hint: "C3 becomes 43, which is C."
      - id: fit
        ask: And what would such a hop change in the letter that was made fit?
        kind: choice
        options: [something, nothing]
        run: base64
        key: 'if(last(smtp.letter where from == "pc").part[0].sevenBit == last(smtp.letter where from == "pc").part[0].content, "nothing", "something")'
        read: last(smtp.letter where from == "pc")
      - id: decoded
        ask: Decode it. What does it say?
        kind: text
        run: base64
        key: last(smtp.letter where from == "pc").part[0].text
        read: last(smtp.letter where from == "pc")
    """#
}
