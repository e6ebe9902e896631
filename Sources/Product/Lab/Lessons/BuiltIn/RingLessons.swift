// The lessons about the ring, as the YAML that `netstead lab lesson P6 --print` prints.
// Not here: the ring (Ring/), its words (Ring/RingScript.swift), the form (LessonReader), the list (BuiltInLessons).

/// Lessons P6 and P7.
enum RingLessons {
  static let search = #"""
    schema: 1
    id: P6
    version: 2
    title: A ring that knows where things are
    chapter: P2P
    minutes: 20
    text: |
      Nine peers stand on a circle of 64 numbers, and keys lie on it too: each belongs to the first peer at or past it. Nobody knows everybody. A search goes
      from peer to peer, first from neighbour to neighbour, then by shortcuts that lead 1, 2, 4, 8, 16 and 32 numbers ahead.
    world:
      hosts: [pc]
      # With these the wrong shortcuts cost every learner at least one hop more.
      draw: {a: 1..4, b: 8..12, c: 15..16, d: 23..27, e: 30..34, f: 37..40, g: 44..48, h: 51..55, i: 58..62, key: 41..47, other: 20..36}
    steps:
      - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; upkeep off; shortcuts off; keys {key} {other}; find {key} from {a}; find {other} from {g}"
        at: 0s
        text: "From neighbour to neighbour. FIND goes round until somebody sees that the key lies between itself and its successor; FOUND goes straight back."
      - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; upkeep off; keys {key} {other}; show {a}; find {key} from {a}; find {other} from {g}"
        at: 60s
        text: The same with shortcuts.
      - do: pc runs ring "500 nodes; bits 16; upkeep off; shortcuts off; measure 2000"
        at: 120s
        text: A larger ring, and many searches in it, without shortcuts.
      - do: pc runs ring "500 nodes; bits 16; upkeep off; measure 2000"
        at: 10min
        text: And with them.
    faults:
      - id: wrong
        title: Wrong shortcuts
        text: The longest shortcuts of n{a} lead to its neighbour n{b}.
        instead: true
        steps:
          - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; upkeep off; keys {key} {other}; spoil {a} shortcut 5 to {b}; spoil {a} shortcut 4 to {b}; spoil {a} shortcut 3 to {b}; find {key} from {a}"
            at: 0s
    guards:
      - id: fixed
        title: Shortcuts looked up anew
        text: Every ten seconds each peer looks one of its shortcuts up, by a search like any other.
        against: wrong
        instead: true
        steps:
          - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; keys {key} {other}; watch {a}; spoil {a} shortcut 5 to {b}; spoil {a} shortcut 4 to {b}; spoil {a} shortcut 3 to {b}; wait 90s; find {key} from {a}"
            at: 0s
    questions:
      - id: owner
        ask: Which peer owns the key {key}?
        kind: text
        key: word((message where text contains "FOUND {key} ")[0].text, 3)
        read: message where text contains "FOUND {key} "
      - id: other
        ask: And which one owns {other}?
        kind: text
        key: word((message where text contains "FOUND {other} ")[0].text, 3)
        read: message where text contains "FOUND {other} "
      - id: plain
        ask: How many hops does the search for {key} take from neighbour to neighbour?
        kind: number
        key: count(message where text contains "FIND {key} " and time < step[1].time)
        read: message where text contains "FIND {key} " and time < step[1].time
      - id: round
        ask: By which peers does the search for {other} go, in the first run, up to the owner? Name them in their order.
        kind: order
        key: (message where text contains "FIND {other} " and time < step[1].time).to
        read: message where text contains "FIND {other} " and time < step[1].time
      - id: longest
        ask: To which peer does the longest shortcut of n{a} lead, the one 32 numbers ahead?
        kind: text
        key: word((note where text contains "shortcuts")[0].text, 11)
        read: note where text contains "shortcuts"
      - id: known
        ask: How many different peers does n{a} know, by shortcuts and as successors?
        kind: number
        key: count(distinct([word((note where text contains "shortcuts")[0].text, 2), word((note where text contains "shortcuts")[0].text, 3), word((note where text contains "shortcuts")[0].text, 6), word((note where text contains "shortcuts")[0].text, 7), word((note where text contains "shortcuts")[0].text, 8), word((note where text contains "shortcuts")[0].text, 9), word((note where text contains "shortcuts")[0].text, 10), word((note where text contains "shortcuts")[0].text, 11)]))
        read: note where text contains "shortcuts"
      - id: quick
        ask: How many hops does the search for {key} take with shortcuts?
        kind: number
        key: count(message where text contains "FIND {key} " and time >= step[1].time)
        read: message where text contains "FIND {key} " and time >= step[1].time
      - id: path
        ask: By which peers does it go? Name them in their order.
        kind: order
        key: (message where text contains "FIND {key} " and time >= step[1].time).to
        read: message where text contains "FIND {key} " and time >= step[1].time
      - id: half
        ask: Among 500 peers without shortcuts, how many hops does a search take on average? Half of the peers, says the rule.
        kind: number
        tolerance: 5%
        key: number(word(step[2].said, 1))
        read: message where text contains "FIND {key} " and time < step[1].time
        hint: The line that begins with `=` says it.
      - id: logarithm
        ask: And with them? Half of log2 500, and one for the last step, says the rule.
        kind: number
        tolerance: 5%
        key: number(word(step[3].said, 1))
        read: message where text contains "FIND {key} " and time >= step[1].time
        hint: The line that begins with `=` says it.
      - id: wrong
        ask: How many hops does the search for {key} take when the shortcuts of n{a} are wrong?
        kind: number
        run: wrong
        key: count(message where text contains "FIND {key} ")
        read: message where text contains "FIND {key} "
      - id: still
        ask: Does it find the owner all the same?
        kind: choice
        options: ["yes", "no"]
        run: wrong
        key: if((message where text contains "FOUND {key} ")[0].text contains "it is there", "yes", "no")
        read: message where text contains "FOUND {key} "
      - id: mended
        ask: With upkeep, how many of its shortcuts does n{a} set right?
        kind: number
        run: fixed
        key: count(note where host == "n{a}" and text contains "sets shortcut")
        read: note where host == "n{a}" and text contains "shortcut"
      - id: again
        ask: How many hops does the search for {key} take then?
        kind: number
        run: fixed
        key: number(word((message where text contains "FOUND {key} ")[0].text, 5))
        read: message where text contains "FOUND {key} "
    """#

  static let churn = #"""
    schema: 1
    id: P7
    version: 1
    title: A peer is gone
    chapter: P2P
    minutes: 20
    text: |
      The same ring as before, with upkeep: every ten seconds each peer pings its first and its second successor, every thirty it asks the first one who
      stands before and behind it. Now a peer leaves without a word. Watch its neighbours find out, and close the gap.
    world:
      hosts: [pc]
      draw: {a: 1..4, b: 8..12, c: 15..19, d: 23..27, e: 30..34, f: 37..40, g: 44..48, h: 51..55, i: 58..62, lost: 20..22, kept: 49..50, wait: 40s..70s}
    steps:
      - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; shortcuts off; keys {lost} {kept}; watch {b} {c} {d} {e}; wait {wait}; leave {d}; mend 2min; wait 90s; find {lost} from {c}; find {kept} from {c}"
        at: 0s
        text: After {wait} n{d} is gone. The next ping gets no answer, and the second successor becomes the first.
    faults:
      - id: both
        title: Two neighbours at once
        text: n{d} and n{e} leave together, and whoever knew only those two has nobody left.
        instead: true
        steps:
          - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; shortcuts off; keys {lost} {kept}; watch {b} {c} {f}; wait {wait}; leave {d} {e}; mend 2min"
            at: 0s
    guards:
      - id: longer
        title: Longer lists, and copies
        text: Every peer knows three successors, and every key lies on three peers.
        against: both
        instead: true
        steps:
          - do: pc runs ring "nodes {a} {b} {c} {d} {e} {f} {g} {h} {i}; bits 6; shortcuts off; successors 3; replicas 3; keys {lost} {kept}; watch {b} {c} {f}; wait {wait}; leave {d} {e}; mend 2min; wait 90s; find {lost} from {c}"
            at: 0s
    questions:
      - id: void
        ask: How many pings and questions to n{d} were never answered? Count the messages to it that got lost.
        kind: number
        key: count(message where to == "n{d}" and lost)
        read: message where to == "n{d}" and lost
      - id: notice
        ask: Who finds out first that n{d} is gone?
        kind: text
        key: (note where text contains "n{d} did not answer")[0].host
        read: (note where text contains "n{d} did not answer")[0]
      - id: first
        ask: Who is the first successor of n{c} then?
        kind: text
        key: word((note where host == "n{c}" and text contains "as first successor")[0].text, 1)
        read: note where host == "n{c}" and text contains "as first successor"
      - id: second
        ask: And its second one, in the end?
        kind: text
        key: word(last(note where host == "n{c}" and text contains "as successors").text, 2)
        read: last(note where host == "n{c}" and text contains "as successors")
        hint: The first successor tells it.
      - id: before
        ask: Which successors does n{b} have in the end? Name the first and the second.
        kind: order
        key: '[word(last(note where host == "n{b}" and text contains "as successors").text, 1), word(last(note where host == "n{b}" and text contains "as successors").text, 2)]'
        read: last(note where host == "n{b}" and text contains "as successors")
      - id: behind
        ask: Who becomes the predecessor of n{e}?
        kind: text
        key: word(last(note where host == "n{e}" and text contains "as predecessor").text, 1)
        read: last(note where host == "n{e}" and text contains "as predecessor")
      - id: repair
        ask: How many milliseconds after n{d} left does n{c} take another first successor?
        kind: number
        tolerance: 2
        key: (note where host == "n{c}" and text contains "as first successor")[0].time - (note where text contains "leaves without")[0].time
        read: note where text contains "leaves without" or text contains "as first successor"
      - id: owner
        ask: Who owns the key {lost} after that?
        kind: text
        key: word((message where text contains "FOUND {lost} ")[0].text, 3)
        read: message where text contains "FOUND {lost} "
      - id: keys
        ask: Which of the keys {lost} and {kept} is not there any more?
        kind: number
        key: number(word((message where text contains "FOUND" and text contains "not there")[0].text, 1))
        read: message where text contains "FOUND" and text contains "not there"
      - id: torn
        ask: When two leave together, does the ring become whole again within two minutes?
        kind: choice
        options: ["yes", "no"]
        run: both
        key: if(step[0].said contains "not whole", "no", "yes")
        read: note where text contains "did not answer"
        hint: The line that begins with `=` says it.
      - id: nobody
        ask: Which peer has nobody left to go on with?
        kind: text
        run: both
        key: (note where text contains "the ring is torn")[0].host
        read: (note where text contains "the ring is torn")[0]
      - id: longer
        ask: With three successors, who is the first one of n{c} in the end?
        kind: text
        run: longer
        key: word(last(note where host == "n{c}" and text contains "as successors").text, 1)
        read: last(note where host == "n{c}" and text contains "as successors")
      - id: copies
        ask: Is the key {lost} found then?
        kind: choice
        options: ["yes", "no"]
        run: longer
        key: if((message where text contains "FOUND {lost} ")[0].text contains "it is there", "yes", "no")
        read: message where text contains "FOUND {lost} "
      - id: keeper
        ask: On which peer?
        kind: text
        run: longer
        key: word((message where text contains "FOUND {lost} ")[0].text, 3)
        read: message where text contains "FOUND {lost} "
    """#
}
