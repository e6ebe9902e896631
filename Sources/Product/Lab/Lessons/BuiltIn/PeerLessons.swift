// The lessons about peers on the wire, as the YAML that `netstead lab lesson P2 --print` prints. What runs in them is the production peer.
// Not here: lessons on models of swarms (SwarmLessons), the deeds (Running/SwarmDeeds), the form (LessonReader), the list (BuiltInLessons).

/// Lessons P2, P5 and P8.
enum PeerLessons {
  static let wire = #"""
    schema: 1
    id: P2
    version: 1
    title: What peers say
    chapter: P2P
    minutes: 20
    text: |
      seed has {file}.bin, {size} bytes in pieces of 32 KiB, and pc wants it. A tracker tells pc where seed is. Then pc asks for blocks of 16 KiB, puts pieces
      together, and holds each against its hash from the torrent before it tells anybody that it has it.
    world:
      hosts: [pc, seed, rogue, tracker]
      draw:
        file: word
        size: 700000..1100000
        near: 4ms..14ms
        far: 15ms..30ms
        rate: [3Mbit/s, 4Mbit/s, 5Mbit/s]
      torrents:
        "{file}.bin": {size: "{size}", seeds: [seed], trackers: [tracker]}
      links:
        - {between: [pc, seed], delay: "{near}", rate: "{rate}"}
        - {between: [pc, rogue], delay: "{far}", rate: "{rate}"}
    steps:
      - do: seed shares {file}.bin
        at: 0s
        text: It has every piece, and tells the tracker that it is there.
      - do: pc fetches {file}.bin
        at: 10s
        text: The tracker's answer, both handshakes, what each has, who wants something, who serves whom; then requests and blocks.
    faults:
      - id: spoilt
        title: Somebody sends what is wrong
        text: Only rogue has the file, and in each of its pieces one byte is wrong.
        instead: true
        steps:
          - {do: "rogue shares {file}.bin spoilt", at: 0s}
          - {do: "pc fetches {file}.bin for 60s", at: 10s}
    guards:
      - id: right
        title: A second source
        text: seed is there as well. Each piece is held against its hash; whoever all of a wrong one came from is banned.
        against: spoilt
        instead: true
        steps:
          - {do: "seed shares {file}.bin", at: 0s}
          - {do: "rogue shares {file}.bin spoilt", at: 1s}
          - {do: "pc fetches {file}.bin", at: 10s}
    questions:
      - id: hash
        ask: Which torrent does pc's handshake ask for? Its hash, in hexadecimal.
        kind: text
        key: (torrent.message where kind == "handshake" and from == "pc")[0].hash
        read: (torrent.message where kind == "handshake" and from == "pc")[0]
      - id: handshake
        ask: How many bytes has that handshake?
        kind: number
        key: (torrent.message where kind == "handshake" and from == "pc")[0].bytes
        read: (torrent.message where kind == "handshake" and from == "pc")[0]
      - id: has
        ask: How does seed say which pieces it has?
        kind: choice
        options: [bitfield, have all, a have for each]
        key: if((torrent.message where from == "seed" and kind != "handshake")[0].kind == "have all", "have all", "bitfield")
        read: (torrent.message where from == "seed" and kind != "handshake")[0]
      - id: left
        ask: How many bytes does pc tell the tracker are missing when it begins?
        kind: number
        key: (torrent.announcement where from == "pc" and event == "started")[0].left
        read: (torrent.announcement where from == "pc" and event == "started")[0]
      - id: pieces
        ask: How many pieces has the file?
        kind: number
        key: count(distinct((torrent.message where from == "pc" and kind == "request").piece))
        read: last(torrent.message where from == "pc" and kind == "request")
        hint: Each has 32 KiB, the last one what is left.
      - id: order
        ask: For blocks of which pieces does pc ask first? The first four different ones, in their order.
        kind: order
        key: '[text(distinct((torrent.message where from == "pc" and kind == "request").piece)[0]), text(distinct((torrent.message where from == "pc" and kind == "request").piece)[1]), text(distinct((torrent.message where from == "pc" and kind == "request").piece)[2]), text(distinct((torrent.message where from == "pc" and kind == "request").piece)[3])]'
        read: torrent.message where from == "pc" and kind == "request"
      - id: waited
        ask: How many milliseconds pass from pc's saying that it is interested to its being unchoked, as pc sees it?
        kind: number
        unit: ms
        tolerance: 1
        key: (torrent.message where kind == "unchoke" and to == "pc")[0].arrived - (torrent.message where kind == "interested" and from == "pc")[0].time
        read: (torrent.message where kind == "unchoke" and to == "pc")[0]
      - id: requests
        ask: How many requests does pc send?
        kind: number
        key: count(torrent.message where from == "pc" and kind == "request")
        read: torrent.message where from == "pc" and kind == "request"
      - id: short
        ask: One block is shorter than the others. How many bytes has it?
        kind: number
        key: min((torrent.message where from == "pc" and kind == "request").length)
        read: torrent.message where from == "pc" and kind == "request"
      - id: wrong
        ask: Which piece turns out to be wrong when rogue is alone?
        kind: number
        run: spoilt
        key: number(word((note where host == "pc" and text contains "banned")[0].text, 2))
        read: (note where host == "pc" and text contains "banned")[0]
      - id: got
        ask: How many pieces does pc get then?
        kind: number
        run: spoilt
        key: number(word(step[1].said, 0))
        read: (note where host == "pc" and text contains "banned")[0]
      - id: wasted
        ask: With seed beside it, how many bytes come for nothing?
        kind: number
        run: right
        key: number(word(step[2].said, 6))
        read: (note where host == "pc" and text contains "banned")[0]
        hint: The line that begins with `=` says it.
      - id: mended
        ask: From whom does pc get the piece that was wrong in the end?
        kind: text
        run: right
        key: last(torrent.message where to == "pc" and kind == "piece" and text(piece) == word((note where host == "pc" and text contains "banned")[0].text, 2)).from
        read: last(torrent.message where to == "pc" and kind == "piece" and text(piece) == word((note where host == "pc" and text contains "banned")[0].text, 2))
    """#

  static let finding = #"""
    schema: 1
    id: P5
    version: 1
    title: Who has it?
    chapter: P2P
    minutes: 25
    text: |
      seed and peer1 have {file}.bin. Whoever wants it has to find them: by a tracker, one host that everybody tells where he is, or by a table spread over all
      peers, of which each node keeps what lies near its id. Four nodes, dht1 to dht4, are always there; peers that use the table are nodes too.
    world:
      hosts: [pc, pc2, phone, seed, peer1, tracker, rogue, dht1, dht2, dht3, dht4]
      draw:
        file: word
        size: 100000..300000
        nodes: 9..14
        first: 5ms..30ms
        second: 5ms..30ms
        third: 5ms..30ms
        fourth: 5ms..30ms
      torrents:
        "{file}.bin": {size: "{size}", seeds: [seed, peer1], trackers: [tracker]}
      links:
        - {between: [phone, dht1], delay: "{first}"}
        - {between: [phone, dht2], delay: "{second}"}
        - {between: [phone, dht3], delay: "{third}"}
        - {between: [phone, dht4], delay: "{fourth}"}
    steps:
      - do: seed shares {file}.bin
        at: 60s
        text: It tells the tracker, and those nodes whose ids are nearest to the torrent's hash.
      - {do: "peer1 shares {file}.bin", at: 62s}
      - do: pc fetches {file}.bin by tracker
        at: 120s
        text: An announcement of 98 bytes; the answer has twenty, and six for each peer.
      - {do: host tracker down, at: 180s}
      - {do: "pc2 fetches {file}.bin by tracker for 30s", at: 200s, text: Nobody answers any more.}
      - do: phone fetches {file}.bin by dht
        at: 300s
        text: get_peers goes to the nearest nodes that phone knows. A reply names nearer ones, peers where they are known, and a token to be shown when one announces oneself.
    faults:
      - id: sybil
        title: One who is many
        text: Before anybody shares the file, rogue appears as {nodes} nodes, with ids chosen so that no other is nearer to the torrent's hash. It keeps nothing.
        instead: true
        steps:
          - {do: "rogue poses as {nodes} nodes near {file}.bin", at: 30s}
          - {do: "seed shares {file}.bin by dht", at: 120s}
          - {do: "phone fetches {file}.bin by dht for 30s", at: 300s}
    guards:
      - id: proper
        title: Ids that belong to addresses
        text: Everybody leaves out nodes whose ids do not begin as their addresses say (BEP 42).
        against: sybil
        instead: true
        steps:
          - {do: "rogue poses as {nodes} nodes near {file}.bin", at: 30s}
          - {do: "seed shares {file}.bin by dht guarded", at: 120s}
          - {do: "phone fetches {file}.bin by dht guarded", at: 300s}
    questions:
      - id: interval
        ask: After how many seconds does the tracker want to hear from pc again?
        kind: number
        key: (torrent.reply where to == "pc")[0].interval
        read: (torrent.reply where to == "pc")[0]
      - id: told
        ask: Which peers does it tell pc?
        kind: set
        key: (torrent.reply where to == "pc")[0].peers
        read: (torrent.reply where to == "pc")[0]
      - id: bytes
        ask: How many bytes has that answer?
        kind: number
        key: (torrent.reply where to == "pc")[0].bytes
        read: (torrent.reply where to == "pc")[0]
      - id: asked
        ask: How many datagrams does pc2 send to the tracker when it is down?
        kind: number
        key: count(message where from == "pc2" and protocol == "udp-tracker")
        read: message where from == "pc2" and protocol == "udp-tracker"
      - id: queries
        ask: How many get_peers does phone send?
        kind: number
        key: count(dht where from == "phone" and kind == "get_peers")
        read: dht where from == "phone" and kind == "get_peers"
      - id: first
        ask: Whose reply to them arrives first?
        kind: text
        key: (dht where to == "phone" and answers == "get_peers" and arrived == min((dht where to == "phone" and answers == "get_peers").arrived))[0].from
        read: dht where to == "phone" and answers == "get_peers"
      - id: named
        ask: Which peers does the first of these replies name that names any?
        kind: set
        key: (dht where to == "phone" and answers == "get_peers" and count(peers) > 0)[0].peers
        read: (dht where to == "phone" and answers == "get_peers" and count(peers) > 0)[0]
      - id: announced
        ask: To how many nodes does phone announce itself?
        kind: number
        key: count(dht where from == "phone" and kind == "announce_peer")
        read: dht where from == "phone" and kind == "announce_peer"
      - id: token
        ask: Which token does phone show to dht1? In hexadecimal.
        kind: text
        key: (dht where from == "phone" and to == "dht1" and kind == "announce_peer")[0].token
        read: (dht where from == "phone" and to == "dht1" and kind == "announce_peer")[0]
      - id: nothing
        ask: How many pieces does phone get when rogue is many?
        kind: number
        run: sybil
        key: number(word(step[2].said, 0))
        read: dht where to == "phone" and answers == "get_peers"
      - id: refused
        ask: How many of seed's announcements are answered by an error then?
        kind: number
        run: sybil
        key: count(dht where to == "seed" and kind == "error")
        read: dht where to == "seed" and kind == "error"
      - id: false
        ask: How many of the replies to phone's get_peers come from nodes whose ids do not belong to their addresses?
        kind: number
        run: sybil
        key: count(dht where to == "phone" and answers == "get_peers" and proper == false)
        read: dht where to == "phone" and answers == "get_peers"
      - id: saved
        ask: How many pieces does phone get when such nodes are left out?
        kind: number
        run: proper
        key: number(word(step[2].said, 0))
        read: dht where to == "phone" and answers == "get_peers"
        hint: The line that begins with `=` says it.
    """#

  static let yielding = #"""
    schema: 1
    id: P8
    version: 1
    title: Who gives way
    chapter: P2P
    minutes: 20
    text: |
      pc's line takes {rate}. It gets one file over uTP, and after {when} a second one over TCP, both from seed. TCP sends more until a packet is lost, so it fills
      the queue in front of the line. uTP measures how long packets are under way: it aims at a tenth of a second of waiting, and gives way before anything is lost.
    world:
      hosts: [pc, seed, tracker]
      draw:
        slow: word
        quick: word
        rate: [700kbit/s, 760kbit/s, 820kbit/s, 880kbit/s]
        delay: 12ms..28ms
        when: 9s..12s
        gain: 2000..4000
      torrents:
        "{slow}.bin": {size: 1700000, seeds: [seed], trackers: [tracker]}
        "{quick}.bin": {size: 900000, seeds: [seed], trackers: [tracker]}
      links:
        - {between: [pc, seed], delay: "{delay}", rate: "{rate}", queue: 60000}
    steps:
      - {do: "seed shares {slow}.bin over utp", at: 0s}
      - {do: "seed shares {quick}.bin over tcp", at: 0s}
      - do: pc fetches {slow}.bin over utp
        at: 1s
        text: Every packet says when it was sent, and how long the last one from the other side was under way.
      - {do: "pc fetches {quick}.bin over tcp", at: "{when}", text: Both share one queue from now on.}
    faults:
      - id: loss
        title: A line that loses
        text: Two packets in a hundred are lost, and TCP does not come. uTP cannot know that nobody stood in the way.
        instead: true
        steps:
          - {do: "link pc seed loss 2%", at: 0s}
          - {do: "seed shares {slow}.bin over utp", at: 0s}
          - {do: "pc fetches {slow}.bin over utp", at: 1s}
      - id: drift
        title: Clocks that run apart
        text: |
          pc's clock is too fast, far more than a quartz ever is, so that seconds show what takes hours. Whatever pc measures grows, though the queue does
          not. But what seed measures shrinks by as much, and no way becomes shorter than it ever was: so seed knows, and takes it off.
        world:
          more: |
            clocks: {pc: {drift: "{gain}ppm"}}
    questions:
      - id: base
        ask: How many milliseconds was the quickest of seed's packets under way, as pc tells seed?
        kind: number
        unit: ms
        tolerance: 1
        key: min((utp where from == "pc" and kind == "state" and difference > 0ms).difference)
        read: (utp where from == "pc" and kind == "state" and difference > 0ms)[0]
      - id: alone
        ask: And how many on average in the last three seconds before TCP comes?
        kind: number
        unit: ms
        tolerance: 2%
        key: mean((utp where from == "pc" and kind == "state" and time >= step[3].time - 3s and time < step[3].time).difference)
        read: utp where from == "pc" and kind == "state" and time >= step[3].time - 3s and time < step[3].time
      - id: beside
        ask: And from the second to the fifth second after TCP has come?
        kind: number
        unit: ms
        tolerance: 2%
        key: mean((utp where from == "pc" and kind == "state" and time >= step[3].time + 2s and time < step[3].time + 5s).difference)
        read: utp where from == "pc" and kind == "state" and time >= step[3].time + 2s and time < step[3].time + 5s
      - id: much
        ask: How many bytes of data does seed send over uTP in those three seconds before TCP comes?
        kind: number
        tolerance: 2%
        key: sum((utp where from == "seed" and time >= step[3].time - 3s and time < step[3].time).payload)
        read: utp where from == "seed" and time >= step[3].time - 3s and time < step[3].time
      - id: little
        ask: And in those from the second to the fifth second after?
        kind: number
        tolerance: 2%
        key: sum((utp where from == "seed" and time >= step[3].time + 2s and time < step[3].time + 5s).payload)
        read: utp where from == "seed" and time >= step[3].time + 2s and time < step[3].time + 5s
      - id: quick
        ask: After how many seconds is the file over TCP there, from the beginning of its step?
        kind: number
        tolerance: 2%
        unit: s
        key: step[3].took
        read: last(torrent.message where carrier == "tcp" and to == "pc" and kind == "piece")
      - id: last
        ask: And the one over uTP?
        kind: number
        tolerance: 2%
        unit: s
        key: step[2].took
        read: last(torrent.message where carrier == "utp" and to == "pc" and kind == "piece")
      - id: room
        ask: How many bytes has pc room for, as its first packet says?
        kind: number
        key: (utp where from == "pc")[0].window
        read: (utp where from == "pc")[0]
      - id: lost
        ask: On the line that loses, how many of seed's packets does nobody get?
        kind: number
        run: loss
        key: count(utp where from == "seed" and lost)
        read: utp where from == "seed" and lost
      - id: lonely
        ask: How many seconds does the file take there?
        kind: number
        tolerance: 2%
        unit: s
        run: loss
        key: step[1].took
        read: last(torrent.message where to == "pc" and kind == "piece")
      - id: gain
        ask: By how many millionths is pc's clock too fast where clocks run apart? Its packets say when they were sent, by that clock.
        kind: number
        tolerance: 1%
        run: drift
        key: ((last(utp where from == "pc").timestamp - (utp where from == "pc")[0].timestamp) / (last(utp where from == "pc").time - (utp where from == "pc")[0].time) - 1) * 1000000
        read: '[(utp where from == "pc")[0], last(utp where from == "pc")]'
        hint: Take two packets that lie far apart. The trace has the true time.
      - id: told
        ask: How many milliseconds were seed's packets under way there in the last three seconds before TCP comes, as pc tells seed on average?
        kind: number
        unit: ms
        tolerance: 2%
        run: drift
        key: mean((utp where from == "pc" and kind == "state" and time >= step[3].time - 3s and time < step[3].time).difference)
        read: utp where from == "pc" and kind == "state" and time >= step[3].time - 3s and time < step[3].time
      - id: real
        ask: And how many were those that seed sent in that time, by the trace's clock?
        kind: number
        unit: ms
        tolerance: 2%
        run: drift
        key: mean((utp where from == "seed" and kind == "data" and time >= step[3].time - 3s and time < step[3].time).arrived) - mean((utp where from == "seed" and kind == "data" and time >= step[3].time - 3s and time < step[3].time).time)
        read: utp where from == "seed" and kind == "data" and time >= step[3].time - 3s and time < step[3].time
        hint: The trace has when each was sent and when it arrived.
      - id: still
        ask: And how many bytes of data does seed send over uTP there from the second to the fifth second after TCP has come?
        kind: number
        tolerance: 2%
        run: drift
        key: sum((utp where from == "seed" and time >= step[3].time + 2s and time < step[3].time + 5s).payload)
        read: utp where from == "seed" and time >= step[3].time + 2s and time < step[3].time + 5s
    """#
}
