// The lessons about datagrams that claim to come from somebody else, as the YAML that `netstead lab lesson D9 --print` prints: forged answers for a
// cache, forged questions that make an answer hit somebody else.
// Not here: forged mail (ForgedMailLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons D9, D11.
enum ForgeryLessons {
  static let poisoning = #"""
    schema: 1
    id: D9
    version: 2
    title: Lies for the cache
    chapter: DNS
    minutes: 25
    text: |
      A resolver believes what servers say, and passes it on to everybody. rogue would like to be believed. First it answers a question about its own zone,
      and adds an address for a name that is not its business. Then it races against the right server: it sends answers in that server's name
      before the right one comes, and has to guess what it cannot see.
    world:
      hosts: [pc, rogue, resolver, resolver-old, resolver-careful, ns1.cobalt.test]
      draw: {evil: word, lure: word, last: 100..200, tries: 20..60, flood: 300..900, ttl: 600..3000, delay: 120ms..180ms}
      zones:
        "{evil}.test": {served-by: [rogue], records: "{lure} CNAME mail.opal.test."}
        mail.opal.test: {served-by: [rogue], delegated: no, records: "@ {ttl} A 203.0.113.{last}"}
      links:
        - {between: [resolver, ns1.cobalt.test], delay: "{delay}"}
        - {between: [resolver-old, ns1.cobalt.test], delay: "{delay}"}
        - {between: [resolver-careful, ns1.cobalt.test], delay: "{delay}"}
    steps:
      - {do: "pc asks resolver {lure}.{evil}.test A", at: 0s, text: "rogue's server says more than it was asked. What does the resolver do with it?"}
      - {do: pc asks resolver mail.opal.test A, at: 5s}
      - do: 'rogue runs races "1000 races; {flood} forgeries; port known; name mail.opal.test"'
        at: 10s
        text: A thousand races on paper. The identifiers are chosen by the resolver's own code, rogue knows the port, and tries {flood} identifiers in each.
    faults:
      - id: race
        title: A race against an old resolver
        text: |
          resolver-old asks from one port, counts its identifiers, and is patient with wrong answers. rogue has seen one of its questions, and sends
          answers with the identifiers after that one.
        steps:
          - {do: pc asks resolver-old opal.test NS, at: 20s}
          - {do: pc asks resolver-old mail.opal.test A, at: 30s}
          - {do: 'rogue forges "mail.opal.test. {ttl} A 203.0.113.{last}" of ns1.cobalt.test to resolver-old {tries} times at port 5300', at: 30040ms}
          - {do: pc asks resolver-old mail.opal.test A, at: 40s}
    guards:
      - id: chance
        title: A port and an identifier by chance
        text: The same race against resolver, with many more answers.
        against: race
        steps:
          - {do: pc asks resolver opal.test NS, at: 20s}
          - {do: pc asks resolver mail.opal.test A, at: 100s}
          - {do: 'rogue forges "mail.opal.test. {ttl} A 203.0.113.{last}" of ns1.cobalt.test to resolver {flood} times', at: 100040ms}
          - {do: pc asks resolver mail.opal.test A, at: 110s}
      - id: careful
        title: Mixed letters and cookies besides
        against: race
        steps:
          - {do: pc asks resolver-careful opal.test NS, at: 20s}
          - {do: pc asks resolver-careful mail.opal.test A, at: 30s}
          - {do: 'rogue forges "mail.opal.test. {ttl} A 203.0.113.{last}" of ns1.cobalt.test to resolver-careful {flood} times', at: 30040ms}
          - {do: pc asks resolver-careful mail.opal.test A, at: 40s}
    questions:
      - id: said
        ask: Which address of mail.opal.test stood in rogue's answer?
        kind: text
        key: ((dns.response where from == "rogue")[0].answer where type == "A")[0].data
        read: (dns.response where from == "rogue")[0]
      - id: got
        ask: Which address did pc get for {lure}.{evil}.test?
        kind: text
        key: ((dns.response where to == "pc")[0].answer where type == "A")[0].data
        read: (dns.response where to == "pc")[0]
      - id: asked
        ask: Whom did the resolver ask about mail.opal.test after rogue had said it all? Which server's answer counted?
        kind: text
        key: last(dns.response where to == "resolver" and name == "mail.opal.test" and aa and time < 5s).from
        read: dns.response where to == "resolver" and time < 5s
      - id: identifiers
        ask: Which identifier had the resolver's question about mail.opal.test? It is one of 65,536.
        kind: number
        key: last(dns.query where from == "resolver" and name == "mail.opal.test" and time < 5s).id
        read: last(dns.query where from == "resolver" and name == "mail.opal.test" and time < 5s)
      - id: blind
        ask: 'Identifiers are by chance, the port is known. Of how many races does who sends {flood} different answers win one, on the average?'
        kind: number
        tolerance: 5%
        key: 65536 / draw["flood"]
        read: (dns.query where from == "resolver")[0]
      - id: thousand
        ask: How many of the thousand races on paper did rogue win?
        kind: number
        key: number(word((step where host == "rogue")[0].said, 0))
        read: (dns.query where from == "resolver")[0]
        hint: The lines that begin with `=` say what came of each step. Does it fit what you worked out?
      - id: ports
        ask: And when the question may come from 16,384 ports?
        kind: number
        tolerance: 5%
        key: 65536 * 16384 / draw["flood"]
        read: (dns.query where from == "resolver")[0]
      - id: letters
        ask: 'Each letter may be large or small, and the answer has to repeat it. By how many bits is {lure}.{evil}.test harder to guess then?'
        kind: number
        key: length(draw["lure"]) + length(draw["evil"]) + length("test")
        read: (dns.query where from == "resolver")[0]
      - id: poisoned
        ask: Which address does pc get from resolver-old, ten seconds after the race?
        kind: text
        run: race
        key: last(dns.response where to == "pc").answer[0].data
      - id: guessed
        ask: Which identifier had resolver-old's question that rogue answered?
        kind: number
        run: race
        key: last(dns.query where from == "resolver-old" and name == "mail.opal.test").id
      - id: port
        ask: From which port did it come?
        kind: number
        run: race
        key: (last(udp.datagram where from == "resolver-old" and to == "ns1.cobalt.test")).fromPort
      - id: lasts
        ask: For how many seconds more does the lie live, by that last answer?
        kind: number
        tolerance: 1
        run: race
        key: last(dns.response where to == "pc").answer[0].ttl
      - id: chance
        ask: Which address does pc get from resolver in the end?
        kind: text
        run: chance
        key: last(dns.response where to == "pc").answer[0].data
      - id: careful
        ask: And from resolver-careful?
        kind: text
        run: careful
        key: last(dns.response where to == "pc").answer[0].data
    """#

  static let amplification = #"""
    schema: 1
    id: D11
    version: 1
    title: A small question, a large answer
    chapter: DNS
    minutes: 25
    text: |
      rogue asks, and says that it is pc-america. The answers go there, and they are larger than the questions: with a little of its own rogue sends a lot to
      somebody else, and nobody sees where it comes from. Count the bytes on both sides, then see what each guard leaves of it.
    world:
      hosts: [pc, pc-america, rogue, resolver, resolver-careful, ns1.garnet.test, ns1.cobalt.test]
      draw: {name: word, times: 60..140, every: 4ms..7ms, word: word}
      records:
        garnet.test: |
          {name} TXT "{word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word}"
          {name} TXT "Garnet: red, hard as glass and a little harder; it is found in stones that were deep below and came up again. Whoever has one"
          {name} TXT "keeps it in a drawer, and takes it out when it rains, to see the light in it. Some say that it shows the way in the dark, and"
          {name} TXT "that it grows warm when somebody lies. None of this is true, but it makes a text long enough for one answer of a name server."
        opal.test: |
          {name} TXT "{word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word}"
          {name} TXT "Opal: all colours and none of them; water is in it, and when that goes, so do the colours. Whoever has one keeps it in a glass"
          {name} TXT "of water, and takes it out when there are guests. Some say that it makes people unseen, which is why thieves are fond of it."
          {name} TXT "None of this is true, but it makes a text that is long enough for one answer of a name server, and that is all it has to be."
    steps:
      - do: 'rogue floods ns1.garnet.test as pc-america {name}.garnet.test TXT {times} times every {every}'
        at: 0s
        text: Every question says that it comes from pc-america. Who gets the answers?
      - {do: "pc-america asks ns1.garnet.test {name}.garnet.test TXT", at: 10s, text: An honest question.}
    faults:
      - id: open
        title: A resolver that answers everybody
        text: Nothing of rogue's own is needed but a name that is large somewhere.
        steps:
          - {do: 'rogue floods resolver as pc-america {name}.garnet.test TXT {times} times every {every}', at: 20s}
    guards:
      - id: closed
        title: A resolver for its own network
        against: open
        steps:
          - {do: 'rogue floods resolver-careful as pc-america {name}.garnet.test TXT {times} times every {every}', at: 20s}
      - id: rrl
        title: Few answers a second to one network
        text: ns1.cobalt.test limits the rate of its answers. One in two that it holds back goes out cut, so that an honest asker comes again over TCP.
        instead: yes
        steps:
          - {do: 'rogue floods ns1.cobalt.test as pc-america {name}.opal.test TXT {times} times every {every}', at: 0s}
          - {do: "pc-america asks ns1.cobalt.test {name}.opal.test TXT", at: 1s}
          - {do: "pc-america asks ns1.cobalt.test {name}.opal.test TXT", at: 1100ms}
      - id: cookies
        title: Cookies
        text: Two resolvers of one network ask while somebody floods in its name. One of them has a cookie, which shows that it is where it says it is.
        instead: yes
        steps:
          - {do: pc asks resolver-careful opal.test NS, at: 0s}
          - {do: pc asks resolver opal.test NS, at: 2s}
          - {do: 'rogue floods ns1.cobalt.test as pc {name}.opal.test TXT {times} times every {every}', at: 10s}
          - {do: "pc asks resolver-careful {name}.opal.test TXT", at: 10500ms}
          - {do: "pc asks resolver {name}.opal.test TXT", at: 10600ms}
      - id: filter
        title: A network that lets out its own addresses only
        instead: yes
        steps:
          - {do: net access filters sources, at: 0s}
          - {do: 'rogue floods ns1.garnet.test as pc-america {name}.garnet.test TXT {times} times every {every}', at: 1s}
          - {do: "pc-america asks ns1.garnet.test {name}.garnet.test TXT", at: 10s}
    questions:
      - id: small
        ask: How many bytes has one of rogue's questions?
        kind: number
        key: (dns.query where to == "ns1.garnet.test")[0].bytes
      - id: large
        ask: And its answer?
        kind: number
        key: (dns.response where from == "ns1.garnet.test")[0].bytes
      - id: factor
        ask: How many times larger is the answer?
        kind: number
        tolerance: 5%
        key: (dns.response where from == "ns1.garnet.test")[0].bytes / (dns.query where to == "ns1.garnet.test")[0].bytes
        read: (dns.response where from == "ns1.garnet.test")[0]
      - id: victim
        ask: Which host gets it?
        kind: text
        key: (dns.response where from == "ns1.garnet.test")[0].to
      - id: all
        ask: How many bytes of answers did the flood send there?
        kind: number
        key: sum((dns.response where from == "ns1.garnet.test" and time < 9s).bytes)
        read: dns.response where from == "ns1.garnet.test" and time < 9s
      - id: rate
        ask: How many Mbit/s was that, from the first of these answers to the last?
        kind: number
        tolerance: 5%
        key: 8 * sum((dns.response where from == "ns1.garnet.test" and time < 9s).bytes) / seconds(last(dns.response where from == "ns1.garnet.test" and time < 9s).time - (dns.response where from == "ns1.garnet.test")[0].time) / 1000000
        read: dns.response where from == "ns1.garnet.test" and time < 9s
      - id: open
        ask: How many answers does the open resolver send to pc-america?
        kind: number
        run: open
        key: count(dns.response where from == "resolver" and to == "pc-america")
        read: dns.response where from == "resolver" and to == "pc-america"
      - id: closed
        ask: How many bytes has each answer of the resolver that serves its own network only?
        kind: number
        run: closed
        key: (dns.response where from == "resolver-careful" and to == "pc-america")[0].bytes
      - id: whole
        ask: How many answers with something in them did ns1.cobalt.test send during the flood?
        kind: number
        run: rrl
        key: count(dns.response where from == "ns1.cobalt.test" and to == "pc-america" and time < 1s and not tc)
        read: dns.response where from == "ns1.cobalt.test" and time < 1s and not tc
      - id: cut
        ask: How many that were cut?
        kind: number
        run: rrl
        key: count(dns.response where from == "ns1.cobalt.test" and to == "pc-america" and time < 1s and tc)
        read: dns.response where from == "ns1.cobalt.test" and time < 1s and tc
      - id: left
        ask: How many bytes did all of them have together?
        kind: number
        run: rrl
        key: sum((dns.response where from == "ns1.cobalt.test" and to == "pc-america" and time < 1s).bytes)
        read: dns.response where from == "ns1.cobalt.test" and time < 1s
      - id: honest
        ask: Over what did the last honest question get its answer, udp or tcp?
        kind: text
        run: rrl
        key: last(dns.response where from == "ns1.cobalt.test" and count(answer) > 0).carrier
        read: last(dns.response where from == "ns1.cobalt.test")
      - id: cookie
        ask: With the cookie, over what did resolver-careful get its answer?
        kind: text
        run: cookies
        key: last(dns.response where from == "ns1.cobalt.test" and to == "resolver-careful" and count(answer) > 0).carrier
        read: dns.response where from == "ns1.cobalt.test" and to == "resolver-careful"
      - id: without
        ask: And resolver, which has none?
        kind: text
        run: cookies
        key: last(dns.response where from == "ns1.cobalt.test" and to == "resolver" and count(answer) > 0).carrier
        read: dns.response where from == "ns1.cobalt.test" and to == "resolver"
      - id: filter
        ask: How many of rogue's questions come through when its network lets out its own addresses only?
        kind: number
        run: filter
        key: count(dns.query where to == "ns1.garnet.test" and time < 9s)
        read: dns.query where to == "ns1.garnet.test"
    """#
}
