// The lessons about having a domain, as the YAML that `netstead lab lesson D5 --print` prints: registering it, changing it, having it twice.
// Not here: other lessons about names (NameLessons, ForgeryLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons D5, D6, D7.
enum DomainLessons {
  static let registration = #"""
    schema: 1
    id: D5
    version: 2
    title: A new domain
    chapter: DNS
    minutes: 20
    text: |
      A zone for {name}.test is there already: a server of Garnet's keeps it. But nobody finds it, since nobody above knows it. pc registers the name at
      the registrar, whose form becomes a message that changes the zone above. Look at what stands where afterwards: what the parent keeps, what the
      child keeps, and how long others go on believing that there is no such name.
    world:
      hosts: [pc, resolver, registrar, tld1, tld2, ns1.garnet.test, ns1.cobalt.test]
      draw: {name: word, other: word, web: 100..160, mail: 170..240, preference: 5..50, kept: 60..290}
      ttl: {test: "{kept}"}
      zones:
        "{name}.test":
          served-by: [ns1.garnet.test]
          delegated: no
          records: |
            @    NS ns1
            ns1  A  198.51.100.11
            @    A  198.51.100.{web}
            @    MX {preference} mail
            mail A  198.51.100.{mail}
    steps:
      - {do: "pc asks resolver {name}.test A", at: 0s, text: Nobody knows it yet. Who says so?}
      - do: 'pc posts http://registrar.test/register "name={name}&servers=ns1.{name}.test+198.51.100.11"'
        at: 10s
        text: The form goes to the registrar, the registrar's message to the zone above. Its servers tell one another.
      - {do: "pc asks resolver {name}.test A", at: 20s, text: And still it is not there. Why?}
      - {do: "pc asks resolver {name}.test A", at: 400s, text: Now it is.}
      - {do: "pc asks resolver {name}.test MX", at: 402s}
      - {do: "pc asks tld1 {name}.test A", at: 404s, text: What the zone above says of it.}
      - {do: "pc asks ns1.garnet.test {name}.test A", at: 406s, text: What its own server says.}
    faults:
      - id: glueless
        title: No glue
        text: The server's name lies inside the domain, and the form leaves out its address.
        steps:
          - {do: 'pc posts http://registrar.test/register "name={other}&servers=ns1.{other}.test"', at: 500s}
      - id: lame
        title: A lame delegation
        text: The form names a server that knows nothing of the domain.
        steps:
          - {do: 'pc posts http://registrar.test/register "name={other}&servers=ns1.cobalt.test"', at: 500s}
          - {do: "pc asks resolver {other}.test A", at: 510s}
      - id: taken
        title: Somebody was there before
        steps:
          - {do: 'pc posts http://registrar.test/register "name={name}&servers=ns1.cobalt.test"', at: 500s}
    guards:
      - id: checked
        title: Glue
        text: The same form with the address behind the name.
        against: glueless
        steps:
          - {do: 'pc posts http://registrar.test/register "name={other}&servers=ns1.{other}.test+198.51.100.11"', at: 500s}
          - {do: "pc asks tld1 {other}.test A", at: 510s}
    questions:
      - id: before
        ask: Which code does pc get for its first question?
        kind: text
        key: (dns.response where to == "pc")[0].rcode
      - id: denier
        ask: Which server told the resolver so?
        kind: text
        key: (dns.response where to == "resolver" and rcode == "NXDOMAIN")[0].from
        read: dns.response where to == "resolver" and time < 5s
      - id: opcode
        ask: Which kind of DNS message (opcode) does the registrar send to the zone's server?
        kind: text
        key: (dns.query where from == "registrar" and opcode != "QUERY")[0].opcode
      - id: key
        ask: With which key is it signed?
        kind: text
        key: (dns.query where from == "registrar" and opcode == "UPDATE")[0].signed
      - id: told
        ask: Which server is told at once that the zone has changed?
        kind: text
        key: (dns.query where opcode == "NOTIFY")[0].to
      - id: late
        ask: Which code does pc get ten seconds after the registration?
        kind: text
        key: (dns.response where to == "pc" and type == "A" and time > 15s)[0].rcode
      - id: asked
        ask: How many questions about it did the resolver ask others at that time?
        kind: number
        key: count(dns.query where from == "resolver" and time > 15s and time < 30s)
        read: (dns.query where from == "pc" and time > 15s)[0]
        hint: How long may somebody keep that there is no such name?
      - id: negative
        ask: For how many seconds may it be kept that the name does not exist? It is the life of the SOA record that came with the first answer, or the last number in it where that is smaller.
        kind: number
        key: (dns.response where to == "resolver" and rcode == "NXDOMAIN")[0].authority[0].ttl
        read: (dns.response where to == "resolver" and rcode == "NXDOMAIN")[0]
      - id: left
        ask: And for how many more, when pc asks the second time? The resolver has counted down the life of that record.
        kind: number
        key: (dns.response where to == "pc" and type == "A" and time > 15s)[0].authority[0].ttl
      - id: address
        ask: Which address does pc get in the end?
        kind: text
        key: (dns.response where to == "pc" and type == "A" and time > 399s)[0].answer[0].data
      - id: mail
        ask: Which host takes the domain's mail?
        kind: text
        key: word((dns.response where to == "pc" and type == "MX")[0].answer[0].data, 1)
        read: (dns.response where to == "pc" and type == "MX")[0]
      - id: above
        ask: How many records of {name}.test does tld1 keep in its answer section, asked for the address?
        kind: number
        key: count((dns.response where to == "pc" and from == "tld1")[0].answer)
        read: (dns.response where to == "pc" and from == "tld1")[0]
      - id: glue
        ask: Which address does it give along, though it is no authority for it?
        kind: text
        key: ((dns.response where to == "pc" and from == "tld1")[0].additional where type == "A")[0].data
        read: (dns.response where to == "pc" and from == "tld1")[0]
      - id: glueless
        ask: With which status does the registrar answer a form without glue?
        kind: number
        run: glueless
        key: last(http.response where from == "registrar").status
      - id: lame
        ask: What does pc get for a name whose only server does not know it?
        kind: text
        run: lame
        key: last(dns.response where to == "pc").rcode
      - id: refused
        ask: And what does that server say to the resolver?
        kind: text
        run: lame
        key: last(dns.response where to == "resolver" and from == "ns1.cobalt.test").rcode
      - id: taken
        ask: With which status does the registrar answer who comes second?
        kind: number
        run: taken
        key: last(http.response where from == "registrar").status
      - id: checked
        ask: With glue, which server does tld1 name for it?
        kind: text
        run: checked
        key: last(dns.response where to == "pc" and from == "tld1").authority[0].data
    """#

  static let update = #"""
    schema: 1
    id: D6
    version: 1
    title: The address at home changes
    chapter: DNS
    minutes: 15
    text: |
      At home the address changes now and then. Instead of telling somebody, the machine changes its zone itself, by a message that says what is to go
      and what is to come, and that is signed with a key which only it and the server know. Look at the serial before and after, and at how
      long others go on using the old address. Then somebody else tries it.
    world:
      hosts: [pc, rogue, resolver, ns1.garnet.test, ns2.garnet.test, ns1.cobalt.test]
      draw: {name: word, ttl: 60..240, old: 100..150, fresh: 151..200, evil: 201..250}
      records:
        garnet.test: |
          {name} {ttl} A 203.0.113.{old}
    steps:
      - {do: pc asks ns1.garnet.test garnet.test SOA, at: 0s, text: The serial before.}
      - {do: "pc asks resolver {name}.garnet.test A", at: 2s}
      - {do: 'pc updates garnet.test at ns1.garnet.test "delete {name} A; add {name} {ttl} A 203.0.113.{fresh}" signed home.garnet.test', at: 10s, text: "One message, two changes: both are made, or none."}
      - {do: pc asks ns1.garnet.test garnet.test SOA, at: 12s, text: The serial after.}
      - {do: "pc asks ns1.garnet.test {name}.garnet.test A", at: 14s, text: The authority has it at once.}
      - {do: "pc asks resolver {name}.garnet.test A", at: 16s, text: Others may not.}
      - {do: "pc asks resolver {name}.garnet.test A", at: 300s}
    faults:
      - id: rogue
        title: Somebody else's update
        text: A club's zone takes changes from the whole access network, whoever it is.
        steps:
          - {do: 'rogue updates opal.test at ns1.cobalt.test "delete mail A; add mail 60 A 203.0.113.{evil}"', at: 400s}
          - {do: pc asks resolver mail.opal.test A, at: 402s}
      - id: second
        title: A name that is taken
        text: The change is to be made only if the name is not there yet.
        steps:
          - {do: 'pc updates garnet.test at ns1.garnet.test "unless {name}; add {name} {ttl} A 203.0.113.{evil}" signed home.garnet.test', at: 400s}
          - {do: pc asks ns1.garnet.test garnet.test SOA, at: 402s}
    guards:
      - id: tsig
        title: Signed changes only
        text: rogue tries the same with a zone whose server wants a signature, then with a key that is good for other things.
        against: rogue
        steps:
          - {do: 'rogue updates garnet.test at ns1.garnet.test "delete {name} A; add {name} 60 A 203.0.113.{evil}"', at: 400s}
          - {do: 'rogue updates garnet.test at ns1.garnet.test "delete {name} A; add {name} 60 A 203.0.113.{evil}" signed copy.test', at: 402s}
          - {do: "pc asks ns1.garnet.test {name}.garnet.test A", at: 404s}
    questions:
      - id: opcode
        ask: Which opcode has the message that changes the zone?
        kind: text
        key: (dns.query where from == "pc" and signed == "home.garnet.test")[0].opcode
      - id: before
        ask: Which serial did the zone have before?
        kind: number
        key: number(word((dns.response where to == "pc" and type == "SOA" and opcode == "QUERY")[0].answer[0].data, 2))
        read: (dns.response where to == "pc" and type == "SOA")[0]
      - id: after
        ask: And afterwards?
        kind: number
        key: number(word((dns.response where to == "pc" and type == "SOA" and opcode == "QUERY")[1].answer[0].data, 2))
        read: (dns.response where to == "pc" and type == "SOA" and opcode == "QUERY")[1]
      - id: code
        ask: With which code is the update answered?
        kind: text
        key: (dns.response where to == "pc" and opcode == "UPDATE")[0].rcode
      - id: bytes
        ask: How many bytes has the update, its signature included?
        kind: number
        key: (dns.query where from == "pc" and opcode == "UPDATE")[0].bytes
      - id: authority
        ask: Which address does ns1.garnet.test give afterwards?
        kind: text
        key: (dns.response where to == "pc" and from == "ns1.garnet.test" and type == "A")[0].answer[0].data
      - id: stale
        ask: Which one does the resolver give two seconds later?
        kind: text
        key: (dns.response where to == "pc" and from == "resolver")[1].answer[0].data
      - id: worst
        ask: For at most how many seconds after such a change can a resolver go on giving the old address?
        kind: number
        key: draw["ttl"]
        read: (dns.response where to == "pc" and from == "resolver")[0]
      - id: fresh
        ask: Which one does it give in the end?
        kind: text
        key: (dns.response where to == "pc" and from == "resolver")[2].answer[0].data
      - id: told
        ask: Which server did ns1.garnet.test tell of the change?
        kind: text
        key: (dns.query where from == "ns1.garnet.test" and opcode == "NOTIFY")[0].to
      - id: rogue
        ask: With which code is rogue's unsigned update of opal.test answered?
        kind: text
        run: rogue
        key: (dns.response where to == "rogue")[0].rcode
      - id: believed
        ask: Where does the club's mail go from then on?
        kind: text
        run: rogue
        key: last(dns.response where to == "pc").answer[0].data
      - id: second
        ask: Which code comes when the name must not be there, and is?
        kind: text
        run: second
        key: (dns.response where to == "pc" and opcode == "UPDATE")[1].rcode
      - id: same
        ask: Which serial does the zone have after that?
        kind: number
        run: second
        key: number(word(last(dns.response where to == "pc" and type == "SOA" and opcode == "QUERY").answer[0].data, 2))
        read: last(dns.response where to == "pc" and opcode == "QUERY")
      - id: tsig
        ask: Where signatures are wanted, which code does rogue's unsigned update get?
        kind: text
        run: tsig
        key: (dns.response where to == "rogue")[0].rcode
      - id: kept
        ask: And which address does the name have after both attempts?
        kind: text
        run: tsig
        key: last(dns.response where to == "pc").answer[0].data
    """#

  static let copies = #"""
    schema: 1
    id: D7
    version: 2
    title: Two servers, one zone
    chapter: DNS
    minutes: 20
    text: |
      A zone has a first server, where it is changed, and others that copy it. The first one tells the others when something has changed (NOTIFY); they ask
      for its serial, and if it is higher, for the changes since theirs (IXFR) or for the whole zone (AXFR). Then the first one dies.
    world:
      hosts: [pc, rogue, resolver, ns1.garnet.test, ns2.garnet.test, ns1.cobalt.test]
      draw: {name: word, host: 100..200, slip: word, wrong: 201..250, filler: 20..60, members: 3..40, delay: 10..60}
      records:
        garnet.test: |
          $GENERATE 1-{filler} host$ A 198.51.100.$
        opal.test: |
          $GENERATE 1-{members} member$ A 198.51.100.$
      links:
        - {between: [pc, ns1.garnet.test], delay: "{delay}ms"}
    steps:
      - {do: pc asks ns2.garnet.test garnet.test SOA, at: 0s}
      - {do: 'pc updates garnet.test at ns1.garnet.test "add {name} 300 A 198.51.100.{host}" signed home.garnet.test', at: 10s, text: Changed at the first one. Watch what the two servers say to each other.}
      - {do: "pc asks ns2.garnet.test {name}.garnet.test A", at: 15s}
      - {do: pc asks ns2.garnet.test garnet.test SOA, at: 17s}
      - {do: pc copies garnet.test at ns1.garnet.test signed copy.test, at: 20s, text: The whole zone.}
      - {do: pc copies garnet.test at ns1.garnet.test since 1 signed copy.test, at: 22s, text: What changed since its first version.}
      - {do: host ns1.garnet.test down, at: 30s}
      - {do: "pc asks resolver {name}.garnet.test A", at: 40s, text: The first server is gone. Is the name?}
    faults:
      - id: forgotten
        title: A serial that was forgotten
        text: Somebody changes the file of the first server by hand, and leaves the serial as it was.
        steps:
          - {do: "zone garnet.test edits {slip} 300 A 198.51.100.{wrong}", at: 24s}
          - {do: "pc asks ns1.garnet.test {slip}.garnet.test A", at: 26s}
          - {do: "pc asks ns2.garnet.test {slip}.garnet.test A", at: 28s}
      - id: anyone
        title: A copy for anyone
        text: The club gives its zone to whoever asks.
        steps:
          - {do: rogue copies opal.test at ns1.cobalt.test, at: 50s}
    guards:
      - id: acl
        title: Copies for whom it concerns
        against: anyone
        steps:
          - {do: rogue copies garnet.test at ns1.garnet.test, at: 24s}
    questions:
      - id: version
        ask: Which serial has the copy at ns2.garnet.test in the beginning?
        kind: number
        key: number(word((dns.response where to == "pc" and type == "SOA" and opcode == "QUERY")[0].answer[0].data, 2))
        read: (dns.response where to == "pc" and type == "SOA")[0]
      - id: notice
        ask: Which message of ns1.garnet.test tells ns2.garnet.test of the change? Mark it.
        kind: mark
        key: (dns.query where from == "ns1.garnet.test" and opcode == "NOTIFY")[0]
      - id: asks
        ask: What does ns2.garnet.test ask for then, in this order? Give the types.
        kind: order
        key: (dns.query where from == "ns2.garnet.test" and time > 10s and time < 14s).type
        read: dns.query where from == "ns2.garnet.test" and time > 10s
      - id: lag
        ask: How many milliseconds passed from the update's leaving pc to the changes' leaving ns1.garnet.test for ns2?
        kind: number
        unit: ms
        tolerance: 2
        key: (dns.response where to == "ns2.garnet.test" and type == "IXFR")[0].time - (dns.query where from == "pc" and opcode == "UPDATE")[0].time
        read: dns.response where to == "ns2.garnet.test" and time > 10s
      - id: there
        ask: Which address does the copy give five seconds later?
        kind: text
        key: (dns.response where to == "pc" and from == "ns2.garnet.test" and type == "A")[0].answer[0].data
      - id: next
        ask: And which serial does it have now?
        kind: number
        key: number(word((dns.response where to == "pc" and type == "SOA" and opcode == "QUERY")[1].answer[0].data, 2))
        read: (dns.response where to == "pc" and type == "SOA" and opcode == "QUERY")[1]
      - id: whole
        ask: How many bytes has the answer with the whole zone that pc got?
        kind: number
        key: sum((dns.response where to == "pc" and type == "AXFR").bytes)
        read: dns.response where to == "pc" and type == "AXFR"
      - id: steps
        ask: And the answer with the changes only?
        kind: number
        key: sum((dns.response where to == "pc" and type == "IXFR").bytes)
        read: dns.response where to == "pc" and type == "IXFR"
      - id: spared
        ask: How many times larger is the whole?
        kind: number
        tolerance: 5%
        key: sum((dns.response where to == "pc" and type == "AXFR").bytes) / sum((dns.response where to == "pc" and type == "IXFR").bytes)
        read: dns.response where to == "pc" and time > 19s
      - id: survives
        ask: Which server answered the resolver about the name when ns1.garnet.test was down?
        kind: text
        key: last(dns.response where to == "resolver" and name == (dns.query where from == "pc")[-1].name and aa).from
        read: dns.response where to == "resolver" and time > 39s
      - id: retries
        ask: How many of the resolver's questions then went unanswered?
        kind: number
        key: count(dns.query where from == "resolver" and time > 39s and not answered)
        read: dns.query where from == "resolver" and time > 39s
      - id: first
        ask: After the change by hand, which code does ns1.garnet.test give for {slip}.garnet.test?
        kind: text
        run: forgotten
        key: (dns.response where to == "pc" and from == "ns1.garnet.test" and type == "A")[0].rcode
      - id: other
        ask: And ns2.garnet.test?
        kind: text
        run: forgotten
        key: (dns.response where to == "pc" and from == "ns2.garnet.test" and type == "A")[1].rcode
      - id: anyone
        ask: How many records of opal.test did rogue get?
        kind: number
        run: anyone
        key: count((dns.response where to == "rogue" and type == "AXFR")[0].answer)
        read: dns.response where to == "rogue"
      - id: acl
        ask: Which code does rogue get from the server that knows whom it concerns?
        kind: text
        run: acl
        key: (dns.response where to == "rogue" and type == "AXFR")[0].rcode
    """#
}
