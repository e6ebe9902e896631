// The lessons about the DNS's bytes, its load and its floods, as the YAML that `netstead lab lesson D2 --print` prints. A test runs each of them to its end.
// Not here: the first lessons about names (NameLessons), attacks (NameAttackLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons D2, D8, D12.
enum NameServiceLessons {
  static let bytes = #"""
    schema: 1
    id: D2
    version: 1
    title: Every byte of it
    chapter: DNS
    minutes: 20
    text: |
      A message of the DNS is a head of twelve bytes and four sections: question, answer, authority, additional. The head holds an identifier, sixteen bits of
      flags and codes, and a count for each section. A name is a row of labels, each behind its length; what stood before is not written again but pointed to by
      two bytes. Take pencil and paper: write the bytes from the fields that the lab shows you.
    world:
      hosts: [pc, resolver, root1, tld1, ns1.garnet.test]
      draw: {name: word, alias: word, missing: word, big: word, text: word, host: 30..120}
      records:
        garnet.test: |
          {name}   A     198.51.100.{host}
          {alias}  CNAME {name}
          {big}    TXT   "{text} 01: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 02: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 03: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 04: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 05: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 06: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 07: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 08: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 09: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 10: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 11: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 12: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 13: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 14: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 15: one of sixteen texts that together are more than a datagram should carry, so"
          {big}    TXT   "{text} 16: one of sixteen texts that together are more than a datagram should carry, so"
    steps:
      - {do: "pc asks resolver {name}.garnet.test A", text: A question and its answer.}
      - {do: "pc asks resolver {missing}.garnet.test A", text: A name that does not exist.}
      - {do: "pc asks resolver {alias}.garnet.test A", text: "Two records, and the second one's name stands inside the first."}
      - {do: "pc asks resolver {big}.garnet.test TXT", at: 10s, text: More than fits. The answer says so (TC) and the question is put again.}
    faults:
      - id: blocked
        title: A filter that knows UDP only
        text: Somebody believes that the DNS needs no TCP and has the resolver's packet filter stop it.
        steps:
          - {do: resolver filters tcp 53, at: 20s}
          - {do: "pc asks resolver {big}.garnet.test TXT", at: 21s}
    guards:
      - id: retry
        title: TCP for those who need it
        text: The filter lets pc through.
        against: blocked
        steps:
          - {do: resolver filters tcp 53 except pc, at: 20s}
          - {do: "pc asks resolver {big}.garnet.test TXT", at: 21s}
    questions:
      - id: head
        ask: Write the first twelve bytes of pc's first query.
        kind: fill
        key: words((dns.query where from == "pc")[0].hex, 0, 12)
        read: (dns.query where from == "pc")[0]
        hint: Identifier, flags, then four counts of two bytes each. An OPT record stands in the additional section.
      - id: label
        ask: Write the bytes of the label `{name}` in its question, its length first.
        kind: fill
        key: words((dns.query where from == "pc")[0].hex, 12, length(draw["name"]) + 1)
        read: (dns.query where from == "pc")[0]
      - id: flags
        ask: Write the two bytes of flags and codes in the answer about {missing}.garnet.test.
        kind: fill
        key: words((dns.response where to == "pc")[1].hex, 2, 2)
        read: (dns.response where to == "pc")[1]
        hint: QR, four bits of opcode, AA, TC, RD; RA, Z, AD, CD, four bits of code.
      - id: code
        ask: Which number do the last four of these bits make?
        kind: number
        key: (dns.response where to == "pc")[1].flags % 16
        read: (dns.response where to == "pc")[1]
      - id: pointer
        ask: To which byte does the pointer in the first answer's record lead, counted from 0?
        kind: number
        key: (dns.response where to == "pc")[0].answer[0].pointer
        read: (dns.response where to == "pc")[0]
      - id: start
        ask: At which byte does the first record of the answer about {alias}.garnet.test begin?
        kind: number
        key: (dns.response where to == "pc")[2].answer[0].start
        read: (dns.response where to == "pc")[2]
      - id: inside
        ask: To which byte does the name of the second record in it point?
        kind: number
        key: (dns.response where to == "pc")[2].answer[1].pointer
        read: (dns.response where to == "pc")[2]
        hint: The name stands in the data of the first record, behind ten bytes of type, class, time to live and length.
      - id: cut
        ask: How many bytes has the answer over UDP about {big}.garnet.test?
        kind: number
        key: (dns.response where to == "pc" and carrier == "udp" and tc)[0].bytes
        read: (dns.response where to == "pc" and carrier == "udp" and tc)[0]
      - id: whole
        ask: And the whole one over TCP, without the two bytes of length before it?
        kind: number
        key: (dns.response where to == "pc" and carrier == "tcp")[0].bytes - 2
        read: (dns.response where to == "pc" and carrier == "tcp")[0]
      - id: mark
        ask: Mark the message that says that something did not fit.
        kind: mark
        key: (dns.response where to == "pc" and tc)[0]
      - id: blocked
        ask: With TCP filtered, did pc get the texts?
        kind: choice
        options: ["yes", "no"]
        run: blocked
        key: if(last(step).failed, "no", "yes")
        read: last(dns.response where to == "pc")
      - id: vain
        ask: How many packets did pc send in vain to the resolver's TCP port?
        kind: number
        run: blocked
        key: count(tcp.packet where from == "pc" and lost)
      - id: retry
        ask: And with pc let through, how many texts came?
        kind: number
        run: retry
        key: count(last(dns.response where to == "pc").answer)
        read: last(dns.response where to == "pc")
    """#

  static let balance = #"""
    schema: 1
    id: D8
    version: 1
    title: One name, three servers
    chapter: DNS
    minutes: 15
    text: |
      A name may have several addresses, and whoever answers for it can begin the list with another one each time. That spreads the load, as long as every client
      asks for itself. But resolvers keep answers: until the time to live is over all their clients go to the same server. And a list knows nothing of a server's
      death unless somebody looks.
    world:
      hosts: [pc, pc2, resolver, origin.garnet.test, edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]
      draw: {ttl: 3..6, piece: 1..9, other: 10..19, times: 9..14}
      more: |
        steering:
          names:
            pool.cdn.test:  {policy: round-robin, ttl: {ttl}, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test]}
            plain.cdn.test: {policy: round-robin, ttl: 1, edges: [edge1.cdn.test, edge2.cdn.test, edge3.cdn.test], health: no}
    steps:
      - {do: pc asks ns1.cdn.test pool.cdn.test A, every: 1s, times: 4, text: "The zone's own server, asked four times. Look at the order of the addresses."}
      - {do: "pc gets http://pool.cdn.test/low/{piece}.m4s", at: 10s, every: 1s, times: "{times}", text: "By way of the resolver, once a second."}
      - {do: "pc2 gets http://least.cdn.test/low/{other}.m4s", at: 30s, text: The rule of the least load.}
    faults:
      - id: dead
        title: A server dies
        text: Nobody looks after the servers of this name. The second one dies.
        steps:
          - {do: host edge2.cdn.test down, at: 40s}
          - {do: "pc2 gets http://plain.cdn.test/low/{piece}.m4s", at: 50s, every: 20s, times: 6}
    guards:
      - id: health
        title: A health check
        text: The zone's server asks every edge each second how it is, and leaves out who does not answer.
        against: dead
        steps:
          - {do: host edge2.cdn.test down, at: 40s}
          - {do: "pc2 gets http://pool.cdn.test/low/{piece}.m4s", at: 50s, every: 20s, times: 6}
    questions:
      - id: guess
        ask: "Before the run: pc asks a resolver once a second, the list is turned each time it is asked for and may be kept for {ttl} s. How often does the resolver ask in {times} s?"
        kind: predict
        key: count(dns.query where from == "resolver" and name == "pool.cdn.test" and type == "A")
        read: dns.query where from == "resolver" and name == "pool.cdn.test"
        tolerance: 1
      - id: turns
        ask: With which addresses do the four answers of the zone's own server begin, in their order?
        kind: order
        key: "[(dns.response where from == \"ns1.cdn.test\" and to == \"pc\")[0].answer[0].data, (dns.response where from == \"ns1.cdn.test\" and to == \"pc\")[1].answer[0].data, (dns.response where from == \"ns1.cdn.test\" and to == \"pc\")[2].answer[0].data, (dns.response where from == \"ns1.cdn.test\" and to == \"pc\")[3].answer[0].data]"
        read: dns.response where from == "ns1.cdn.test" and to == "pc"
      - id: list
        ask: How many addresses does each answer have?
        kind: number
        key: count((dns.response where from == "ns1.cdn.test" and to == "pc")[0].answer)
        read: (dns.response where from == "ns1.cdn.test" and to == "pc")[0]
      - id: first
        ask: From how many different servers did pc's first three fetches come?
        kind: number
        key: count(distinct((http.response where to == "pc" and time < 13s).from))
        read: http.response where to == "pc" and time < 13s
      - id: most
        ask: How many of pc's fetches did edge1 serve in the end?
        kind: number
        key: count(http.response where to == "pc" and from == "edge1.cdn.test")
        read: http.response where to == "pc"
      - id: share
        ask: Which share of them in per cent did the server get that served the most?
        kind: number
        tolerance: 0.5
        key: 100 * max([count(http.response where to == "pc" and from == "edge1.cdn.test"), count(http.response where to == "pc" and from == "edge2.cdn.test"), count(http.response where to == "pc" and from == "edge3.cdn.test")]) / count(http.response where to == "pc")
        read: http.response where to == "pc"
      - id: left
        ask: How many seconds might the second answer of the resolver for pool.cdn.test still be kept?
        kind: number
        tolerance: 1
        key: (dns.response where from == "resolver" and name == "pool.cdn.test" and to == "pc")[1].answer[0].ttl
        read: (dns.response where from == "resolver" and name == "pool.cdn.test" and to == "pc")[1]
      - id: least
        ask: How many addresses does an answer have when the server with the least load is chosen?
        kind: number
        key: count((dns.response where to == "pc2" and name == "least.cdn.test")[0].answer)
        read: (dns.response where to == "pc2" and name == "least.cdn.test")[0]
      - id: dead
        ask: After the second server's death, how many of pc2's six fetches took longer than a second?
        kind: number
        run: dead
        key: count(step where host == "pc2" and time > 40s and took > 1s)
        read: http.response where to == "pc2"
        hint: The lines that begin with `=` say what came of each step.
      - id: wait
        ask: How many seconds did the longest of them take?
        kind: number
        unit: s
        tolerance: 0.2
        run: dead
        key: max((step where host == "pc2" and time > 40s).took)
        read: http.response where to == "pc2"
      - id: health
        ask: And how many with the health check?
        kind: number
        run: health
        key: count(step where host == "pc2" and time > 40s and took > 1s)
        read: http.response where to == "pc2"
      - id: listed
        ask: Which addresses did the resolver's last answer to pc2 have then?
        kind: set
        run: health
        key: last(dns.response where to == "pc2" and name == "pool.cdn.test").answer.data
        read: last(dns.response where to == "pc2" and name == "pool.cdn.test")
    """#

  static let flood = #"""
    schema: 1
    id: D12
    version: 1
    title: The root under water
    chapter: DNS
    minutes: 20
    text: |
      Somebody floods the root servers until nothing gets through to them. What happens to everybody's names? Nothing, at first: resolvers know who serves `test`,
      for as long as the root allowed. Find out when that is over, what fails then and what does not, and what would have failed if `test` itself had been flooded.
    world:
      hosts: [pc, resolver, root1, root2, root3, tld1, tld2, ns1.garnet.test, ns1.cobalt.test]
      draw: {ttl: 7300..8900, name: word, other: word, host: 30..120, next: 121..200, well: [root1, root2, root3]}
      ttl: {".": "{ttl}"}
      records:
        garnet.test: |
          {name} 600 A 198.51.100.{host}
        cobalt.test: |
          {other} 600 A 198.51.100.{next}
    steps:
      - {do: "pc asks resolver {name}.garnet.test A", text: The resolver learns from the root who serves `test`.}
      - {do: host root1 down, at: 10s}
      - {do: host root2 down, at: 10s}
      - {do: host root3 down, at: 10s, text: From now on no root server answers.}
      - {do: "pc asks resolver {other}.cobalt.test A", at: 60s, text: A name of a zone that nobody asked for before.}
      - {do: "pc asks resolver {name}.garnet.test A", at: 7000s, text: Whatever was learned about garnet.test has run out. Who is asked?}
      - {do: "pc asks resolver {other}.cobalt.test A", at: 9100s, text: "And now, a name of the other zone?"}
      - {do: "pc asks resolver {other}.cobalt.test A", at: 9112s, text: Once more. What is different?}
      - {do: "pc asks resolver {name}.garnet.test A", at: 9150s, text: "A name of the zone that was asked for meanwhile."}
    faults:
      - id: tld
        title: The servers of `test` instead
        text: The roots are well; the servers one level below drown.
        instead: true
        steps:
          - {do: "pc asks resolver {name}.garnet.test A", at: 0s}
          - {do: host tld1 down, at: 10s}
          - {do: host tld2 down, at: 10s}
          - {do: "pc asks resolver www.garnet.test A", at: 60s, text: Another name of a zone whose servers are known.}
          - {do: "pc asks resolver {other}.cobalt.test A", at: 80s, text: A zone whose servers are not.}
          - {do: "pc asks resolver {name}.garnet.test A", at: 3700s}
    guards:
      - id: stale
        title: Better old than nothing
        text: The resolver keeps records for a day beyond their time and gives them when nobody answers who knows better (RFC 8767).
        world:
          more: |
            resolvers: {resolver: {stale: 1d}}
        steps:
          - {do: "pc asks resolver www.cobalt.test A", at: 9200s, text: A name that nobody has asked for before.}
      - id: anycast
        title: Not all of it
        text: Root servers stand in hundreds of places. This flood does not reach all of them.
        steps:
          - {do: "host {well} up", at: 11s}
    questions:
      - id: guess
        ask: "Before the run: the root gives the servers of `test` a time to live of {ttl} s, the resolver asks it at the beginning, the flood begins at 10 s. From which second on can nothing below `test` be found anew?"
        kind: predict
        tolerance: 2
        key: (dns.response where to == "resolver" and name == "test")[0].authority[0].ttl
        read: (dns.response where to == "resolver" and (from == "root1" or from == "root2" or from == "root3"))[0]
      - id: first
        ask: Which address did pc get at 60 s, fifty seconds into the flood?
        kind: text
        key: (dns.response where to == "pc" and time > 50s)[0].answer[0].data
        read: (dns.response where to == "pc" and time > 50s)[0]
      - id: below
        ask: Which hosts did the resolver ask for that?
        kind: set
        key: distinct((dns.query where from == "resolver" and time > 50s and time < 70s).host)
        read: dns.query where from == "resolver" and time > 50s and time < 70s
      - id: hours
        ask: At 7000 s, which of the servers of `test` did the resolver ask?
        kind: set
        key: distinct((dns.query where from == "resolver" and time > 6999s and time < 7010s and (host == "tld1" or host == "tld2")).host)
        read: dns.query where from == "resolver" and time > 6999s and time < 7010s
      - id: vain
        ask: How many questions did it put to root servers in vain at 9100 s?
        kind: number
        key: count(dns.query where from == "resolver" and time > 9099s and time < 9111s and not answered)
        read: dns.query where from == "resolver" and time > 9099s and time < 9111s
      - id: silence
        ask: For how many seconds did pc wait then?
        kind: number
        unit: s
        tolerance: 0.2
        key: (step where host == "pc" and time > 9099s)[0].took
        read: dns.query where from == "pc" and time > 9099s
      - id: code
        ask: And what did the resolver say to pc twelve seconds later?
        kind: text
        key: (dns.response where to == "pc" and time > 9111s)[0].rcode
        read: (dns.response where to == "pc" and time > 9111s)[0]
      - id: lucky
        ask: Which host told it the address of {name}.garnet.test at 9150 s?
        kind: text
        key: last(dns.response where to == "resolver").from
        read: last(dns.response where to == "resolver")
        hint: Who serves garnet.test was learned from `test` at 7000 s.
      - id: known
        ask: With the servers of `test` flooded, does www.garnet.test still resolve after a minute?
        kind: choice
        options: ["yes", "no"]
        run: tld
        key: if((step where time > 59s)[0].failed, "no", "yes")
        read: dns.query where from == "pc" and time > 59s
      - id: unknown
        ask: And {other}.cobalt.test?
        kind: choice
        options: ["yes", "no"]
        run: tld
        key: if((step where time > 79s)[0].failed, "no", "yes")
        read: dns.query where from == "pc" and time > 79s
      - id: zone
        ask: For how many seconds may a resolver know the servers of garnet.test, by what `test` says?
        kind: number
        run: tld
        key: (dns.response where to == "resolver" and (from == "tld1" or from == "tld2"))[0].authority[0].ttl
        read: (dns.response where to == "resolver" and (from == "tld1" or from == "tld2"))[0]
      - id: stale
        ask: With old records allowed, which time to live had pc's answer at 9100 s?
        kind: number
        run: stale
        key: (dns.response where to == "pc" and time > 9099s)[0].answer[0].ttl
        read: (dns.response where to == "pc" and time > 9099s)[0]
      - id: patience
        ask: For how many milliseconds did the resolver try to find out better first?
        kind: number
        unit: ms
        tolerance: 5
        run: stale
        key: (dns.response where to == "pc" and time > 9099s)[0].time - (dns.query where from == "pc" and time > 9099s)[0].arrived
        read: (dns.response where to == "pc" and time > 9099s)[0]
      - id: never
        ask: Does that help a name nobody asked for before?
        kind: choice
        options: ["yes", "no"]
        run: stale
        key: if(last(step).failed, "no", "yes")
        read: last(dns.query where from == "pc")
      - id: other
        ask: With one root server well, which one sent the resolver on after 9099 s?
        kind: text
        run: anycast
        key: (dns.response where to == "resolver" and time > 9099s and (from == "root1" or from == "root2" or from == "root3"))[0].from
        read: dns.response where to == "resolver" and time > 9099s
    """#
}
