// The lessons about names, as the YAML that `netstead lab lesson D1 --print` prints. A test runs each of them to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lessons D1, D3, D4.
enum NameLessons {
  static let walk = #"""
    schema: 1
    id: D1
    version: 2
    title: From the root to the answer
    chapter: DNS
    minutes: 15
    text: |
      pc asks its resolver for an address. The resolver knows nothing yet but where the root servers are: it asks one of them, is sent on,
      asks again, and is sent on again. Look at who asks whom, at the bits RD, RA and AA, and at the addresses that come along with a referral.
    world:
      hosts: [pc, resolver, root1, tld1, ns1.garnet.test]
      draw: {name: word, last: 30..90, life: 100..900}
      records:
        garnet.test: |
          {name} {life} A 198.51.100.{last}
    steps:
      - do: pc asks resolver {name}.garnet.test A
        text: The resolver does all the work, and tells only the end of it.
      - do: pc asks resolver www.garnet.test A
        at: 10s
        text: Another name of the same zone. How much of the way does the resolver still know?
    faults:
      - id: recurse
        title: A root server asked to do the work
        text: pc asks a root server itself, with the wish that it find the answer. Root servers do not grant it.
        steps:
          - {do: "pc asks root1 {name}.garnet.test A", at: 20s}
    questions:
      - id: upstream
        ask: "Before the run: how many servers does the resolver have to ask for the first name?"
        kind: predict
        key: count(dns.query where from == "resolver" and type == "A" and time < 5s)
        read: dns.query where from == "resolver" and time < 5s
      - id: messages
        ask: How many DNS messages passed for the first name, all hosts together?
        kind: number
        key: count(message where protocol == "dns" and time < 5s)
        read: dns.query where time < 5s
      - id: order
        ask: Which servers did the resolver ask for the first name, in this order?
        kind: order
        key: (dns.query where from == "resolver" and time < 5s).host
        read: dns.query where from == "resolver" and time < 5s
      - id: recursion
        ask: Which query of the first look-up has RD set? Mark it by the number of its message.
        kind: mark
        key: (dns.query where rd and time < 5s)[0]
      - id: authority
        ask: Which server answered the resolver as an authority for the first name?
        kind: text
        key: (dns.response where to == "resolver" and aa and name == (dns.query[0].name))[0].from
        read: dns.response where to == "resolver" and time < 5s
      - id: referral
        ask: How many records are in the answer section of the first referral?
        kind: number
        key: count((dns.response where to == "resolver")[0].answer)
        read: (dns.response where to == "resolver")[0]
      - id: glue
        ask: How many addresses came along in the additional section of that referral?
        kind: number
        key: count((dns.response where to == "resolver")[0].additional where type == "A" or type == "AAAA")
        read: (dns.response where to == "resolver")[0]
      - id: address
        ask: Which address did pc get for {name}.garnet.test?
        kind: text
        key: (dns.response where to == "pc")[0].answer[0].data
      - id: life
        ask: For how many seconds may pc go on using it without asking again?
        kind: number
        key: (dns.response where to == "pc")[0].answer[0].ttl
      - id: id
        ask: Which identifier did pc's first query carry?
        kind: number
        key: (dns.query where from == "pc")[0].id
      - id: second
        ask: How many servers did the resolver ask for the second name?
        kind: number
        key: count(dns.query where from == "resolver" and time > 5s)
        read: dns.query where time > 5s
      - id: refused
        ask: Does the root server that pc asked itself say that it asks others for its clients (RA)?
        kind: choice
        options: ["yes", "no"]
        run: recurse
        key: if((dns.response where to == "pc" and from == "root1")[0].ra, "yes", "no")
        read: (dns.response where to == "pc" and from == "root1")[0]
      - id: sent
        ask: And how many records answer the question there?
        kind: number
        run: recurse
        key: count((dns.response where to == "pc" and from == "root1")[0].answer)
        read: (dns.response where to == "pc" and from == "root1")[0]
    """#

  static let cache = #"""
    schema: 1
    id: D3
    version: 1
    title: How long an answer lives
    chapter: DNS
    minutes: 15
    text: |
      Every record says for how many seconds it may be kept. Until then the resolver answers from memory, and counts the seconds down. That spares
      questions, and it means that a change of address is seen by some at once and by others only when their copy has run out.
    world:
      hosts: [pc, resolver, ns1.garnet.test]
      draw: {ttl: 240..900, pause: 15..90, change: 100..130, late: 140..200, old: 30..60, fresh: 61..90, name: word, short: 5..9}
      records:
        garnet.test: |
          {name} {ttl} A 198.51.100.{old}
    steps:
      - {do: "pc asks resolver {name}.garnet.test A", at: 0s, text: The first look-up fills the resolver's memory.}
      - {do: "pc asks resolver {name}.garnet.test A", at: "{pause}s", text: The second is answered from it. Compare the times to live.}
      - {do: "zone garnet.test sets {name} {ttl} A 198.51.100.{fresh}", at: "{change}s", text: The host moves to another address.}
      - {do: "pc asks resolver {name}.garnet.test A", at: "{late}s", text: "Which address does pc get now?"}
      - {do: "pc asks resolver {name}.garnet.test A", at: 1000s, text: "And now?"}
    guards:
      - id: lowered
        title: A short time to live beforehand
        text: The owner lowers the time to live well before the move, so that the copies are short-lived when it comes.
        steps:
          - {do: "zone garnet.test sets {name} {short} A 198.51.100.{old}", at: 1100s}
          - {do: "pc asks resolver {name}.garnet.test A", at: 2100s}
          - {do: "zone garnet.test sets {name} {short} A 198.51.100.{fresh}", at: 2101s}
          - {do: "pc asks resolver {name}.garnet.test A", at: 2120s}
    questions:
      - id: ttl
        ask: Which time to live came with pc's first answer, in seconds?
        kind: number
        key: (dns.response where to == "pc")[0].answer[0].ttl
      - id: left
        ask: How many seconds were left in pc's second answer?
        kind: number
        tolerance: 1
        key: (dns.response where to == "pc")[1].answer[0].ttl
      - id: quiet
        ask: How many questions did the resolver ask others for pc's second look-up?
        kind: number
        key: count(dns.query where from == "resolver" and time > 10s and time < 99s)
        read: (dns.query where from == "pc")[1]
      - id: old
        ask: Which address did pc get after the move, the third time?
        kind: text
        key: (dns.response where to == "pc")[2].answer[0].data
      - id: authoritative
        ask: Does that third answer say that an authority gave it (AA)?
        kind: choice
        options: ["yes", "no"]
        key: if((dns.response where to == "pc")[2].aa, "yes", "no")
        read: (dns.response where to == "pc")[2]
      - id: new
        ask: Which address did pc get in the end?
        kind: text
        key: last(dns.response where to == "pc").answer[0].data
      - id: worst
        ask: For at most how many seconds after such a move can a resolver go on giving the old address?
        kind: number
        key: draw["ttl"]
        read: (dns.response where to == "pc")[0]
        hint: A resolver may have asked just before the move.
      - id: rate
        ask: A name is asked for all the time. How many times an hour does the resolver then ask an authority for it?
        kind: number
        tolerance: 5%
        key: 3600 / (dns.response where to == "pc")[0].answer[0].ttl
        read: (dns.response where to == "pc")[0]
      - id: lowered
        ask: With the time to live lowered beforehand, which address did pc get nineteen seconds after the move?
        kind: text
        run: lowered
        key: last(dns.response where to == "pc").answer[0].data
      - id: price
        ask: What does that guard cost? How many questions went from the resolver to others in its run, all in all?
        kind: number
        run: lowered
        key: count(dns.query where from == "resolver")
        read: dns.query where from == "resolver" and time > 1000s
    """#

  static let records = #"""
    schema: 1
    id: D4
    version: 2
    title: What else is written there
    chapter: DNS
    minutes: 15
    text: |
      A name can have an address, but also mail servers, texts, services, another name in whose place it stands. And an address can have a name:
      it is written backwards, below a zone of its own. Ask for each, and read the data of the records.
    world:
      hosts: [pc, resolver, ns1.garnet.test]
      draw: {name: word, alias: word, text: word, host: 30..120, place: [10, 13, 14, 15, 20, 25, 35, 60], preference: 5..60, port: 2000..9000, weight: 1..50}
      records:
        garnet.test: |
          {name}        A     198.51.100.{host}
          {name}        AAAA  2001:db8:100::{host}
          {alias}       CNAME {name}
          {name}        MX    {preference} mail.{name}
          {name}        TXT   "the word is {text}"
          _chat._tcp.{name} SRV 10 {weight} {port} {name}
          {name}        CAA   0 issue "{text}.test"
    steps:
      - {do: "pc asks resolver {name}.garnet.test A"}
      - {do: "pc asks resolver {name}.garnet.test AAAA"}
      - {do: "pc asks resolver {alias}.garnet.test A", text: An alias. The answer has more than one record.}
      - {do: "pc asks resolver {name}.garnet.test MX"}
      - {do: "pc asks resolver {name}.garnet.test TXT"}
      - {do: "pc asks resolver _chat._tcp.{name}.garnet.test SRV"}
      - {do: "pc asks resolver {name}.garnet.test CAA"}
      - {do: "pc asks resolver garnet.test NS"}
      - {do: "pc asks resolver garnet.test SOA"}
      - {do: "pc asks resolver {place}.100.51.198.in-addr.arpa PTR", text: The name of an address. Its numbers stand in reverse.}
      - {do: pc asks resolver 0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa PTR, text: One label for each digit.}
    faults:
      - id: loop
        title: Two aliases that lead to each other
        steps:
          - {do: pc asks resolver loop1.cobalt.test A, at: 60s}
    questions:
      - id: six
        ask: Which IPv6 address does {name}.garnet.test have?
        kind: text
        key: (dns.response where to == "pc" and type == "AAAA")[0].answer[0].data
      - id: chain
        ask: Whose records are in the answer about {alias}.garnet.test? Give the names in the order of the records.
        kind: order
        key: (dns.response where to == "pc" and type == "A")[1].answer.name
        read: (dns.response where to == "pc" and type == "A")[1]
      - id: mail
        ask: Which preference does its mail server have?
        kind: number
        key: number((dns.response where to == "pc" and type == "MX")[0].answer[0].data)
        read: (dns.response where to == "pc" and type == "MX")[0]
      - id: word
        ask: One of the records holds a sentence for people to read. Copy its data, with the quotes.
        kind: text
        key: (dns.response where to == "pc" and type == "TXT")[0].answer[0].data
      - id: port
        ask: At which port does the chat service listen, after the SRV record?
        kind: number
        key: number(word((dns.response where to == "pc" and type == "SRV")[0].answer[0].data, 2))
        read: (dns.response where to == "pc" and type == "SRV")[0]
      - id: servers
        ask: Which name servers does garnet.test have?
        kind: set
        key: (dns.response where to == "pc" and type == "NS")[0].answer.data
        read: (dns.response where to == "pc" and type == "NS")[0]
      - id: pointer
        ask: Under which name stands the pointer of 198.51.100.{place}?
        kind: text
        key: (dns.query where from == "pc" and type == "PTR")[0].name
      - id: reverse
        ask: Which name does it lead to?
        kind: text
        key: (dns.response where to == "pc" and type == "PTR")[0].answer[0].data
      - id: labels
        ask: How many characters, points included, has the name under which the IPv6 address's pointer stands?
        kind: number
        key: length((dns.query where from == "pc" and type == "PTR")[1].name)
        read: (dns.query where from == "pc" and type == "PTR")[1]
      - id: loop
        ask: What does the resolver say about aliases that lead to each other?
        kind: text
        run: loop
        key: last(dns.response where to == "pc").rcode
      - id: effort
        ask: How many questions did it ask others before it gave up?
        kind: number
        run: loop
        key: count(dns.query where from == "resolver" and time > 50s)
        read: dns.query where time > 50s
    """#
}
