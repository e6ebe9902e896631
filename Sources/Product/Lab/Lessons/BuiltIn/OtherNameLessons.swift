// The lessons about names without a root, as the YAML that `netstead lab lesson N1 --print` prints. A test runs each of them to its end.
// Not here: the form (LessonReader), the list (BuiltInLessons).

/// Lessons N1 to N4.
enum OtherNameLessons {
  static let zones = #"""
    schema: 1
    id: N1
    version: 2
    title: A zone of one's own
    chapter: Names
    minutes: 25
    text: |
      In the GNU Name System a zone is a key. Whoever makes a key has a zone and asks nobody. The records under each label are sealed, signed and handed to
      strangers, who keep them under a hash that says nothing. A name is followed from right to left: a zone, a label in it, from there into the next zone.
      Nobody is at the top: what `alice` means each person says for himself. Watch who is asked for what, and what those who keep it can see.
    world:
      hosts: [pc, pc2, rogue, dht1, dht2, dht3, dht4]
      draw: {label: word, friend: word, octet: 2..250, other: 2..250, thief: 2..250}
    steps:
      - {do: 'pc publishes alice "{label} A 1h 192.0.2.{octet}; @ NICK 1h alice; {friend} EDKEY 1h critical key(bob)" at dht1', at: 10s,
        text: "Three labels, three blocks. Each goes to the nodes of the hash table whose ids are nearest to its key."}
      - {do: 'pc2 publishes bob "{label} A 1h 203.0.113.{other}" at dht2', at: 14s, text: "Somebody else, the same label, another zone."}
      - {do: 'pc resolves {label}.alice at dht1', at: 18s}
      - {do: 'pc resolves {label}.{friend}.alice at dht1', at: 22s, text: "Through alice's zone into bob's."}
      - {do: 'pc2 resolves {label}.alice at dht2 calling bob alice', at: 26s, text: "pc2 calls bob's zone alice. Nobody can forbid it."}
    faults:
      - id: stolen
        title: The key is stolen
        text: Whoever has the key is the zone. A block that expires later takes the place of the one before.
        steps:
          - {do: 'rogue publishes alice "{label} A 2h 198.51.100.{thief}" at dht3', at: 40s}
          - {do: 'pc resolves {label}.alice at dht1', at: 44s}
    guards:
      - id: moved
        title: A new zone
        text: A zone with a stolen key is given up (RFC 9498 has a message for that, which costs much computing). Everybody who calls it by name points the name elsewhere.
        against: stolen
        steps:
          - {do: 'rogue publishes alice "{label} A 2h 198.51.100.{thief}" at dht3', at: 40s}
          - {do: 'pc publishes alice2 "{label} A 1h 192.0.2.{octet}" at dht1', at: 44s}
          - {do: 'pc2 resolves {label}.alice at dht2 calling alice2 alice', at: 48s}
    questions:
      - id: guess
        ask: "Before the run: under how many keys does pc look to resolve {label}.{friend}.alice?"
        kind: predict
        key: 'count(distinct((dht where kind == "get" and from == "pc" and time >= 22s and time < 26s).target))'
        read: dht where kind == "get" and from == "pc" and time >= 22s and time < 26s
      - id: keys
        ask: How many different keys stand in the blocks that alice publishes?
        kind: number
        key: 'count(distinct((dht where kind == "put" and from == "pc").key))'
        read: dht where kind == "put" and from == "pc"
      - id: size
        ask: How many bytes has the block that pc2 publishes?
        kind: number
        key: (dht where kind == "put" and from == "pc2")[0].blockBytes
      - id: keep
        ask: How many nodes keep it?
        kind: number
        key: count(dht where answers == "put" and kind == "reply" and to == "pc2")
        read: dht where kind == "put" and from == "pc2"
      - id: nearest
        ask: Which node's id is nearest to its target? (XOR of the two; the node that is asked first.)
        kind: choice
        options: [dht1, dht2, dht3, dht4]
        key: (dht where kind == "put" and from == "pc2")[0].to
      - id: learns
        ask: What does that node learn?
        kind: choice
        options: [the label, whose zone it is, the address, only its length and until when it holds]
        key: '"only its length and until when it holds"'
        read: (dht where kind == "put" and from == "pc2")[0]
      - id: token
        ask: For {label}.alice pc asks one node twice. What does it show the second time? In hexadecimal.
        kind: text
        key: last(dht where kind == "get" and from == "pc" and time >= 18s and time < 22s).token
        read: dht where kind == "get" and from == "pc" and time >= 18s and time < 22s
      - id: why
        ask: Why does that node not send the block at once?
        kind: choice
        options: [who asks may not be where he says he is, it has to look for it first, the block is secret]
        key: '"who asks may not be where he says he is"'
        read: dht where answers == "get" and to == "pc" and time >= 18s and time < 22s
      - id: address
        ask: Where does {label}.alice lead for pc?
        kind: text
        key: step[2].said
        read: dht where blockBytes > 0 and to == "pc" and time >= 18s and time < 22s
      - id: through
        ask: And {label}.{friend}.alice?
        kind: text
        key: step[3].said
        read: dht where blockBytes > 0 and to == "pc" and time >= 22s and time < 26s
      - id: whose
        ask: Where does {label}.alice lead for pc2?
        kind: text
        key: step[4].said
        read: dht where blockBytes > 0 and to == "pc2"
      - id: stolen
        ask: With the stolen key in use, where does {label}.alice lead for pc?
        kind: text
        run: stolen
        key: last(step).said
        read: last(dht where blockBytes > 0 and to == "pc")
      - id: genuine
        ask: Can the nodes that keep the thief's block tell that it is a thief's?
        kind: choice
        options: ["yes", "no"]
        run: stolen
        key: 'if(last(dht where kind == "put").genuine, "no", "yes")'
        read: last(dht where kind == "put")
      - id: moved
        ask: Where does {label}.alice lead for who calls the new zone alice?
        kind: text
        run: moved
        key: last(step).said
        read: last(dht where blockBytes > 0 and to == "pc2")
    """#

  static let book = #"""
    schema: 1
    id: N2
    version: 1
    title: An address book
    chapter: Names
    minutes: 15
    text: |
      In a network of the I2P kind an address is a pair of keys, a destination. Nobody can remember one, so everybody keeps a book of names, as one did with
      telephone numbers, and copies from others' books. When two say different things about a name, somebody has to win. Look who, and why.
    world:
      hosts: [pc, resolver, www.garnet.test, www.cobalt.test]
      draw: {name: word, other: word, first: destination, second: destination, third: destination}
      files:
        www.garnet.test:
          /hosts.txt: "{name}.i2p={first}\n{other}.i2p={second}\n"
          /friend/hosts.txt: "{name}.i2p={first}\n"
        www.cobalt.test:
          /hosts.txt: "{other}.i2p={second}\n{name}.i2p={third}\n"
    steps:
      - do: 'pc gets http://www.garnet.test/hosts.txt'
        text: A subscription. Each line is a name and where it leads.
      - do: 'pc gets http://www.cobalt.test/hosts.txt'
        text: Another one, which says something else about {name}.i2p.
    faults:
      - id: liar
        title: The liar speaks first
        text: The same two files the other way round. A book that follows the first does not know who lies.
        instead: true
        steps:
          - {do: 'pc gets http://www.cobalt.test/hosts.txt'}
          - {do: 'pc gets http://www.garnet.test/hosts.txt'}
    guards:
      - id: second
        title: Wait for a second source
        text: A book that believes a name only when two say the same.
        against: liar
        instead: true
        steps:
          - {do: 'pc gets http://www.cobalt.test/hosts.txt'}
          - {do: 'pc gets http://www.garnet.test/hosts.txt'}
          - {do: 'pc gets http://www.garnet.test/friend/hosts.txt'}
    questions:
      - id: bytes
        ask: "How many bytes has the destination of {name}.i2p that www.garnet.test gives? (Four digits of base64 are three bytes.)"
        kind: number
        key: 'length((names.line where name == draw["name"] + ".i2p")[0].destination) * 3 / 4'
      - id: short
        ask: "Which 52 digits are its short name? (`netstead names b32 DESTINATION`, or SHA-256 of the bytes in base32.)"
        kind: text
        key: '(names.line where name == draw["name"] + ".i2p")[0].b32'
      - id: same
        ask: What does the second file do to {other}.i2p in a book that follows the first?
        kind: choice
        options: [new, confirmed, conflict]
        key: '(names.line where name == draw["other"] + ".i2p")[1].first'
      - id: clash
        ask: And to {name}.i2p?
        kind: choice
        options: [new, confirmed, conflict]
        key: '(names.line where name == draw["name"] + ".i2p")[1].first'
      - id: whose
        ask: Whose line does that book follow for {name}.i2p?
        kind: choice
        options: [http://www.garnet.test/hosts.txt, http://www.cobalt.test/hosts.txt]
        key: '(names.line where name == draw["name"] + ".i2p" and first == "new")[0].source'
      - id: liar
        ask: And when the liar speaks first?
        kind: choice
        options: [http://www.garnet.test/hosts.txt, http://www.cobalt.test/hosts.txt]
        run: liar
        key: '(names.line where name == draw["name"] + ".i2p" and first == "new")[0].source'
      - id: waits
        ask: What does a careful book do with the liar's line?
        kind: choice
        options: [new, confirmed, conflict, waits]
        run: second
        key: '(names.line where name == draw["name"] + ".i2p")[0].second'
      - id: believed
        ask: Which short name does {name}.i2p lead to in it in the end?
        kind: text
        run: second
        key: '(names.line where name == draw["name"] + ".i2p" and second == "new")[0].b32'
      - id: after
        ask: After how many files does it know the name?
        kind: number
        run: second
        key: 'count(names.line where name == draw["name"] + ".i2p")'
    """#

  static let onion = #"""
    schema: 1
    id: N3
    version: 1
    title: The name is the key
    chapter: Names
    minutes: 15
    text: |
      A name of the onion kind is given out by nobody: it is the service's key, with a checksum and a version behind it, in 56 digits. Whoever has the name
      can check who answers. Nobody can remember it, and people compare only its beginning.
    world:
      hosts: [pc, resolver, www.garnet.test]
      draw: {site: onion, spare: onion}
      files:
        www.garnet.test:
          /links.txt: "The library: {site}\nCopied by hand: {site:damaged}\nFound in a letter: {site:twin}\nAnother one: {spare}\n"
    steps:
      - do: 'pc gets http://www.garnet.test/links.txt'
        text: Four names. One is damaged, one only looks like another.
    faults:
      - id: swapped
        title: Somebody changes the page
        text: The page now has the other name that begins alike. Who has nothing to compare it with does not notice.
        steps:
          - {do: 'site www.garnet.test edits /links.txt "The library: {site:twin}"', at: 10s}
          - {do: 'pc gets http://www.garnet.test/links.txt', at: 12s}
    guards:
      - id: petname
        title: A name of one's own
        text: Whoever wrote the whole name down once, under a name of his own, asks the book and not the page.
        against: swapped
        steps:
          - {do: 'site www.garnet.test edits /links.txt "The library: {site:twin}\nFrom the book: {site}"', at: 10s}
          - {do: 'pc gets http://www.garnet.test/links.txt', at: 12s}
    questions:
      - id: digits
        ask: How many digits stand before .onion?
        kind: number
        key: length(names.onion[0].name) - 6
      - id: bytes
        ask: How many bytes are these?
        kind: number
        key: floor((length(names.onion[0].name) - 6) * 5 / 8)
      - id: key
        ask: "Which key is in the library's name? In hexadecimal. (`netstead names onion NAME`)"
        kind: text
        key: names.onion[0].key
      - id: checksum
        ask: And which checksum?
        kind: text
        key: names.onion[0].checksum
      - id: valid
        ask: How many of the four are names at all?
        kind: number
        key: count(names.onion where valid)
      - id: damaged
        ask: Which one is damaged? The digits with .onion.
        kind: text
        key: (names.onion where not valid)[0].name
      - id: alike
        ask: How many digits of the name in the letter are at its front as in the library's?
        kind: number
        key: names.onion[2].alike
      - id: tries
        ask: "As a power of two: how many keys would somebody have to try for as many digits, on average?"
        kind: number
        key: names.onion[2].alike * 5
      - id: swapped
        ask: Is the name on the changed page the library's?
        kind: choice
        options: ["yes", "no"]
        run: swapped
        key: 'if(last(names.onion).name == names.onion[0].name, "yes", "no")'
      - id: checks
        ask: Does its checksum tell?
        kind: choice
        options: ["yes", "no"]
        run: swapped
        key: 'if(last(names.onion).valid, "no", "yes")'
      - id: book
        ask: How many digits have the page's name and the book's in common at the front?
        kind: number
        run: petname
        key: last(names.onion).alike
    """#

  static let comparison = #"""
    schema: 1
    id: N4
    version: 3
    title: What each gives up
    chapter: Names
    minutes: 20
    text: |
      A name should mean the same for everybody, be safe from others without anybody to trust, and be easy to remember. Every system has two of the three, or
      leans on somebody for the third. Here all four answer; then somebody takes a name away, and then the root is gone.
    world:
      hosts: [pc, resolver, www.garnet.test, dht1, dht2, dht3, dht4]
      draw: {label: word, octet: 2..250, thief: 100..199, name: word, first: destination, site: onion, host: word}
      ttl: {garnet.test: 1}
      records: {cobalt.test: "{host} A 198.51.100.{octet}"}
      files:
        www.garnet.test:
          /hosts.txt: "{name}.i2p={first}\n"
          /links.txt: "The library: {site}\n"
    steps:
      - do: 'pc asks resolver www.garnet.test A'
        text: From the root down. Count who is asked.
      - do: 'pc publishes alice "{label} A 1h 192.0.2.{octet}" at dht1'
      - do: 'pc resolves {label}.alice at dht1'
        text: No root, and no servers of the zone either.
      - do: 'pc gets http://www.garnet.test/hosts.txt'
        text: A book is asked by opening it. Here is where a line of it comes from.
      - do: 'pc gets http://www.garnet.test/links.txt'
        text: This name needs no look-up for its key, since it is the key.
    faults:
      - id: seized
        title: The name is taken away
        text: Whoever stands above a name can give it to somebody else.
        steps:
          - {do: 'zone garnet.test sets www 60 A 203.0.113.{thief}', at: 20s}
          - {do: 'pc asks resolver www.garnet.test A', at: 22s}
          - {do: 'pc resolves {label}.alice at dht1', at: 24s}
      - id: rootless
        title: The root is gone
        text: All servers of the root and of test are down. What the resolver remembers it still knows, for a while.
        instead: true
        steps:
          - {do: 'host root1 down'}
          - {do: 'host root2 down'}
          - {do: 'host root3 down'}
          - {do: 'pc asks resolver {host}.cobalt.test A', at: 8s}
          - {do: 'pc publishes alice "{label} A 1h 192.0.2.{octet}" at dht1', at: 30s}
          - {do: 'pc resolves {label}.alice at dht1', at: 34s}
    questions:
      - id: asked
        ask: "Before the run: how many questions does the resolver put to others to find www.garnet.test?"
        kind: predict
        key: count(dns.query where from == "resolver" and time < 2s)
        read: dns.query where from == "resolver" and time < 2s
      - id: blocks
        ask: Under how many keys does pc look to resolve {label}.alice?
        kind: number
        key: 'count(distinct((dht where kind == "get" and from == "pc" and time >= 4s and time < 6s).target))'
        read: dht where kind == "get" and from == "pc" and time >= 4s and time < 6s
      - id: found
        ask: Where does {label}.alice lead?
        kind: text
        key: step[2].said
        read: dht where blockBytes > 0 and to == "pc" and time < 6s
      - id: dns
        ask: What do names of DNS lack?
        kind: choice
        options: [the same for everybody, safe without somebody above, easy to remember]
        key: '"safe without somebody above"'
        read: dns.query where from == "resolver" and time < 2s
      - id: gns
        ask: And those of GNS that begin at a name of one's own?
        kind: choice
        options: [the same for everybody, safe without somebody above, easy to remember]
        key: '"the same for everybody"'
        read: dht where kind == "get" and from == "pc"
      - id: book
        ask: Those of an address book?
        kind: choice
        options: [the same for everybody, safe without somebody above, easy to remember]
        key: '"the same for everybody"'
        read: names.line
      - id: onion
        ask: And those of the onion kind?
        kind: choice
        options: [the same for everybody, safe without somebody above, easy to remember]
        key: '"easy to remember"'
        read: names.onion
      - id: length
        ask: How many digits has the library's name before .onion?
        kind: number
        key: length(names.onion[0].name) - 6
      - id: seized
        ask: Where does www.garnet.test lead when it has been taken away?
        kind: text
        run: seized
        key: last(dns.response where to == "pc").answer[0].data
      - id: kept
        ask: And {label}.alice?
        kind: text
        run: seized
        key: last(step).said
        read: last(dht where blockBytes > 0 and to == "pc")
      - id: rootless
        ask: Without a root, how many answers about {host}.cobalt.test does pc get?
        kind: number
        run: rootless
        key: count(dns.response where to == "pc")
        read: dns.query where from == "pc"
      - id: vain
        ask: How often does the resolver ask somebody in vain for it?
        kind: number
        run: rootless
        key: count(dns.query where from == "resolver" and not answered)
        read: dns.query where from == "resolver"
      - id: stays
        ask: And where does {label}.alice lead?
        kind: text
        run: rootless
        key: last(step).said
        read: last(dht where blockBytes > 0 and to == "pc")
    """#
}
