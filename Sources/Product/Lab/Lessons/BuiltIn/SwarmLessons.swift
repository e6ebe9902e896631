// The lessons about swarms, as the YAML that `netstead lab lesson P1 --print` prints.
// Not here: the swarm (SwarmModel/), its words (SwarmModel/SwarmScript.swift), the form (LessonReader), the list (BuiltInLessons).

/// Lessons P1, P3 and P4.
enum SwarmLessons {
  static let time = #"""
    schema: 1
    id: P1
    version: 1
    title: How long until everybody has it
    chapter: P2P
    minutes: 20
    text: |
      {n} peers want a file of {pieces} pieces, 32 KiB each. First a server sends it to each of them. Then the peers pass on what they get: as water, by the
      best schedule that there is, and in blocks, as programs do. With F for the file, u for uploads, d for downloads: a server needs max(NF/us, F/dmin), peers
      at least max(F/us, F/dmin, NF/(us + sum of u)).
    world:
      hosts: [pc]
      draw:
        n: 12..30
        pieces: 60..120
        seed: [900kbit/s, 1000kbit/s, 1100kbit/s, 1200kbit/s, 1300kbit/s, 1400kbit/s]
        up: [180kbit/s, 200kbit/s, 220kbit/s, 240kbit/s, 260kbit/s, 280kbit/s, 300kbit/s]
        down: [2500kbit/s, 3000kbit/s, 3500kbit/s]
        early: 35..60
        me: 2..11
    steps:
      - do: pc runs server "{n} peers; {pieces} pieces; seed {seed}; upload {up}; download {down}"
        at: 0s
        text: The server alone. STREAM tells how many bits per second flow from whom to whom.
      - do: pc runs streams "{n} peers; {pieces} pieces; seed {seed}; upload {up}; download {down}"
        at: 1h
        text: Everybody passes on what is its own stream, to all others.
      - do: pc runs swarm "{n} peers; {pieces} pieces; seed {seed}; upload {up}; download {down}; watch {me}"
        at: 2h
        text: In blocks, as peers do who have to find out for themselves. Of this run only what peer{me} says and hears is recorded.
    faults:
      - id: early
        title: The seed leaves early
        text: When it has sent {early} percent of the file.
        instead: true
        steps:
          - {do: "pc runs swarm \"{n} peers; {pieces} pieces; seed {seed}; upload {up}; download {down}; watch {me}; seed leaves after {early}%\"", at: 0s}
    guards:
      - id: copied
        title: One full copy first
        text: The seed stays until every piece is with somebody else.
        against: early
        instead: true
        steps:
          - {do: "pc runs swarm \"{n} peers; {pieces} pieces; seed {seed}; upload {up}; download {down}; watch {me}; seed leaves when copied\"", at: 0s}
    questions:
      - id: share
        ask: How many bits per second does the server send to each peer?
        kind: number
        tolerance: 1
        key: number(word((message where text contains "STREAM" and time < step[1].time)[0].text, 1))
        read: (message where text contains "STREAM" and time < step[1].time)[0]
      - id: server
        ask: After how many seconds does everybody have the file from the server?
        kind: number
        unit: s
        tolerance: 1
        key: (note where text == "has everything" and time < step[1].time)[0].time
        read: (note where text == "has everything" and time < step[1].time)[0]
      - id: own
        ask: When the peers pass it on, how many bits per second flow from the seed to peer{me}?
        kind: number
        tolerance: 1
        key: number(word((message where from == "seed" and to == "peer{me}" and text contains "STREAM" and time >= step[1].time)[0].text, 1))
        read: message where from == "seed" and to == "peer{me}" and text contains "STREAM" and time >= step[1].time
      - id: feeders
        ask: From how many others does peer{me} get a stream then, the seed included?
        kind: number
        key: count(message where to == "peer{me}" and text contains "STREAM" and time >= step[1].time)
        read: message where to == "peer{me}" and text contains "STREAM" and time >= step[1].time
      - id: peers
        ask: After how many seconds does everybody have the file by these streams?
        kind: number
        unit: s
        tolerance: 1
        key: (note where text == "has everything" and time >= step[1].time and time < step[2].time)[0].time - step[1].time
        read: (note where text == "has everything" and time >= step[1].time and time < step[2].time)[0]
      - id: blocks
        ask: And in blocks, after how many seconds?
        kind: number
        tolerance: 1
        key: number(word(step[2].said, 3))
        read: note where host == "peer{me}" and text == "has everything" and time >= step[2].time
        hint: The line that begins with `=` says it.
      - id: beats
        ask: Is that quicker than the bound?
        kind: choice
        options: ["yes", "no"]
        key: if(number(word(step[2].said, 3)) < number(word(step[1].said, 3)), "yes", "no")
        read: note where host == "peer{me}" and text == "has everything" and time >= step[2].time
      - id: mine
        ask: After how many seconds of the third run does peer{me} have everything?
        kind: number
        unit: s
        tolerance: 1
        key: (note where host == "peer{me}" and text == "has everything" and time >= step[2].time)[0].time - step[2].time
        read: note where host == "peer{me}" and text == "has everything" and time >= step[2].time
      - id: givers
        ask: How many different others did it get blocks from?
        kind: number
        key: count(distinct((message where to == "peer{me}" and text contains "PIECE" and time >= step[2].time).from))
        read: message where to == "peer{me}" and text contains "PIECE" and time >= step[2].time
      - id: never
        ask: When the seed leaves early, how many peers never have everything?
        kind: number
        run: early
        key: if(step[0].said contains "never done", number(word(step[0].said, 0)), 0)
        read: last(note where host == "peer{me}" and text contains "has piece")
        hint: The line that begins with `=` says it.
      - id: pieces
        ask: How many pieces does peer{me} have then?
        kind: number
        run: early
        key: count(note where host == "peer{me}" and text contains "has piece")
        read: last(note where host == "peer{me}" and text contains "has piece")
      - id: copied
        ask: When the seed stays for one full copy, how many peers never have everything?
        kind: number
        run: copied
        key: if(step[0].said contains "never done", number(word(step[0].said, 0)), 0)
        read: last(note where host == "peer{me}" and text contains "has piece")
        hint: The line that begins with `=` says it.
    """#

  static let rarest = #"""
    schema: 1
    id: P3
    version: 1
    title: The rarest first
    chapter: P2P
    minutes: 20
    text: |
      {n} peers and a seed. Whoever is served has to choose a piece. Three rules: in the order of the file, any one, or the one that the fewest neighbours have.
      Each time the peers are the same; only what peer{me} says and hears is recorded. The first four pieces are taken by chance in any case, so that there is
      soon something to give.
    world:
      hosts: [pc]
      draw:
        n: 18..26
        pieces: 40..64
        seed: [200kbit/s, 220kbit/s, 240kbit/s, 260kbit/s, 280kbit/s]
        up: [92kbit/s, 100kbit/s, 108kbit/s, 116kbit/s]
        early: 185..215
        me: 2..16
        piece: 5..35
    steps:
      - do: pc runs swarm "{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; order sequential; watch {me}"
        at: 0s
        text: In the order of the file.
      - do: pc runs swarm "{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; order random; watch {me}"
        at: 1h
        text: Any piece.
      - do: pc runs swarm "{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; watch {me}"
        at: 2h
        text: The rarest first. HAVE tells what neighbours have; the note with each choice tells how many of them have that piece.
    faults:
      - id: early
        title: The seed leaves early
        text: In the order of the file, and the seed leaves when it has sent {early} percent of its length.
        instead: true
        steps:
          - {do: "pc runs swarm \"{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; order sequential; seed leaves after {early}%; watch {me}\"", at: 0s}
    guards:
      - id: rarest
        title: The rarest first
        text: The seed leaves as early, but what only it had was wanted first.
        against: early
        instead: true
        steps:
          - {do: "pc runs swarm \"{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; seed leaves after {early}%; watch {me}\"", at: 0s}
    questions:
      - id: order
        ask: In the third run, which are the first six pieces that peer{me} chooses? In their order.
        kind: order
        key: '[word((note where host == "peer{me}" and text contains "chooses" and time >= step[2].time)[0].text, 2), word((note where host == "peer{me}" and text contains "chooses" and time >= step[2].time)[1].text, 2), word((note where host == "peer{me}" and text contains "chooses" and time >= step[2].time)[2].text, 2), word((note where host == "peer{me}" and text contains "chooses" and time >= step[2].time)[3].text, 2), word((note where host == "peer{me}" and text contains "chooses" and time >= step[2].time)[4].text, 2), word((note where host == "peer{me}" and text contains "chooses" and time >= step[2].time)[5].text, 2)]'
        read: note where host == "peer{me}" and text contains "chooses" and time >= step[2].time
      - id: scarce
        ask: How many neighbours have piece {piece} when peer{me} chooses it in the third run?
        kind: number
        key: number(word((note where host == "peer{me}" and text contains "chooses piece {piece} " and time >= step[2].time)[0].text, 4))
        read: (note where host == "peer{me}" and text contains "chooses piece {piece} " and time >= step[2].time)[0]
      - id: told
        ask: From how many neighbours does it hear HAVE {piece} in that run?
        kind: number
        key: count(message where to == "peer{me}" and text == "HAVE {piece}" and time >= step[2].time)
        read: message where to == "peer{me}" and text == "HAVE {piece}" and time >= step[2].time
      - id: giver
        ask: Who sends it piece {piece} in that run?
        kind: text
        key: (message where to == "peer{me}" and text contains "PIECE {piece} " and time >= step[2].time)[0].from
        read: (message where to == "peer{me}" and text contains "PIECE {piece} " and time >= step[2].time)[0]
      - id: sequential
        ask: After how many seconds is the last peer done when pieces come in the order of the file?
        kind: number
        tolerance: 1
        key: number(word(step[0].said, 3))
        read: note where text contains "has everything" and time < step[1].time
        hint: The line that begins with `=` says it.
      - id: random
        ask: And when any piece may come?
        kind: number
        tolerance: 1
        key: number(word(step[1].said, 3))
        read: note where text contains "has everything" and time >= step[1].time and time < step[2].time
        hint: The line that begins with `=` says it.
      - id: rarest
        ask: And with the rarest first?
        kind: number
        tolerance: 1
        key: number(word(step[2].said, 3))
        read: note where text contains "has everything" and time >= step[2].time
        hint: The line that begins with `=` says it.
      - id: slowest
        ask: Which rule makes the last peer wait longest?
        kind: choice
        options: [sequential, random, rarest first]
        key: if(number(word(step[0].said, 3)) >= number(word(step[1].said, 3)) and number(word(step[0].said, 3)) >= number(word(step[2].said, 3)), "sequential", if(number(word(step[1].said, 3)) >= number(word(step[2].said, 3)), "random", "rarest first"))
        read: note where text contains "has everything"
      - id: lonely
        ask: In the order of the file, with the seed gone early, how many peers are never done?
        kind: number
        run: early
        key: if(step[0].said contains "never done", number(word(step[0].said, 0)), 0)
        read: last(note where host == "peer{me}" and text contains "has piece")
        hint: The line that begins with `=` says it.
      - id: stuck
        ask: How many pieces does peer{me} have in the end?
        kind: number
        run: early
        key: count(note where host == "peer{me}" and text contains "has piece")
        read: last(note where host == "peer{me}" and text contains "has piece")
      - id: saved
        ask: And with the rarest first, how many peers are never done?
        kind: number
        run: rarest
        key: if(step[0].said contains "never done", number(word(step[0].said, 0)), 0)
        read: last(note where host == "peer{me}" and text contains "has piece")
        hint: The line that begins with `=` says it.
      - id: mine
        ask: How many pieces does peer{me} have in the end, then?
        kind: number
        run: rarest
        key: count(note where host == "peer{me}" and text contains "has piece")
        read: last(note where host == "peer{me}" and text contains "has piece")
    """#

  static let titForTat = #"""
    schema: 1
    id: P4
    version: 1
    title: Tit for tat
    chapter: P2P
    minutes: 20
    text: |
      Every ten seconds a peer looks who sent it most, and serves those four. Every thirty seconds it gives one more slot by luck, to somebody who may turn out
      to be a good giver. {n} peers, {riders} of them serve nobody: those with the highest numbers. Only what peer{me} says and hears is recorded. One peer,
      peer{late}, comes later than the others.
    world:
      hosts: [pc]
      draw:
        n: 24..32
        riders: 4..6
        pieces: 96..128
        seed: [150kbit/s, 165kbit/s, 180kbit/s, 195kbit/s]
        up: [69kbit/s, 75kbit/s, 81kbit/s, 87kbit/s]
        me: 2..8
        late: 12..17
        when: 55s..75s
    steps:
      - do: pc runs swarm "{n} peers; free riders {riders}; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; peer {late} comes {when}; watch {me}"
        at: 0s
        text: CHOKE and UNCHOKE say who is served; the note with each says why.
      - do: pc runs swarm "{n} peers; free riders {riders}; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; peer {late} comes {when}; watch {late}"
        at: 2h
        text: The same kind of swarm once more, seen by the one that comes late.
    faults:
      - id: noluck
        title: Nothing by luck
        text: Slots only for those who have sent something. At the beginning nobody has, so all wait for the seed, which serves each in turn.
        instead: true
        steps:
          - {do: "pc runs swarm \"{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; luck off; peer {late} comes {when}; watch {late}\"", at: 0s}
    guards:
      - id: luck
        title: One slot by luck
        text: The same with the slot by luck.
        against: noluck
        instead: true
        steps:
          - {do: "pc runs swarm \"{n} peers; {pieces} pieces; piece 16KiB; seed {seed}; upload {up}; peer {late} comes {when}; watch {late}\"", at: 0s}
    questions:
      - id: firstluck
        ask: Whom does peer{me} serve by luck first?
        kind: text
        key: (note where host == "peer{me}" and text contains "by luck" and time < step[1].time)[0].other
        read: (note where host == "peer{me}" and text contains "by luck" and time < step[1].time)[0]
      - id: firstmerit
        ask: Whom does it serve first because of what it got from it?
        kind: text
        key: (note where host == "peer{me}" and text contains "unchoked" and text contains "it sent us" and time < step[1].time)[0].other
        read: (note where host == "peer{me}" and text contains "unchoked" and text contains "it sent us" and time < step[1].time)[0]
      - id: bytes
        ask: How many bytes had that one sent in the round before?
        kind: number
        key: number(word((note where host == "peer{me}" and text contains "unchoked" and text contains "it sent us" and time < step[1].time)[0].text, 4))
        read: (note where host == "peer{me}" and text contains "unchoked" and text contains "it sent us" and time < step[1].time)[0]
      - id: lucky
        ask: How often does peer{me} begin to serve somebody by luck in the first run?
        kind: number
        key: count(note where host == "peer{me}" and text contains "by luck" and time < step[1].time)
        read: note where host == "peer{me}" and text contains "by luck" and time < step[1].time
      - id: served
        ask: Whom else does peer{me} begin to serve in the same round in which it first serves somebody for what it sent? Name all that are unchoked at that moment, that one included.
        kind: set
        key: (message where from == "peer{me}" and text == "UNCHOKE" and time == (note where host == "peer{me}" and text contains "unchoked" and text contains "it sent us")[0].time).to
        read: message where from == "peer{me}" and text == "UNCHOKE" and time < step[1].time
      - id: sources
        ask: By how many different others is peer{me} ever unchoked in the first run?
        kind: number
        key: count(distinct((message where to == "peer{me}" and text == "UNCHOKE" and time < step[1].time).from))
        read: message where to == "peer{me}" and text == "UNCHOKE" and time < step[1].time
      - id: givers
        ask: How many seconds do those who give wait on average in the first run?
        kind: number
        tolerance: 1
        key: number(word(step[0].said, 9))
        read: note where host == "peer{me}" and text == "has everything" and time < step[1].time
        hint: The line that begins with `=` says it.
      - id: riders
        ask: And those who only take?
        kind: number
        tolerance: 1
        key: number(word(step[0].said, 13))
        read: note where host == "peer{me}" and text == "has everything" and time < step[1].time
        hint: The line that begins with `=` says it.
      - id: newcomer
        ask: In the second run, why is peer{late} first served by a peer that is no seed? Because of luck, or because of what it sent?
        kind: choice
        options: [luck, what it sent]
        key: if((note where other == "peer{late}" and host != "seed" and text contains "unchoked" and time >= step[1].time)[0].text contains "by luck", "luck", "what it sent")
        read: (note where other == "peer{late}" and host != "seed" and text contains "unchoked" and time >= step[1].time)[0]
      - id: waited
        ask: With nothing given by luck, after how many seconds of the run is peer{late} unchoked for the first time?
        kind: number
        unit: s
        tolerance: 1
        run: noluck
        key: (message where to == "peer{late}" and text == "UNCHOKE")[0].time
        read: (message where to == "peer{late}" and text == "UNCHOKE")[0]
      - id: begun
        ask: With the slot by luck?
        kind: number
        unit: s
        tolerance: 1
        run: luck
        key: (message where to == "peer{late}" and text == "UNCHOKE")[0].time
        read: (message where to == "peer{late}" and text == "UNCHOKE")[0]
      - id: reason
        ask: Why is it served at last when nothing is given by luck?
        kind: choice
        options: [it sent something, the other has everything and serves each in turn]
        run: noluck
        key: if((note where other == "peer{late}" and text contains "unchoked")[0].text contains "turn", "the other has everything and serves each in turn", "it sent something")
        read: (note where other == "peer{late}" and text contains "unchoked")[0]
    """#
}
